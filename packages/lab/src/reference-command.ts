import { Command, Option } from "commander";
import { nodeBackendNames, type NodeBackendName } from "../../../src/node/index.js";
import type { CommandContext } from "../../cli/src/command-context.js";
import { reportReference } from "./reference.js";

/** The `reference` command. */
export function referenceCommand(context: CommandContext): Command {
  const backend = new Option("--backend <name>", "what runs the networks");
  return new Command("reference")
    .summary("compare the networks with the published code")
    .description(
      "Compares the networks with tensors that LoRA-IR's published code computed: the largest absolute difference of " +
        "each case. Fails if a case is missing or above its limit.",
    )
    .argument("<folder>", "folder of reference tensors")
    .addOption(backend.choices([...nodeBackendNames]).default("wasm"))
    .option("--json", "print a JSON array")
    .action(async (folder: string, options: { backend: NodeBackendName; json?: true }) => {
      const { backend, json = false } = options;
      context.exitCode = await reportReference(folder, { backend, json }, context.write);
    });
}

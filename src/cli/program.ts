import { Command, CommanderError, Option } from "commander";
import { nodeBackendNames, type NodeBackendName } from "../node/index.js";
import { LimpidError, version, type LimpidErrorCode } from "../sdk/base/index.js";
import { analyzeCommand } from "./analyze-command.js";
import type { CommandContext } from "./command-context.js";
import { degradeCommand } from "./degrade-command.js";
import { formatError } from "./describe-error.js";
import { evaluateCommand } from "./evaluate-command.js";
import { importCommand } from "./import-command.js";
import { packCommand } from "./pack/pack-command.js";
import { referenceCommand } from "./reference.js";
import { restoreCommand } from "./restore-command.js";
import { startCommand } from "./start-command.js";

/** Errors that say that the command line asks for what cannot be. */
const usageErrors: readonly LimpidErrorCode[] = [
  "InvalidArgument",
  "InvalidTileSize",
  "UnknownExpert",
  "UnsupportedFormat",
];

/**
 * Runs the `limpid` command.
 *
 * @param args - what the user wrote behind `limpid`
 * @param environment - what it may touch of its process
 * @returns the exit code: 0, 1 if something failed, 2 for wrong usage, 130 if the signal fired
 */
export async function runProgram(
  args: readonly string[],
  environment: Omit<CommandContext, "exitCode">,
): Promise<number> {
  const context: CommandContext = { ...environment, exitCode: 0 };
  try {
    await makeProgram(context).parseAsync(args, { from: "user" });
    return context.exitCode;
  } catch (error) {
    // Commander has written its message, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (context.signal.aborted) {
      context.writeError("Aborted: interrupted\n");
      return 130;
    }
    context.writeError(formatError(error));
    return LimpidError.is(error) && usageErrors.includes(error.code) ? 2 : 1;
  }
}

function makeProgram(context: CommandContext): Command {
  const program = new Command("limpid")
    .description("Blind photo restoration: finds out what is wrong with a photo, and repairs it.")
    .version(version)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: context.write,
      writeErr: context.writeError,
      outputError: (text) => context.writeError(formatUsageError(text)),
    });
  const commands = [
    startCommand(context),
    restoreCommand(context),
    analyzeCommand(context),
    evaluateCommand(context),
    degradeCommand(context),
    importCommand(context),
    packCommand(context),
    mountReference(context),
  ];
  for (const command of commands) {
    program.addCommand(command.copyInheritedSettings(program));
    for (const nested of command.commands) nested.copyInheritedSettings(command);
  }
  return program;
}

/** Commander's message in the form of all others. */
function formatUsageError(text: string): string {
  const message = text.replace(/^error: /, "").replace(/\s*\n\s*/g, " ");
  return `InvalidArgument: ${message.trim()} (--help explains)\n`;
}

function mountReference(context: CommandContext): Command {
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
      context.exitCode = await referenceCommand(folder, { backend, json }, context.write);
    });
}

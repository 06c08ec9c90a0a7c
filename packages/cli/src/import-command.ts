import fs from "node:fs/promises";
import { resolve } from "node:path";
import { Command } from "commander";
import { serializeSafetensors, type TensorFile } from "limpid/network";
import { parsePyTorchCheckpoint } from "limpid/network/published";
import { writeFileAtomically } from "limpid/node";
import type { CommandContext } from "./command-context.js";
import { OutputError } from "./files/index.js";
import { readBytes } from "./read-bytes.js";

interface ImportCommandOptions {
  readonly output: string;
  readonly key?: string;
}

const details = `
The checkpoint is read by an interpreter that builds tensors and nothing else:
a file from a stranger can do no harm. Of a checkpoint that holds several sets
of weights, params_ema or else params is taken, unless --key names another.

Example:
  limpid import net_g_latest.pth -o net_g_latest.safetensors
`;

/** The `import` command. */
export function importCommand(context: CommandContext): Command {
  return new Command("import")
    .summary("convert a PyTorch checkpoint to safetensors")
    .description("Converts a published PyTorch checkpoint (.pth, .pt) to safetensors.")
    .argument("<checkpoint>", "what torch.save wrote")
    .requiredOption("-o, --output <file>", "the safetensors file to write")
    .option("--key <name>", "entry of the checkpoint to take, such as params_ema")
    .addHelpText("after", details)
    .action(async (checkpoint: string, { output, key }: ImportCommandOptions) => {
      const bytes = await readBytes(checkpoint);
      const file = parsePyTorchCheckpoint(bytes, key === undefined ? {} : { key });
      if (await isSameFile(checkpoint, output)) {
        throw new OutputError("InputOverwrite", `${output}: would replace the checkpoint`);
      }
      const converted = serializeSafetensors({ ...file, metadata: { format: "pt" } });
      await writeFileAtomically(output, converted, context.signal);
      context.write(describe(output, file, converted.byteLength));
    });
}

async function isSameFile(a: string, b: string): Promise<boolean> {
  const real = (path: string): Promise<string> => fs.realpath(path).catch(() => resolve(path));
  return (await real(a)) === (await real(b));
}

function describe(output: string, { tensors }: TensorFile, byteLength: number): string {
  let parameters = 0;
  for (const { size } of tensors.values()) parameters += size;
  const numbers = parameters.toLocaleString("en-US");
  return `${output}  ${tensors.size} tensors, ${numbers} numbers, ${(byteLength / 1e6).toFixed(2)} MB\n`;
}

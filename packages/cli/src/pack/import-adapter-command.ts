import fs from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { LimpidError, version } from "limpid";
import { importKohya, type ImportOptions, importPeft, writeExpertFile } from "limpid/authoring";
import { loadModel, parseSafetensors } from "limpid/network";
import { modelFromDirectory, writeFileAtomically } from "limpid/node";
import type { CommandContext } from "../command-context.js";
import { readBytes } from "../read-bytes.js";

interface ImportAdapterOptions {
  readonly output: string;
  readonly id: string;
  readonly degradation: readonly string[];
  readonly license?: string;
  readonly model?: string;
  readonly json?: true;
}

const details = `
A folder is read as PEFT writes it (adapter_config.json and
adapter_model.safetensors), a file as kohya's scripts name it (lora_unet_...).
The adapter must have been trained on this very model; its file cannot prove it.

Example:
  limpid pack import adapter/ -o experts/descreen.safetensors \\
    --id acme.descreen --degradation halftone --license MIT
`;

/** The `pack import` command. */
export function importAdapterCommand(context: CommandContext): Command {
  return new Command("import")
    .summary("convert a LoRA adapter of another program")
    .description("Converts a LoRA adapter of PEFT or kohya's scripts into an expert file.")
    .argument("<adapter>", "a folder of PEFT, or a .safetensors file with kohya's names")
    .requiredOption("-o, --output <file>", "the expert file to write")
    .requiredOption("--id <id>", "the expert's id: the publisher, a dot, a name")
    .requiredOption("--degradation <name...>", "what it repairs; may be repeated")
    .option("--license <expression>", "SPDX expression of its licence")
    .option("--model <folder>", "the model's folder, instead of the one that comes with Limpid")
    .option("--json", "print one JSON object")
    .addHelpText("after", details)
    .action(
      async (adapter: string, { output, id, degradation, license, model, json }: ImportAdapterOptions) => {
        const { signal, write } = context;
        const { manifest } = await loadModel(modelFromDirectory(model), signal);
        const { backbone } = manifest;
        const base = { id: manifest.id, sha256: backbone.tensorSha256 };
        const expert = await importAdapter(adapter, {
          id,
          base,
          degradations: degradation,
          config: backbone.config,
        });
        const bytes = writeExpertFile({
          expert,
          license,
          provenance: {
            trainer: "limpid pack import",
            trainerVersion: version,
            steps: 0,
            data: "Not known: converted from an adapter of another program.",
            date: new Date().toISOString().slice(0, 10),
          },
        });
        await writeFileAtomically(output, bytes, signal);
        const { rank, alpha, factors } = expert;
        const report = { file: output, id, rank, alpha, targets: factors.size, size: bytes.byteLength };
        write(
          json === true
            ? `${JSON.stringify(report)}\n`
            : `${output}  ${id}, ${factors.size} layers, rank ${rank}, alpha ${alpha}, ${(bytes.byteLength / 1e6).toFixed(2)} MB\n`,
        );
      },
    );
}

async function importAdapter(adapter: string, options: ImportOptions): ReturnType<typeof importPeftFolder> {
  const found = await fs.stat(adapter).catch((cause: unknown) => {
    throw new LimpidError("FileUnreadable", `${adapter}: is not there`, { cause });
  });
  if (found.isDirectory()) return importPeftFolder(adapter, options);
  return importKohya(parseSafetensors(await readBytes(adapter)), options);
}

async function importPeftFolder(
  folder: string,
  options: ImportOptions,
): Promise<ReturnType<typeof importPeft>> {
  const [config, weights] = await Promise.all([
    readBytes(join(folder, "adapter_config.json")),
    readBytes(join(folder, "adapter_model.safetensors")),
  ]);
  return importPeft(parseSafetensors(weights), config, options);
}

import fs from "node:fs/promises";
import { join, relative } from "node:path";
import { Command } from "commander";
import { LimpidError } from "limpid";
import { packageDirectory } from "limpid/node";
import type { CommandContext } from "./command-context.js";
import { addEngineOptions, engineSettings, type EngineOptions } from "./engine-options.js";
import { isImageName } from "./find-images.js";
import { readRunPacks } from "./packs/run-packs.js";
import { runRestore } from "./run-restore.js";

/** The `start` command. */
export function startCommand(context: CommandContext): Command {
  const command = new Command("start")
    .summary("try it: repair these photos, or the samples")
    .description(
      "Says what is wrong with each photo, repairs it, and writes the result beside it, photo.jpg.restored.png for photo.jpg. Without photos, does so " +
        "for the samples in examples/photos of a checkout of Limpid.",
    )
    .argument("[photo...]", "photos, and folders of photos");
  return addEngineOptions(command).action(async (photos: readonly string[], options: EngineOptions) => {
    const inputs = photos.length > 0 ? photos : await listSamples();
    const isWell = await runRestore(
      {
        inputs,
        settings: {
          ...engineSettings(options),
          experts: "auto",
          strength: undefined,
          mask: undefined,
          tileSize: undefined,
          keep: "everything",
          quality: undefined,
          packs: await readRunPacks(undefined, context),
          maximumPixels: 100e6,
        },
        output: undefined,
        format: undefined,
        preview: false,
        force: true,
        shard: undefined,
        jobs: 1,
        json: false,
      },
      context,
    );
    if (photos.length === 0) {
      context.write(`The results lie beside the samples, in ${samplesFolder()}, the originals in clean/.\n`);
      context.write("In a page, with photos of your own: npm run playground\n");
    }
    context.exitCode = isWell ? 0 : 1;
  });
}

/** The folder of the samples, as seen from the working directory. */
function samplesFolder(): string {
  return relative(process.cwd(), join(packageDirectory(), "examples", "photos")) || ".";
}

async function listSamples(): Promise<string[]> {
  const folder = samplesFolder();
  const names = await fs.readdir(folder).catch(() => []);
  const samples = names.filter(isImageName).sort();
  if (samples.length === 0) {
    throw new LimpidError(
      "InvalidArgument",
      "no photos named, and this installation has no samples: limpid start PHOTO...",
    );
  }
  return samples.map((name) => join(folder, name));
}

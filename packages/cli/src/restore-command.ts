import { Command } from "commander";
import type { ExpertChoice } from "limpid";
import { nodeTileWorkers } from "limpid/node";
import type { CommandContext } from "./command-context.js";
import { addEngineOptions, engineSettings, type EngineOptions } from "./engine-options.js";
import { collectExpert, parseCount, parseShard, parseStrength } from "./option-parsers.js";
import { runRestore } from "./run-restore.js";
import type { Shard } from "./shard.js";

interface RestoreCommandOptions extends EngineOptions {
  readonly output?: string;
  readonly expert?: readonly ExpertChoice[];
  readonly strength?: number;
  readonly mask?: string;
  readonly tile?: number;
  readonly jobs: number;
  readonly workers?: number;
  readonly shard?: Shard;
  readonly force?: true;
  readonly json?: true;
}

const details = `
Results are PNG files named NAME.restored.png, beside their photos or in the
folder behind -o. For one photo, -o may name a file instead, ending in .png,
.jpg, .webp or .tif. They keep bit depth, alpha, grey and colour profile.
A photo in which nothing is found is left alone: beside it nothing is written,
into a folder it is copied as it is. "perhaps" names what the router is not
sure enough of to act, and how to act all the same. A
result that is there already is not made again, so that an interrupted run can
be continued; --force makes it again. A photo is never overwritten.

A folder stands for the JPEG, PNG, WebP, GIF, TIFF and AVIF files in it and in
the folders below.

With --json, one line per photo goes to standard output:
  {input, output, width, height, backend,
   analysis: [{degradation, probability}], mixture: [{expert, weight}],
   tiles, tileSize, milliseconds}
with untouched: true if the photo was left alone, and without output if nothing
was written for it; or {input, output, skipped: true}, or {input, error: {code, message}}.

Exit code: 0 if all is well, 1 if a photo failed, 2 for wrong usage, 130 after
Ctrl-C.

Examples:
  limpid restore photo.jpg
  limpid restore photo.jpg -o better.jpg --expert limpid.denoise:0.7
  limpid restore scans/ -o restored/ --jobs 4
  limpid restore scans/ -o restored/ --shard 3/16   # the third of 16 machines
`;

/** The `restore` command. */
export function restoreCommand(context: CommandContext): Command {
  const command = new Command("restore")
    .summary("repair photos")
    .description("Finds out what is wrong with each photo, and repairs it with the experts for that.")
    .argument("<in...>", "photos, and folders of photos")
    .option("-o, --output <path>", "folder for the results, or file for a single one")
    .option(
      "--expert <id[:weight]>",
      "use this expert, with a weight from 0 to 2; may be repeated; else the router chooses",
      collectExpert,
    )
    .option("--strength <s>", "how much of the repair to apply, 0 to 1", parseStrength)
    .option("--mask <file>", "image of the photo's size: repair where it is white, not where it is black")
    .option(
      "--tile <pixels>",
      "side of the tiles, a multiple of 8; larger is faster, takes more memory",
      parseCount,
    )
    .option("--jobs <n>", "photos to restore at once, in as many threads", parseCount, 1)
    .option(
      "--workers <n>",
      "tiles of a photo to restore at once on wasm, in as many threads; by default half of the processors, at most 4, and 1 with several --jobs",
      parseCount,
    )
    .option(
      "--shard <i/n>",
      "take only part I of N of the photos, chosen by a hash of their names",
      parseShard,
    )
    .option("--force", "make results again that are there already")
    .option("--json", "print one line of JSON per photo");
  return addEngineOptions(command)
    .addHelpText("after", details)
    .action(async (inputs: readonly string[], options: RestoreCommandOptions) => {
      const isWell = await runRestore(
        {
          inputs,
          settings: {
            ...engineSettings(options),
            tileWorkers: options.workers ?? (options.jobs > 1 ? 1 : nodeTileWorkers().defaultCount),
            experts: options.expert ?? "auto",
            strength: options.strength,
            mask: options.mask,
            tileSize: options.tile,
          },
          output: options.output,
          force: options.force ?? false,
          shard: options.shard,
          jobs: options.jobs,
          json: options.json ?? false,
        },
        context,
      );
      context.exitCode = isWell ? 0 : 1;
    });
}

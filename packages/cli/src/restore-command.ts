import { Command } from "commander";
import type { ExpertChoice } from "limpid";
import { nodeTileWorkers } from "limpid/node";
import type { CommandContext } from "./command-context.js";
import { addEngineOptions, engineSettings, type EngineOptions } from "./engine-options.js";
import { maximumPixels, maximumPixelsOption } from "./maximum-pixels.js";
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
  readonly strip?: true;
  readonly stripLocation?: true;
  readonly maxMegapixels?: number;
  readonly force?: true;
  readonly json?: true;
}

const details = `
Results are PNG files beside their photos or in the folder behind -o:
photo.jpg.restored.png for photo.jpg. For one photo, -o may name a file
instead, ending in .png, .jpg, .webp or .tif. They keep bit depth, alpha, grey,
colours, density and what the photo says in EXIF, XMP, IPTC and PNG text; a
note tells what the format cannot hold. HDR pictures (PQ, HLG) and cameras' raw
files are refused.

A photo in which nothing is found is left alone: beside it nothing is written,
into a folder it is copied as it is, or with --strip or --strip-location
written as a PNG. "perhaps" names what the router is not sure enough of to act,
and how to act all the same.

A result says in its XMP of which photo, options and model it is (as hashes), so
that a run can be continued: what is there already is not made again, unless
--force is given; what is of a changed photo, other options or another model
is. Neither a photo nor another photo's result is ever overwritten.

A folder stands for the JPEG, PNG, WebP, GIF, TIFF, AVIF and HEIC files in it
and in the folders below. HEIC needs a libvips that reads it. Photos of other
kinds there (BMP, JXL, DNG and so on) are listed as failed.

With --json, one line per photo goes to standard output:
  {input, output, width, height, backend,
   analysis: [{degradation, probability}], mixture: [{expert, weight}],
   tiles, tileSize, milliseconds}
with untouched: true if the photo was left alone, and without output if nothing
was written for it; or {input, output, skipped: true},
or {input, error: {code, message}}.

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
    .option("--strip", "write results without EXIF, XMP, IPTC and PNG text of their photos")
    .option("--strip-location", "write results without the place where their photos were taken")
    .addOption(maximumPixelsOption())
    .option(
      "--jobs <n>",
      "photos to restore at once, in as many threads; fewer if processors or memory do not suffice",
      parseCount,
      1,
    )
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
            keep: options.strip ? "nothing" : options.stripLocation ? "all-but-location" : "everything",
            maximumPixels: maximumPixels(options),
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

import { Command, Option } from "commander";
import type { ExpertChoice } from "limpid";
import { nodeTileWorkers } from "limpid/node";
import type { CommandContext } from "./command-context.js";
import { addEngineOptions, engineSettings, type EngineOptions } from "./engine-options.js";
import { maximumPixels, maximumPixelsOption } from "./maximum-pixels.js";
import { collectExpert, parseCount, parseQuality, parseShard, parseStrength } from "./option-parsers.js";
import { addPackOption, readRunPacks } from "./packs/run-packs.js";
import type { FormatChoice } from "./plan-outputs.js";
import { runRestore } from "./run-restore.js";
import type { Shard } from "./shard.js";

interface RestoreCommandOptions extends EngineOptions {
  readonly output?: string;
  readonly expert?: readonly ExpertChoice[];
  readonly strength?: number;
  readonly pack?: readonly string[];
  readonly mask?: string;
  readonly tile?: number;
  readonly jobs: number;
  readonly workers?: number;
  readonly shard?: Shard;
  readonly format?: FormatChoice;
  readonly quality?: number;
  readonly preview?: true;
  readonly strip?: true;
  readonly stripLocation?: true;
  readonly maxMegapixels?: number;
  readonly force?: true;
  readonly json?: true;
}

const details = `
Results are PNG files beside their photos or in the folder behind -o:
photo.jpg.restored.png for photo.jpg. For one photo, -o may name a file
instead, ending in .png, .jpg, .webp or .tif. --format chooses another format;
same writes PNG for photos of kinds that are not written (GIF, AVIF, HEIC).
Results keep bit depth, alpha, grey, colours, density and what the photo says
in EXIF, XMP, IPTC and PNG text; a note tells what the format cannot hold. HDR
pictures (PQ, HLG) and cameras' raw files are refused.

- reads one photo from standard input; its result goes to standard output unless
-o names a file, and what is said of it to standard error.

--preview writes photo.jpg.before-after.jpg beside the result: the photo before
and after and, if it had to be reduced for that, the part that changed most.

The experts of installed packs take part (limpid packs), and so do those of the
packs that --pack names.

A photo in which nothing is found is left alone: beside it nothing is written,
into a folder it is copied as it is, or with --strip or --strip-location
written as a result. "perhaps" names what the router is not sure enough of to
act, and how to act all the same.

A result says in its XMP, with --strip too, of which photo, options, packs and
model it is (as hashes), so that a run can be continued: what is there already
is not made again, unless --force is given; what is of a changed photo, other
options, packs or another model is. A file that is no result is replaced with
--force only. Neither a photo nor another photo's result is ever overwritten.

A folder stands for the JPEG, PNG, WebP, GIF, TIFF, AVIF and HEIC files in it
and in the folders below. HEIC needs a libvips that reads it. Photos of other
kinds there (BMP, JXL, DNG and so on) are listed as failed.

With --json, one line per photo goes to standard output:
  {input, output, width, height, backend,
   analysis: [{degradation, probability}], mixture: [{expert, weight}],
   tiles, tileSize, milliseconds}
with untouched: true if the photo was left alone, without output if nothing was
written for it, and with preview: FILE if --preview wrote one; or
{input, output, skipped: true}, or {input, error: {code, message}}.

Exit code: 0 if all is well, 1 if a photo failed, 2 for wrong usage, 130 after
Ctrl-C.

Examples:
  limpid restore photo.jpg
  limpid restore photo.jpg -o better.jpg --expert limpid.denoise:0.7
  limpid restore - --format jpeg < photo.jpg > better.jpg
  limpid restore scans/ -o restored/ --jobs 4
  limpid restore scans/ -o restored/ --shard 3/16   # the third of 16 machines
`;

/** The `restore` command. */
export function restoreCommand(context: CommandContext): Command {
  const command = new Command("restore")
    .summary("repair photos")
    .description("Finds out what is wrong with each photo, and repairs it with the experts for that.")
    .argument("<in...>", "photos, and folders of photos; - for one on standard input")
    .option("-o, --output <path>", "folder for the results, or file for a single one; - for standard output")
    .addOption(
      new Option(
        "--format <name>",
        "format of the results, png if left out; same: that of each photo",
      ).choices([...["png", "jpeg", "webp", "tiff", "same"]]),
    )
    .option(
      "--quality <n>",
      "of JPEG (95 if left out) and WebP (without loss if left out), 1 to 100",
      parseQuality,
    )
    .option("--preview", "write a JPEG of each photo before and after beside its result")
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
  return addEngineOptions(addPackOption(command))
    .addHelpText("after", details)
    .action(async (inputs: readonly string[], options: RestoreCommandOptions) => {
      const isWell = await runRestore(
        {
          inputs,
          settings: {
            ...engineSettings(options),
            packs: await readRunPacks(options.pack, context),
            tileWorkers: options.workers ?? (options.jobs > 1 ? 1 : nodeTileWorkers().defaultCount),
            experts: options.expert ?? "auto",
            strength: options.strength,
            mask: options.mask,
            tileSize: options.tile,
            keep: options.strip ? "nothing" : options.stripLocation ? "all-but-location" : "everything",
            quality: options.quality,
            maximumPixels: maximumPixels(options),
          },
          output: options.output,
          format: options.format,
          preview: options.preview ?? false,
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

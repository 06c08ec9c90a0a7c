import { Command } from "commander";
import { LimpidError } from "limpid";
import type { ExpertTrainingOptions } from "limpid/authoring";
import type { CommandContext } from "../command-context.js";
import { addEngineOptions, engineSettings, type EngineOptions } from "../engine-options.js";
import { parseCount, parseSeed } from "../option-parsers.js";
import type { TrainingSource } from "./train-data.js";
import { describeTraining, trainingToJson } from "./train-report.js";
import { runTraining } from "./train-run.js";

interface TrainCommandOptions extends EngineOptions {
  readonly before?: string;
  readonly after?: string;
  readonly turn: boolean;
  readonly photos?: string;
  readonly recipe?: string;
  readonly degradation?: string;
  readonly expert?: string;
  readonly steps?: number;
  readonly rank?: number;
  readonly patch?: number;
  readonly batch?: number;
  readonly routerViews?: number;
  readonly seed?: number;
  readonly json?: true;
}

const details = `
It learns from pairs, one picture with the fault and the same without it, of
one size and one name in two folders; or from clean photos and a recipe that
damages them, which takes hundreds of photos of any kind. A recipe is an ES
module that this command runs:

  export default {
    degradation: "halftone",
    apply({ width, height, rgb }, severity, source) {
      // rgb: Float32Array [height, width, 3] in 0..1; severity: 0 to 1;
      // source.uniform(low, high), .integer, .chance, .choice, .normal()
      return { width, height, rgb: rgb.map((value) => value * (1 - severity)) };
    },
  };

About one picture of eight is held out, by a hash of its name. The training ends
when they gain nothing any more. Into the pack go the expert file with its
router row, a golden sample, and what package.json says of them; training/ gets
a curve and a sheet of samples, which need not be published.

An interrupt (Ctrl-C) keeps the state in .limpid-training.safetensors in the
pack's folder; the same command goes on from there. With SOURCE_DATE_EPOCH set,
the same command makes the same bytes on the same backend.

With --json, one object goes to standard output:
  {expert: {id, degradation, file, size, sha256, base: {id, sha256},
   golden: {before, after, psnr}}, backend, pictures: {training, heldOut},
   steps, endedEarly, secondsPerStep, heldOut: {input, backbone, expert, best},
   evaluations: [{step, psnr}], router: {threshold, colors, precision, recall,
   falseAlarmsOnClean, falseAlarmsOnOthers, views} or null,
   drawings: {curve, sheet}}

Examples:
  limpid pack train dots --before scans --after originals --degradation dots
  limpid pack train dots --photos photos --recipe dots/recipes/dots.js
`;

/** The command `pack train`. */
export function packTrainCommand(context: CommandContext): Command {
  const command = new Command("train")
    .summary("teach a pack a fault")
    .description("Trains an expert into a pack, from pairs of pictures or from photos and a recipe.")
    .argument("<folder>", "the pack's folder, with its package.json")
    .option("--before <folder>", "pictures with the fault")
    .option("--after <folder>", "the same pictures without it")
    .option("--no-turn", "do not turn and mirror the pairs, for a fault that has a direction")
    .option("--photos <folder>", "clean photos")
    .option("--recipe <file>", "an ES module with a recipe, which is run")
    .option("--degradation <name>", "what the fault of pairs is called, such as halftone")
    .option("--expert <id>", "the expert's id, if not the pack's for this fault")
    .option("--steps <n>", "steps at most, 300 if left out", parseCount)
    .option("--rank <n>", "rank of the factors, 4 if left out", parseCount)
    .option("--patch <pixels>", "side of the patches, 64 if left out", parseCount)
    .option("--batch <n>", "patches in a step, 8 if left out", parseCount)
    .option(
      "--router-views <n>",
      "parts of pictures that the router learns from, 480 if left out",
      parseCount,
    )
    .option("--seed <n>", "seeds everything, 1 if left out", parseSeed)
    .option("--json", "print one JSON object");
  return addEngineOptions(command)
    .addHelpText("after", details)
    .action(async (folder: string, options: TrainCommandOptions) => {
      const { degradation } = options;
      const settings = {
        folder,
        source: chooseSource(options),
        degradation,
        options: trainingOptions(options),
        routerViews: options.routerViews,
        engine: engineSettings(options),
      };
      const report = await runTraining(settings, context);
      context.write(options.json === true ? trainingToJson(report) : describeTraining(report, folder));
    });
}

function chooseSource({ before, after, turn, photos, recipe }: TrainCommandOptions): TrainingSource {
  const isPairs = before !== undefined && after !== undefined;
  const isRecipe = photos !== undefined && recipe !== undefined;
  const given = [before, after, photos, recipe].filter((value) => value !== undefined);
  if (given.length === 2 && isPairs) return { before, after, turn };
  if (given.length === 2 && isRecipe) return { photos, recipe };
  throw new LimpidError("InvalidArgument", "give either --before and --after, or --photos and --recipe");
}

function trainingOptions(options: TrainCommandOptions): Partial<ExpertTrainingOptions> {
  const { expert, steps, rank, patch, batch, seed } = options;
  return {
    ...(expert !== undefined && { id: expert }),
    ...(steps !== undefined && { steps }),
    ...(rank !== undefined && { rank }),
    ...(patch !== undefined && { patchSize: patch }),
    ...(batch !== undefined && { batchSize: batch }),
    ...(seed !== undefined && { seed }),
  };
}

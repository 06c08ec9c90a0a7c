import { Command, Option } from "commander";
import { readImageFile } from "../node/index.js";
import { LimpidError, throwIfAborted } from "../sdk/base/index.js";
import type { PixelImage } from "../sdk/image/index.js";
import type { Limpid } from "../sdk/limpid/index.js";
import type { CommandContext } from "./command-context.js";
import { formatError, reportError } from "./describe-error.js";
import { addEngineOptions, engineSettings, type EngineOptions } from "./engine-options.js";
import { evaluatePhoto, type PhotoResult } from "./evaluate/evaluate-photo.js";
import { describeEvaluation, evaluationToJson, type Evaluation } from "./evaluate/evaluation-report.js";
import { chooseTasks, taskNames, type EvaluationTask } from "./evaluate/tasks.js";
import { findImages, type FoundImage } from "./find-images.js";
import { openLimpid } from "./open-limpid.js";
import { parseCount, parseSeed } from "./option-parsers.js";
import { ProgressBar } from "./progress-bar.js";

interface EvaluateCommandOptions extends EngineOptions {
  readonly photos: string;
  readonly tasks: string;
  readonly limit?: number;
  readonly seed: number;
  readonly json?: true;
}

/** Smallest side that the window of SSIM fits in. */
const minimumSide = 11;

const details = `
Each photo is damaged in every way asked for, with a seed, and restored: by the
backbone alone, by the right expert alone, and with the router in charge. The
numbers are means over photos: PSNR over RGB of 8-bit pictures, in dB, and SSIM
with a Gaussian window of 11 x 11. "right" is how often the router finds the
fault the most probable one.

Tasks: ${taskNames.slice(0, 5).join(", ")},
  ${taskNames.slice(5).join(", ")}
Noise is Gaussian, of that sigma, clipped and rounded to 8 bits; JPEG is
libjpeg's at that quality with 4:2:0; the others are the recipes of "limpid
degrade" at middle severity, 0.5.

With --json, one object goes to standard output:
  {model, backend, seed, routerAccuracy, cleanLeftAlone, cleanUnharmed,
   tasks: [{task, degradation, rows: {input, backbone, expert, routed:
            {psnr, ssim}}, gain: {backbone, expert, routed}, routerAccuracy}],
   photos: [{photo, width, height, clean: {leftAlone, found, probability, psnr},
             tasks: [{task, degradation, found, probability, mixture, rows}]}],
   failures: [{input, error: {code, message}}]}
where null stands for an expert that the model lacks, and for the PSNR of equal
pictures.

Examples:
  limpid evaluate --photos photos/test
  limpid evaluate --photos photos/test --tasks noise,rain --limit 5 --json
`;

/** The `evaluate` command. */
export function evaluateCommand(context: CommandContext): Command {
  const tasksOption = new Option("--tasks <list>", "tasks or degradations, separated by commas");
  const command = new Command("evaluate")
    .summary("measure how well a model restores")
    .description("Measures how well a model repairs clean photos that were damaged on purpose.")
    .requiredOption("--photos <folder>", "folder of clean photos")
    .addOption(tasksOption.default(taskNames.join(","), "all"))
    .option("--limit <n>", "take only the first photos, by name", parseCount)
    .option("--seed <n>", "seeds the damage", parseSeed, 1)
    .option("--json", "print one JSON object, with the numbers of every photo");
  return addEngineOptions(command)
    .addHelpText("after", details)
    .action(async (options: EvaluateCommandOptions) => {
      const evaluation = await evaluate(options, context);
      if (options.json === true) context.write(evaluationToJson(evaluation));
      else if (evaluation.photos.length > 0) context.write(describeEvaluation(evaluation));
      for (const { input, error } of evaluation.failures) context.writeError(formatError(error, input));
      context.exitCode = evaluation.failures.length === 0 ? 0 : 1;
    });
}

async function evaluate(options: EvaluateCommandOptions, context: CommandContext): Promise<Evaluation> {
  const { signal } = context;
  const { seed } = options;
  const tasks = chooseTasks(options.tasks.split(",").map((name) => name.trim()));
  const found = await findImages([options.photos], signal);
  if (found.failures.length > 0) throw found.failures[0]!.error;
  const images = found.images.slice(0, options.limit);
  const note = (text: string): void => context.writeError(`note: ${text}\n`);
  const limpid = await openLimpid(engineSettings(options), note, signal);
  try {
    const { photos, failures } = await evaluateAll(limpid, images, { tasks, seed }, context);
    return { model: limpid.model, backend: limpid.backend, seed, photos, failures };
  } finally {
    limpid.dispose();
  }
}

/** Goes through the photos one by one and tells of progress: a bar on a terminal, else a line a photo. */
async function evaluateAll(
  limpid: Limpid,
  images: readonly FoundImage[],
  { tasks, seed }: { readonly tasks: readonly EvaluationTask[]; readonly seed: number },
  { signal, terminal, writeError }: CommandContext,
): Promise<Pick<Evaluation, "photos" | "failures">> {
  const bar = new ProgressBar(terminal, images.length * (tasks.length + 1));
  const photos: PhotoResult[] = [];
  const failures: Evaluation["failures"][number][] = [];
  try {
    for (const [index, { path, name }] of images.entries()) {
      throwIfAborted(signal);
      const started = performance.now();
      const photo = await readPhoto(path, signal).catch((error: unknown) => {
        if (signal.aborted) throw error;
        failures.push({ input: path, error: reportError(error) });
      });
      if (photo === undefined) continue;
      photos.push(
        await evaluatePhoto(limpid, name, photo, {
          tasks,
          seed,
          signal,
          onBegin: (part) => bar.begin(`${name}, ${part}`),
          onEnd: (part) => bar.finish(`${name}, ${part}`),
        }),
      );
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      if (terminal === undefined) writeError(`${index + 1} of ${images.length}  ${name}  ${seconds} s\n`);
    }
  } finally {
    bar.clear();
  }
  return { photos, failures };
}

async function readPhoto(path: string, signal: AbortSignal): Promise<PixelImage> {
  const { image } = await readImageFile(path, { signal });
  if (image.width >= minimumSide && image.height >= minimumSide) return image;
  throw new LimpidError(
    "UnsupportedImage",
    `${path}: ${image.width} x ${image.height} is too small to compare, which takes ${minimumSide} x ${minimumSide}`,
  );
}

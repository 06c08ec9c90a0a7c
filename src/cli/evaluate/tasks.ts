import { LimpidError } from "../../sdk/base/index.js";
import type { PixelImage } from "../../sdk/image/index.js";
import { addGaussianNoise, degradationNames, degrade, roundTripJpeg } from "../../sdk/training/index.js";

/** One way of damaging photos that a model is measured on. */
export interface EvaluationTask {
  /** Its name, such as `noise-25`. */
  readonly name: string;
  /** The degradation that the router is to find. */
  readonly degradation: string;

  /**
   * Damages a photo.
   *
   * @param photo - 8-bit RGB; not changed
   * @param seed - a safe integer; the same seed gives the same damage
   * @returns 8-bit RGB of the same size
   */
  damage(photo: PixelImage, seed: number): PixelImage;
}

/** Severity at which the recipes are measured: the middle of what the models are trained for. */
const middleSeverity = 0.5;

/**
 * The protocol: Gaussian noise of sigma 15, 25 and 50, clipped and rounded to 8 bits; libjpeg at quality 10 and 20 with
 * 4:2:0; every other recipe at middle severity.
 */
const tasks: readonly EvaluationTask[] = [
  ...[15, 25, 50].map((sigma) => ({
    name: `noise-${sigma}`,
    degradation: "noise",
    damage: (photo: PixelImage, seed: number) => addGaussianNoise(photo, sigma, seed),
  })),
  ...[10, 20].map((quality) => ({
    name: `jpeg-${quality}`,
    degradation: "jpeg",
    damage: (photo: PixelImage) => roundTripJpeg(photo, quality, "4:2:0"),
  })),
  ...degradationNames
    .filter((degradation) => degradation !== "noise" && degradation !== "jpeg")
    .map((degradation) => ({
      name: degradation,
      degradation,
      damage: (photo: PixelImage, seed: number) =>
        degrade(photo, [{ degradation, severity: middleSeverity }], seed),
    })),
];

/** The names of all tasks, in the order of the report. */
export const taskNames: readonly string[] = tasks.map(({ name }) => name);

/**
 * The tasks that a caller wants.
 *
 * @param names - names of tasks, or of degradations for all their tasks
 * @returns the tasks, each once, in the order of the report
 * @throws {@link LimpidError} `InvalidArgument` that lists what there is
 */
export function chooseTasks(names: readonly string[]): readonly EvaluationTask[] {
  for (const wanted of names) {
    if (!tasks.some((task) => isNamed(task, wanted))) {
      throw new LimpidError("InvalidArgument", `no task ${wanted}; there are ${taskNames.join(", ")}`, {
        details: { task: wanted, known: taskNames },
      });
    }
  }
  return tasks.filter((task) => names.some((wanted) => isNamed(task, wanted)));
}

function isNamed({ name, degradation }: EvaluationTask, wanted: string): boolean {
  return wanted === name || wanted === degradation;
}

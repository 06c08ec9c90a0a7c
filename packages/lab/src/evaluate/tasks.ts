import { LimpidError } from "../../../../src/sdk/base/index.js";
import type { PixelImage } from "../../../../src/sdk/image/index.js";
import {
  degradationNames,
  degrade,
  roundTripJpeg,
  severityOfSigma,
} from "../../../../src/sdk/training/index.js";
import { faultNames, parseFault } from "../../../cli/src/parse-fault.js";

/** One way of damaging photos that a model is measured on. */
export interface EvaluationTask {
  /** Its name, such as `noise-25` or `rain+haze`. */
  readonly name: string;
  /** The degradations that the router is to find, one or two, in the order in which they happen. */
  readonly degradations: readonly string[];

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
/** Severity of each of two faults that come together, milder as in training. */
const sharedSeverity = 0.4;

/**
 * One fault: white noise of sigma 15, 25 and 50, clipped and rounded to 8 bits; libjpeg at quality 10 and 20 with 4:2:0;
 * blur by a hand that shook and by defocus; every other recipe. All but the noise are at middle severity.
 */
const singleTasks: readonly EvaluationTask[] = [
  ...[15, 25, 50].map((sigma) => ({
    name: `noise-${sigma}`,
    degradations: ["noise"],
    damage: (photo: PixelImage, seed: number) =>
      degrade(photo, [{ degradation: "noise", kind: "white", severity: severityOfSigma(sigma) }], seed),
  })),
  ...[10, 20].map((quality) => ({
    name: `jpeg-${quality}`,
    degradations: ["jpeg"],
    damage: (photo: PixelImage) => roundTripJpeg(photo, quality, "4:2:0"),
  })),
  ...["blur-shake", "blur-defocus"].map((name) => recipeTask(name)),
  ...["rain", "raindrop", "haze", "snow", "low-light", "shadow", "inpainting"].map((name) =>
    recipeTask(name),
  ),
];

/** Two faults together, as they meet in photographs, each at severity 0.4. */
const mixedTasks: readonly EvaluationTask[] = [
  "low-light+noise",
  "rain+haze",
  "snow+haze",
  "blur+noise",
  "noise+jpeg",
].map((name) => recipeTask(name));

/** Names that stand for several tasks. */
const groups: Readonly<Record<string, readonly EvaluationTask[]>> = {
  single: singleTasks,
  mixed: mixedTasks,
  all: [...singleTasks, ...mixedTasks],
};

/** The names of the tasks of one fault, in the order of the report. */
export const singleTaskNames: readonly string[] = singleTasks.map(({ name }) => name);

/** The names of the tasks of two faults. */
export const mixedTaskNames: readonly string[] = mixedTasks.map(({ name }) => name);

/**
 * The tasks that a caller wants.
 *
 * @param names - names of tasks, of degradations for all their single tasks, of groups (`single`, `mixed`, `all`), or
 * recipes of the caller's own such as `rain:0.9` or `haze:0.3+noise:0.2`
 * @returns the tasks, each once: those of the protocol in its order, then the caller's own
 * @throws {@link LimpidError} `InvalidArgument` that lists what there is
 */
export function chooseTasks(names: readonly string[]): readonly EvaluationTask[] {
  const chosen = new Map<string, EvaluationTask>();
  for (const name of names) for (const task of tasksNamed(name)) chosen.set(task.name, task);
  const order = groups.all!.map((task) => task.name);
  const rank = ({ name }: EvaluationTask): number =>
    order.includes(name) ? order.indexOf(name) : order.length;
  return [...chosen.values()].sort((a, b) => rank(a) - rank(b));
}

function tasksNamed(name: string): readonly EvaluationTask[] {
  const group = groups[name];
  if (group !== undefined) return group;
  const known = groups.all!.filter((task) => task.name === name);
  if (known.length > 0) return known;
  if (degradationNames.includes(name)) {
    return singleTasks.filter(({ degradations }) => degradations.includes(name));
  }
  if (!name.split("+").every((part) => faultNames.includes(part.split(":")[0]!))) {
    throw new LimpidError(
      "InvalidArgument",
      `no task ${name || '""'}; there are ${groups.all!.map((task) => task.name).join(", ")}, ` +
        `and recipes such as rain:0.9 or haze:0.3+noise:0.2`,
      { details: { task: name, known: groups.all!.map((task) => task.name) } },
    );
  }
  return [recipeTask(name)];
}

/** A task of the recipes that a name lists: `A`, `A:SEVERITY` or `A:SEVERITY+B:SEVERITY`. */
function recipeTask(name: string): EvaluationTask {
  const parts = name.split("+");
  const faults = parts.map((part) => parseFault(part, parts.length === 1 ? middleSeverity : sharedSeverity));
  const degradations = degradationNames.filter((known) =>
    faults.some(({ degradation }) => degradation === known),
  );
  if (degradations.length < faults.length || faults.length > 2) {
    throw new LimpidError(
      "InvalidArgument",
      `the task ${name} must name one degradation or two different ones`,
      {
        details: { task: name },
      },
    );
  }
  return { name, degradations, damage: (photo, seed) => degrade(photo, faults, seed) };
}

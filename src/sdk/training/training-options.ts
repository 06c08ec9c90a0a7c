import { LimpidError } from "../base/index.js";

/** How an expert is trained. What is left out is as in the training of the experts that ship, on smaller patches. */
export interface ExpertTrainingOptions {
  /** The expert's id: the publisher, a dot, a name, such as `acme.descreen`. */
  readonly id: string;
  /** The degradation that it repairs, such as `halftone`. */
  readonly degradation: string;
  /** Inner dimension r of the factors; 4 if left out. */
  readonly rank?: number;
  /** Scale numerator: deltas are multiplied by alpha / rank; twice the rank if left out. */
  readonly alpha?: number;
  /** Steps of the whole training; 300 if left out. */
  readonly steps?: number;
  /** Side of the patches in pixels; 64 if left out. */
  readonly patchSize?: number;
  /** Patches in a step; 8 if left out, rounded up to whole views of two. */
  readonly batchSize?: number;
  /** The highest learning rate; 0.005 if left out. */
  readonly learningRate?: number;
  /** Share of the factors that is taken away per step and unit of learning rate; 0.0001 if left out. */
  readonly weightDecay?: number;
  /** Gradients longer than this are shortened to it; 1 if left out. */
  readonly clipNorm?: number;
  /** How slowly the averaged factors follow, below 1; 0.98 if left out. */
  readonly averageDecay?: number;
  /** Steps between two looks at the held-out pictures; a quarter of the steps, 25 at most, if left out. */
  readonly evaluateEvery?: number;
  /** Parts of held-out pictures that are looked at; 16 if left out. */
  readonly heldOutViews?: number;
  /** Looks without a gain of 0.02 dB after which the training ends early; 6 if left out. */
  readonly patience?: number;
  /** Seeds everything; 0 to 2^31 - 1, 1 if left out. */
  readonly seed?: number;
}

/** Options with their defaults. */
export type CompleteTrainingOptions = Required<ExpertTrainingOptions>;

/**
 * Fills in what was left out, and refuses what cannot be.
 *
 * @param stride - the backbone's, of which the patch size must be a multiple
 * @throws {@link LimpidError} `InvalidArgument` that names the option
 */
export function completeTrainingOptions(
  options: ExpertTrainingOptions,
  stride: number,
): CompleteTrainingOptions {
  const complete: CompleteTrainingOptions = {
    id: options.id,
    degradation: options.degradation,
    rank: options.rank ?? 4,
    alpha: options.alpha ?? 2 * (options.rank ?? 4),
    steps: options.steps ?? 300,
    patchSize: options.patchSize ?? 64,
    batchSize: options.batchSize ?? 8,
    learningRate: options.learningRate ?? 5e-3,
    weightDecay: options.weightDecay ?? 1e-4,
    clipNorm: options.clipNorm ?? 1,
    averageDecay: options.averageDecay ?? 0.98,
    evaluateEvery: options.evaluateEvery ?? Math.min(25, Math.ceil((options.steps ?? 300) / 4)),
    heldOutViews: options.heldOutViews ?? 16,
    patience: options.patience ?? 6,
    seed: options.seed ?? 1,
  };
  const refuse = (name: keyof ExpertTrainingOptions, expected: string): never => {
    throw new LimpidError(
      "InvalidArgument",
      `${name} is ${JSON.stringify(complete[name])}, expected ${expected}`,
      {
        details: { [name]: complete[name] },
      },
    );
  };
  for (const name of ["id", "degradation"] as const) {
    if (typeof complete[name] !== "string" || complete[name] === "") refuse(name, "a name");
  }
  const counts = ["rank", "steps", "batchSize", "evaluateEvery", "heldOutViews", "patience"] as const;
  for (const name of counts) {
    if (!(Number.isSafeInteger(complete[name]) && complete[name] >= 1)) refuse(name, "a whole number from 1");
  }
  const { patchSize, averageDecay, seed } = complete;
  if (!(Number.isSafeInteger(patchSize) && patchSize >= stride && patchSize % stride === 0)) {
    refuse("patchSize", `a multiple of ${stride}`);
  }
  for (const name of ["alpha", "learningRate", "clipNorm"] as const) {
    if (!(Number.isFinite(complete[name]) && complete[name] > 0)) refuse(name, "a number above 0");
  }
  if (!(complete.weightDecay >= 0 && complete.weightDecay < 1))
    refuse("weightDecay", "a number from 0 to below 1");
  if (!(averageDecay >= 0 && averageDecay < 1)) refuse("averageDecay", "a number from 0 to below 1");
  if (!(Number.isSafeInteger(seed) && seed >= 0 && seed < 2 ** 31)) refuse("seed", "0 to 2147483647");
  return complete;
}

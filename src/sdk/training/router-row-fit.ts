import { LimpidError, throwIfAborted } from "../base/index.js";
import { Pace, type TfjsBackend } from "../engine/index.js";
import { routerRowProbability, type RouterRow } from "../experts/index.js";
import type { PixelImage } from "../image/index.js";
import type { LoadedModel } from "../restore/index.js";
import { CompactRouter } from "../router/index.js";
import { fitLogisticRegression } from "./logistic-regression.js";
import { degradationNames, degrade, RandomSource } from "./recipes/index.js";
import type { TrainingSet, TrainingView } from "./training-set.js";
import { asPixelImage, embedImage } from "./view-embedding.js";

/** How a router row is fitted. */
export interface RouterRowFitOptions {
  /** The degradation that it is to see, such as `halftone`. */
  readonly degradation: string;
  /** Parts of pictures to learn from, each of which is looked at three times; 240 if left out. */
  readonly views?: number;
  /** Parts of held-out pictures to measure on; 80 if left out. */
  readonly heldOutViews?: number;
  /** Penalty of the squared weights; the best of some by cross-validation, if left out. */
  readonly penalty?: number;
  /** Share of the clean pictures that may trigger the row; 0.03 if left out. */
  readonly falseAlarms?: number;
  /** Share of the pictures with another fault that may trigger it, which does less harm; 0.08 if left out. */
  readonly falseAlarmsOnOthers?: number;
  /** Seeds everything; 0 to 2^31 - 1, 1 if left out. */
  readonly seed?: number;
  /** Stops between two pictures. */
  readonly signal?: AbortSignal;
  /** Told after every picture: how many are done, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** How well a router row tells pictures with the fault from others, measured on held-out pictures. */
export interface RouterRowQuality {
  /** Of the pictures that trigger it, the share that has the fault; NaN if none triggers it. */
  readonly precision: number;
  /** Of the pictures with the fault, at any severity, the share that triggers it. */
  readonly recall: number;
  /** Of the clean pictures, the share that triggers it. */
  readonly falseAlarmsOnClean: number;
  /** Of the pictures with another fault, the share that triggers it. */
  readonly falseAlarmsOnOthers: number;
  /** Pictures of each of the three kinds. */
  readonly views: number;
}

/** A router row and how good it is. */
export interface RouterRowFit {
  /** The row. */
  readonly row: RouterRow;
  /** Measured on the held-out pictures. */
  readonly heldOut: RouterRowQuality;
}

/** Sides of the parts that the router is shown, in pixels: photos are of all sizes too. */
const viewSides = [128, 192, 256, 384] as const;
/** Parts that a threshold is found by: each is judged by a fit to the others. */
const folds = 5;
/** Thresholds stay within, so that a row is neither eager nor mute. */
const thresholdRange = { lowest: 0.5, highest: 0.999 };
/** What is tried for a penalty, from a stiff fit to a loose one. */
const penalties = [0.1, 0.01, 0.003, 0.001, 0.0003, 0.0001] as const;

/**
 * Teaches the router a degradation that it was never trained on: a linear probe on its embedding, fitted by logistic
 * regression to pictures with the fault, against clean ones and ones with each of the built-in degradations. The threshold
 * is the lowest, from 0.5, that lets no more than `falseAlarms` of the clean pictures through and `falseAlarmsOnOthers` of
 * those with another fault; the penalty is the one by which that threshold lets most pictures with the fault through. For both, each picture is
 * judged by a fit that has not seen its photo.
 *
 * @param backend - where to compute
 * @param model - whose router
 * @param set - pictures with and without the fault
 * @param options - the degradation, and how the row is fitted
 * @returns the row and its quality
 * @throws {@link LimpidError} `InvalidArgument` for an option that cannot be, `Aborted`, `DeviceLost`
 */
export async function fitRouterRow(
  backend: TfjsBackend,
  model: LoadedModel,
  set: TrainingSet,
  options: RouterRowFitOptions,
): Promise<RouterRowFit> {
  const { degradation, views = 240, heldOutViews = 80, penalty, seed = 1 } = options;
  const { falseAlarms = 0.03, falseAlarmsOnOthers = 0.08 } = options;
  for (const [name, value] of Object.entries({ views, heldOutViews })) {
    if (!(Number.isSafeInteger(value) && value >= folds)) {
      throw new LimpidError("InvalidArgument", `${name} is ${value}, expected a whole number from ${folds}`);
    }
  }
  const allowed = { clean: falseAlarms, otherwise: falseAlarmsOnOthers };
  const isShare = (share: number): boolean => share >= 0 && share < 1;
  if ((penalty !== undefined && !(penalty > 0)) || !Object.values(allowed).every(isShare)) {
    throw new LimpidError(
      "InvalidArgument",
      `penalty ${penalty} must be above 0, falseAlarms ${falseAlarms} and falseAlarmsOnOthers ` +
        `${falseAlarmsOnOthers} from 0 to below 1`,
    );
  }
  const { config, degradations } = model.manifest.router;
  const router = backend.run(() => CompactRouter.fromTensorFile(model.router, config, degradations));
  try {
    const total = views + heldOutViews;
    const look = async (index: number, draw: (source: RandomSource) => TrainingView): Promise<Looks> => {
      throwIfAborted(options.signal);
      const source = new RandomSource(seed * 2 ** 21 + index);
      const looks = await lookAt(draw(source), degradation, source, async (image) => {
        const embedding = backend.run(() => embedImage(router, image));
        try {
          return (await backend.read(embedding)).slice();
        } finally {
          embedding.dispose();
        }
      });
      options.onProgress?.(index + 1, total);
      await pace.breathe();
      return looks;
    };
    const pace = new Pace();
    const seen: Looks[] = [];
    for (let index = 0; index < views; index++) {
      seen.push(await look(index, (source) => set.draw(source, source.choice(viewSides))));
    }
    const heldOut: Looks[] = [];
    for (let index = 0; index < heldOutViews; index++) {
      heldOut.push(
        await look(views + index, (source) => set.drawHeldOut(index, source, source.choice(viewSides))),
      );
    }
    const choices = (penalty === undefined ? penalties : [penalty]).map((tried) => ({
      penalty: tried,
      ...crossValidate(seen, tried, allowed),
    }));
    const best = choices.reduce((before, choice) => (choice.recall > before.recall ? choice : before));
    const row: RouterRow = { degradation, ...fit(seen, best.penalty), threshold: best.threshold };
    return { row, heldOut: judge(row, heldOut) };
  } finally {
    router.dispose();
  }
}

/** The guises of a view: with the fault, without any, with another one. */
const kinds = ["faulty", "clean", "otherwise"] as const;

/** What the router makes of one view in its guises: embeddings. */
interface Looks extends Readonly<Record<(typeof kinds)[number], Float32Array>> {
  readonly name: string;
}

async function lookAt(
  { name, before, after }: TrainingView,
  degradation: string,
  source: RandomSource,
  embed: (image: PixelImage) => Promise<Float32Array>,
): Promise<Looks> {
  const others = degradationNames.filter((other) => other !== degradation) as [string, ...string[]];
  const clean = asPixelImage(after);
  const fault = { degradation: source.choice(others), severity: source.uniform(0.1, 1) };
  return {
    name,
    faulty: await embed(asPixelImage(before)),
    clean: await embed(clean),
    otherwise: await embed(degrade(clean, [fault], source.bits())),
  };
}

function fit(looks: readonly Looks[], penalty: number): Pick<RouterRow, "weight" | "bias"> {
  const vectors = looks.flatMap(({ faulty, clean, otherwise }) => [faulty, clean, otherwise]);
  return fitLogisticRegression(
    vectors,
    vectors.map((_, index) => index % 3 === 0),
    penalty,
  );
}

/** The threshold that the share of false alarms allows, and the recall that it leaves, by cross-validation over photos. */
function crossValidate(
  looks: readonly Looks[],
  penalty: number,
  allowed: { readonly clean: number; readonly otherwise: number },
): { readonly threshold: number; readonly recall: number } {
  const names = [...new Set(looks.map(({ name }) => name))].sort();
  const foldOf = new Map(names.map((name, index) => [name, index % folds]));
  const probabilities = { faulty: [] as number[], clean: [] as number[], otherwise: [] as number[] };
  for (let fold = 0; fold < folds; fold++) {
    const apart = looks.filter(({ name }) => foldOf.get(name) === fold);
    const rest = looks.filter(({ name }) => foldOf.get(name) !== fold);
    if (apart.length === 0 || rest.length === 0) continue;
    const row: RouterRow = { degradation: "", ...fit(rest, penalty), threshold: 0.5 };
    for (const look of apart) {
      for (const kind of kinds) probabilities[kind].push(routerRowProbability(row, look[kind]));
    }
  }
  const { lowest, highest: limit } = thresholdRange;
  const { faulty } = probabilities;
  // Just above the first one that must not get through.
  const needed = (["clean", "otherwise"] as const).map((kind) => {
    const highest = probabilities[kind].sort((a, b) => b - a);
    return (highest[Math.floor(allowed[kind] * highest.length)] ?? 0) + 1e-6;
  });
  const threshold = Math.min(Math.max(...needed, lowest), limit);
  const recall = faulty.filter((probability) => probability >= threshold).length / faulty.length;
  return { threshold, recall };
}

function judge(row: RouterRow, looks: readonly Looks[]): RouterRowQuality {
  const count = (which: "faulty" | "clean" | "otherwise"): number =>
    looks.filter((look) => routerRowProbability(row, look[which]) >= row.threshold).length;
  const [faulty, clean, otherwise] = [count("faulty"), count("clean"), count("otherwise")];
  return {
    precision: faulty / (faulty + clean + otherwise),
    recall: faulty / looks.length,
    falseAlarmsOnClean: clean / looks.length,
    falseAlarmsOnOthers: otherwise / looks.length,
    views: looks.length,
  };
}

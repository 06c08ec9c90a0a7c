import { LimpidError, throwIfAborted } from "../base/index.js";
import { Pace } from "../engine/index.js";
import { routerRowProbability, type RouterRow } from "../experts/index.js";
import { colorStatistics, colorStatisticsSide, resizeArea, type PixelImage } from "../image/index.js";
import type { LoadedModel } from "../restore/index.js";
import { compactViews, CompactRouter } from "../router/index.js";
import { fitLogisticRegression } from "./logistic-regression.js";
import { degradationNames, degrade, RandomSource } from "./recipes/index.js";
import type { TrainingSet, TrainingView } from "./training-set.js";
import { asPixelImage } from "./view-embedding.js";

/** How a router row is fitted. */
export interface RouterRowFitOptions {
  /** The degradation that it is to see, such as `halftone`. */
  readonly degradation: string;
  /** Parts of pictures to learn from, each of which is looked at three times; 480 if left out. */
  readonly views?: number;
  /** Parts of held-out pictures to measure on; 160 if left out. */
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

/** By so much the colours must raise the recall, or the row does without them: what they do not tell, they blur. */
const leastColorGain = 0.05;

/**
 * Teaches the router a degradation that it was never trained on: a linear probe, fitted by logistic regression to pictures
 * with the fault, against clean ones and ones with a built-in degradation: half of these with any, half with the one that the
 * router takes the fault for, which is the hardest to tell from it. The probe is on the router's embedding or, if that finds
 * clearly more of the fault, on the embedding and the colours of the image.
 *
 * The threshold is the lowest, from 0.5, that lets no more than `falseAlarms` of the clean pictures through and
 * `falseAlarmsOnOthers` of those with another fault; the penalty is the one by which that threshold lets most pictures with
 * the fault through. For both, and for the colours, each picture is judged by a fit that has not seen its photo.
 *
 * @param model - whose router
 * @param set - pictures with and without the fault
 * @param options - the degradation, and how the row is fitted
 * @returns the row and its quality
 * @throws {@link LimpidError} `InvalidArgument` for an option that cannot be, `Aborted`
 */
export async function fitRouterRow(
  model: LoadedModel,
  set: TrainingSet,
  options: RouterRowFitOptions,
): Promise<RouterRowFit> {
  const { degradation, views = 480, heldOutViews = 160, penalty, seed = 1 } = options;
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
  const router = await CompactRouter.prepare(model.router, config, degradations);
  const total = views + heldOutViews;
  const look = async (index: number, draw: (source: RandomSource) => TrainingView): Promise<Looks> => {
    throwIfAborted(options.signal);
    const source = new RandomSource(seed * 2 ** 21 + index);
    const looks = await lookAt(
      draw(source),
      degradation,
      source,
      (image) => lookOnce(router, image),
      degradations,
    );
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
  const tried = penalty === undefined ? penalties : [penalty];
  const [plain, colored] = [false, true].map((hasColors) =>
    tried
      .map((value) => crossValidate(seen, { degradation, penalty: value, hasColors }, allowed))
      .reduce((before, choice) => (choice.recall > before.recall ? choice : before)),
  ) as [Choice, Choice];
  const best = colored.recall - plain.recall >= leastColorGain ? colored : plain;
  const row: RouterRow = { ...fit(seen, best.probe), threshold: best.threshold };
  return { row, heldOut: judge(row, heldOut) };
}

/** The guises of a view: with the fault, without any, with another one. */
const kinds = ["faulty", "clean", "otherwise"] as const;

/** What a row can look at in one image. */
interface Look {
  /** [embeddingSize]. */
  readonly embedding: Float32Array;
  /** [colorStatisticsSize]. */
  readonly colors: Float32Array;
}

/** One view in its guises. */
interface Looks extends Readonly<Record<(typeof kinds)[number], Look>> {
  readonly name: string;
}

/** How a row is fitted. */
interface Probe {
  readonly degradation: string;
  readonly penalty: number;
  /** Whether it is on the colours, too. */
  readonly hasColors: boolean;
}

/** A way to fit the row, and what it is worth. */
interface Choice {
  readonly probe: Probe;
  readonly threshold: number;
  readonly recall: number;
}

async function lookOnce(
  router: CompactRouter,
  image: PixelImage,
): Promise<Look & { readonly logits: Float32Array }> {
  const [output] = await router.run(compactViews(image, router.config));
  const reduced = resizeArea(image, colorStatisticsSide, colorStatisticsSide);
  return { ...output!, colors: colorStatistics(reduced) };
}

async function lookAt(
  { name, before, after }: TrainingView,
  degradation: string,
  source: RandomSource,
  look: (image: PixelImage) => Promise<Look & { readonly logits: Float32Array }>,
  known: readonly string[],
): Promise<Looks> {
  const others = degradationNames.filter((other) => other !== degradation) as [string, ...string[]];
  const clean = asPixelImage(after);
  const { logits, ...faulty } = await look(asPixelImage(before));
  const likeliest = known[logits.indexOf(Math.max(...logits))];
  const mistaken = others.find((other) => other === likeliest);
  const any = source.choice(others);
  const isHard = source.chance(0.5);
  const fault = {
    degradation: isHard && mistaken !== undefined ? mistaken : any,
    severity: source.uniform(0.1, 1),
  };
  return {
    name,
    faulty,
    clean: await look(clean),
    otherwise: await look(degrade(clean, [fault], source.bits())),
  };
}

function fit(
  looks: readonly Looks[],
  { degradation, penalty, hasColors }: Probe,
): Omit<RouterRow, "threshold"> {
  const vectors = looks.flatMap((look) =>
    kinds.map((kind) => {
      const { embedding, colors } = look[kind];
      return hasColors ? Float32Array.of(...embedding, ...colors) : embedding;
    }),
  );
  const labels = vectors.map((_, index) => index % kinds.length === 0);
  const { weight, bias } = fitLogisticRegression(vectors, labels, penalty);
  const size = looks[0]!.clean.embedding.length;
  return {
    degradation,
    weight: weight.slice(0, size),
    ...(hasColors && { colorWeight: weight.slice(size) }),
    bias,
  };
}

function probabilityOf(row: RouterRow, { embedding, colors }: Look): number {
  return routerRowProbability(row, embedding, colors);
}

/** The threshold that the share of false alarms allows, and the recall that it leaves, by cross-validation over photos. */
function crossValidate(
  looks: readonly Looks[],
  probe: Probe,
  allowed: { readonly clean: number; readonly otherwise: number },
): Choice {
  const names = [...new Set(looks.map(({ name }) => name))].sort();
  const foldOf = new Map(names.map((name, index) => [name, index % folds]));
  const probabilities = { faulty: [] as number[], clean: [] as number[], otherwise: [] as number[] };
  for (let fold = 0; fold < folds; fold++) {
    const apart = looks.filter(({ name }) => foldOf.get(name) === fold);
    const rest = looks.filter(({ name }) => foldOf.get(name) !== fold);
    if (apart.length === 0 || rest.length === 0) continue;
    const row: RouterRow = { ...fit(rest, probe), threshold: thresholdRange.lowest };
    for (const look of apart) {
      for (const kind of kinds) probabilities[kind].push(probabilityOf(row, look[kind]));
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
  return { probe, threshold, recall };
}

function judge(row: RouterRow, looks: readonly Looks[]): RouterRowQuality {
  const count = (which: "faulty" | "clean" | "otherwise"): number =>
    looks.filter((look) => probabilityOf(row, look[which]) >= row.threshold).length;
  const [faulty, clean, otherwise] = [count("faulty"), count("clean"), count("otherwise")];
  return {
    precision: faulty / (faulty + clean + otherwise),
    recall: faulty / looks.length,
    falseAlarmsOnClean: clean / looks.length,
    falseAlarmsOnOthers: otherwise / looks.length,
    views: looks.length,
  };
}

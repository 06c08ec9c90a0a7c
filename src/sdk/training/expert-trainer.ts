import * as tf from "@tensorflow/tfjs-core";
import { backboneStride, BackboneWeights, runBackbone } from "../backbone/index.js";
import { joinFloats, LimpidError, throwIfAborted, type Disposable } from "../base/index.js";
import { Expert } from "../experts/index.js";
import { Pace, type TfjsBackend } from "../engine/index.js";
import type { LoadedModel } from "../restore/index.js";
import { CompactRouter } from "../router/index.js";
import { sha256Hex } from "../weights/index.js";
import { AdamW } from "./adamw.js";
import { ExpertObjective, type TrainingBatch } from "./expert-objective.js";
import { FactorLayout } from "./factor-layout.js";
import { learningRateAt } from "./learning-rate.js";
import { RandomSource, type RgbImage } from "./recipes/index.js";
import { loadGradients } from "./tfjs-gradients.js";
import {
  parseTrainerState,
  serializeTrainerState,
  type TrainerState,
  type TrainingEvaluation,
} from "./trainer-state.js";
import {
  completeTrainingOptions,
  type CompleteTrainingOptions,
  type ExpertTrainingOptions,
} from "./training-options.js";
import type { TrainingSet, TrainingView } from "./training-set.js";
import { asPixelImage, embedImage } from "./view-embedding.js";

/** How the held-out pictures fare, as means over their views, in dB. */
export interface HeldOutPsnr {
  /** PSNR of the damaged pictures themselves. */
  readonly input: number;
  /** PSNR of what the backbone makes of them without the expert. */
  readonly backbone: number;
  /** PSNR with the averaged expert, at the last look. */
  readonly expert: number;
  /** The highest of these so far. */
  readonly best: number;
}

/** What a training tells after every step. */
export interface TrainingProgress {
  /** Steps that are done. */
  readonly step: number;
  /** Steps of the whole training. */
  readonly steps: number;
  /** The step's loss: the negative PSNR of its patches in dB. */
  readonly loss: number;
  /** The step's learning rate. */
  readonly learningRate: number;
  /** Seconds that a step took, mean over all that are done. */
  readonly secondsPerStep: number;
  /** The held-out pictures. */
  readonly heldOut: HeldOutPsnr;
}

/** What {@link ExpertTrainer.train} can be told. */
export interface TrainOptions {
  /** Stops between two parts of a step; {@link ExpertTrainer.saveState} then holds all steps that were completed. */
  readonly signal?: AbortSignal;
  /** Told after every step. */
  readonly onProgress?: (progress: TrainingProgress) => void;
  /** Told after every look at the held-out pictures: a good moment to save the state. */
  readonly onEvaluation?: (evaluation: TrainingEvaluation) => void | Promise<void>;
}

/** What came of a training. */
export interface TrainingResult {
  /** The expert: the averaged factors of the best look. */
  readonly expert: Expert;
  /** How the held-out pictures fare. */
  readonly heldOut: HeldOutPsnr;
  /** The loss of every step in dB. */
  readonly losses: readonly number[];
  /** Every look at the held-out pictures, the first before any step. */
  readonly evaluations: readonly TrainingEvaluation[];
  /** Seconds that a step took, mean over all. */
  readonly secondsPerStep: number;
  /** Whether it ended before its last step because nothing was gained any more. */
  readonly endedEarly: boolean;
}

/** Patches that are cut from one view: damage and embedding are made once for all of them. */
const patchesPerView = 2;
/** The side of a view, in patch sides. */
const viewSides = 2;
/** The rate of the last step, as a share of the highest. */
const lowestRate = 0.01;
/** The share of the steps over which the rate climbs. */
const warmUpShare = 0.05;
/** What counts as a gain at a look, in dB. */
const smallestGain = 0.02;

/** What a random source is for; each has its own stream for every step. */
const purposes = { factors: 0, heldOut: 1, step: 2 } as const;

/**
 * Trains an expert: low-rank factors on a frozen backbone, modulated by a frozen router, as in the second stage of
 * LoRA-IR. Patches are drawn, damaged and embedded anew at each step; the loss is the negative PSNR, the optimiser AdamW
 * with clipped gradients and a cosine schedule; what counts is the exponential moving average of the factors at its best
 * look at held-out pictures.
 *
 * Everything is drawn from the seed, and the state after any step, given to another trainer of the same kind, goes on
 * bit for bit on the same backend.
 *
 * @example
 * ```ts
 * const backend = await TfjsBackend.start("wasm");
 * const model = await loadModel(modelFromUrl("models/"));
 * const set = TrainingSet.fromPairs(pairs);
 * const trainer = await ExpertTrainer.create(backend, model, set, { id: "acme.descreen", degradation: "halftone" });
 * try {
 *   const { expert, heldOut } = await trainer.train({ signal, onProgress: ({ step, loss }) => draw(step, loss) });
 *   console.log(heldOut.best - heldOut.backbone, "dB gained");
 * } finally {
 *   trainer.dispose();
 *   backend.dispose();
 * }
 * ```
 */
export class ExpertTrainer implements Disposable {
  readonly [Symbol.dispose] = (): void => this.dispose();
  /** The options, with their defaults. */
  readonly options: CompleteTrainingOptions;
  readonly #backend: TfjsBackend;
  readonly #model: LoadedModel;
  /** One over all steps: many short ones would each stay below its slice. */
  readonly #pace = new Pace();
  readonly #set: TrainingSet;
  readonly #base: BackboneWeights;
  readonly #router: CompactRouter;
  readonly #layout: FactorLayout;
  readonly #objective: ExpertObjective;
  readonly #fingerprint: string;
  #optimizer: AdamW;
  #state: TrainerState;
  /** PSNR of the held-out views as they are; known after the first look. */
  #inputPsnr: number | undefined;
  #isRunning = false;
  #disposed = false;

  private constructor(
    backend: TfjsBackend,
    model: LoadedModel,
    set: TrainingSet,
    options: CompleteTrainingOptions,
    base: BackboneWeights,
    router: CompactRouter,
  ) {
    const { manifest } = model;
    this.options = options;
    this.#backend = backend;
    this.#model = model;
    this.#set = set;
    this.#layout = new FactorLayout(manifest.backbone.config, options.rank);
    this.#base = base;
    this.#router = router;
    this.#objective = new ExpertObjective(this.#base, this.#layout, options.alpha / options.rank);
    this.#fingerprint = fingerprint(manifest.backbone.tensorSha256, set, options);
    this.#optimizer = new AdamW(this.#layout.length, options);
    const factors = this.#layout.initialize(this.#source(purposes.factors));
    this.#state = {
      step: 0,
      factors,
      average: factors.slice(),
      best: factors.slice(),
      firstMoment: this.#optimizer.firstMoment,
      secondMoment: this.#optimizer.secondMoment,
      losses: [],
      evaluations: [],
      seconds: 0,
    };
  }

  /**
   * Sets up a training.
   *
   * @param backend - where to compute; it stays the caller's and must outlive the trainer
   * @param model - the base that the expert is for
   * @param set - what to learn from; its pictures must be as large as a patch at least
   * @param options - the expert's name, and how it is trained
   * @returns the trainer, for the caller to dispose
   * @throws {@link LimpidError} `InvalidArgument` for an option or a picture that cannot be
   */
  static async create(
    backend: TfjsBackend,
    model: LoadedModel,
    set: TrainingSet,
    options: ExpertTrainingOptions,
  ): Promise<ExpertTrainer> {
    const complete = completeTrainingOptions(options, backboneStride(model.manifest.backbone.config));
    if (set.shortestSide < complete.patchSize) {
      throw new LimpidError(
        "InvalidArgument",
        `a picture with a side of ${set.shortestSide} pixels cannot be cut into patches of ${complete.patchSize}`,
      );
    }
    await loadGradients(backend);
    const { backbone, router } = model.manifest;
    const eyes = await CompactRouter.prepare(model.router, router.config, router.degradations);
    const base = backend.run(() => BackboneWeights.fromTensorFile(model.backbone, backbone.config));
    return new ExpertTrainer(backend, model, set, complete, base, eyes);
  }

  /** Steps that are done. */
  get step(): number {
    return this.#state.step;
  }

  /**
   * Trains from where the state is to the last step, or until nothing is gained any more. After an abort it can be called
   * again.
   *
   * @param options - a signal, and who is told
   * @returns the expert and how it came about
   * @throws {@link LimpidError} `Aborted`, `Disposed`, `DeviceLost`; `InvalidArgument` if it runs already,
   * or if a recipe does not return a picture
   */
  async train(options: TrainOptions = {}): Promise<TrainingResult> {
    if (this.#isRunning) throw new LimpidError("InvalidArgument", "the training runs already");
    this.#isRunning = true;
    try {
      return await this.#train(options);
    } finally {
      this.#isRunning = false;
    }
  }

  /** The state after the last completed step, as safetensors: what {@link ExpertTrainer.loadState} takes. */
  saveState(): Uint8Array {
    return serializeTrainerState(this.#state, this.#fingerprint);
  }

  /**
   * Goes back, or on, to a state.
   *
   * @param bytes - what {@link ExpertTrainer.saveState} gave, of a trainer with the same base, pictures and options
   * @throws {@link LimpidError} `InvalidTensorFile` if it is no state, `InvalidArgument` if it is one of another training
   */
  loadState(bytes: Uint8Array): void {
    if (this.#isRunning) throw new LimpidError("InvalidArgument", "the training runs");
    const state = parseTrainerState(bytes, this.#fingerprint, this.#layout.length);
    this.#optimizer = new AdamW(this.#layout.length, this.options);
    this.#optimizer.firstMoment.set(state.firstMoment);
    this.#optimizer.secondMoment.set(state.secondMoment);
    const { firstMoment, secondMoment } = this.#optimizer;
    this.#state = { ...state, firstMoment, secondMoment };
  }

  /**
   * The expert as it is at its best look so far.
   *
   * @returns an expert for the base that was trained on, in half floats
   */
  makeExpert(): Expert {
    const { id, degradation, rank, alpha } = this.options;
    const { manifest } = this.#model;
    return new Expert({
      id,
      base: { id: manifest.id, sha256: manifest.backbone.tensorSha256 },
      rank,
      alpha,
      degradations: [degradation],
      factors: this.#layout.toExpertFactors(this.#state.best),
    });
  }

  /** Frees the device memory. A step that is under way fails. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#base.dispose();
  }

  async #train({ signal, onProgress, onEvaluation }: TrainOptions): Promise<TrainingResult> {
    const { steps } = this.options;
    if (this.#inputPsnr === undefined) this.#inputPsnr = await this.#measureInput(signal);
    await this.#lookIfDue(signal, onEvaluation);
    while (this.#state.step < steps && !this.#hasStalled()) {
      await this.#takeStep(signal);
      await this.#lookIfDue(signal, onEvaluation);
      const state = this.#state;
      onProgress?.({
        step: state.step,
        steps,
        loss: state.losses.at(-1)!,
        learningRate: this.#learningRate(state.step - 1),
        secondsPerStep: state.seconds / state.step,
        heldOut: this.#heldOutPsnr(),
      });
    }
    const { losses, evaluations, seconds, step } = this.#state;
    return {
      expert: this.makeExpert(),
      heldOut: this.#heldOutPsnr(),
      losses: [...losses],
      evaluations: [...evaluations],
      secondsPerStep: step === 0 ? 0 : seconds / step,
      endedEarly: step < steps,
    };
  }

  /** Looks at the held-out pictures if that is due and was not done, as after an abort. */
  async #lookIfDue(
    signal: AbortSignal | undefined,
    onEvaluation: TrainOptions["onEvaluation"],
  ): Promise<void> {
    const { steps, evaluateEvery } = this.options;
    const { step, evaluations } = this.#state;
    if ((step % evaluateEvery !== 0 && step !== steps) || evaluations.at(-1)?.step === step) return;
    const evaluation = await this.#evaluate(signal);
    await onEvaluation?.(evaluation);
  }

  /** The state changes only when the whole step is done. */
  async #takeStep(signal: AbortSignal | undefined): Promise<void> {
    const started = performance.now();
    const state = this.#state;
    const batch = await this.#drawBatch(state.step, signal);
    let values: Float32Array;
    try {
      const result = this.#run(() => this.#objective.differentiate(state.factors, batch));
      try {
        values = await this.#backend.read(result);
      } finally {
        result.dispose();
      }
    } finally {
      tf.dispose([batch.before, batch.after, batch.embedding]);
    }
    const loss = values[0]!;
    if (!values.every(Number.isFinite)) {
      throw new LimpidError(
        "InvalidArgument",
        `step ${state.step}: the loss is ${loss}, or its gradient is not finite`,
      );
    }
    this.#optimizer.update(state.factors, values.subarray(1), this.#learningRate(state.step), state.step);
    // As the training of the experts that ship does, the average follows closely at first.
    const decay = Math.min(this.options.averageDecay, (1 + state.step) / (10 + state.step));
    for (let index = 0; index < state.average.length; index++) {
      state.average[index] = decay * state.average[index]! + (1 - decay) * state.factors[index]!;
    }
    state.losses.push(loss);
    state.step++;
    state.seconds += (performance.now() - started) / 1000;
  }

  /** The patches of a step: the same for the same step of the same seed. */
  async #drawBatch(step: number, signal: AbortSignal | undefined): Promise<TrainingBatch> {
    const { batchSize, patchSize } = this.options;
    const source = this.#source(purposes.step, step);
    const embeddings: Float32Array[] = [];
    const patches: { before: Float32Array; after: Float32Array }[] = [];
    while (patches.length < batchSize) {
      throwIfAborted(signal);
      const view = this.#set.draw(source, viewSides * patchSize);
      const embedding = await embedImage(this.#router, asPixelImage(view.before));
      for (let patch = 0; patch < patchesPerView; patch++) {
        patches.push(cutPatch(view, patchSize, source));
        embeddings.push(embedding);
      }
      await this.#pace.breathe();
    }
    throwIfAborted(signal);
    const shape: [number, number, number, number] = [patches.length, patchSize, patchSize, 3];
    return this.#run(() => ({
      before: tf.tensor4d(joinFloats(patches.map(({ before }) => before)), shape),
      after: tf.tensor4d(joinFloats(patches.map(({ after }) => after)), shape),
      embedding: tf.tensor2d(joinFloats(embeddings), [embeddings.length, embeddings[0]!.length]),
    }));
  }

  /** Looks at the held-out pictures with the averaged factors, and keeps these if they are the best so far. */
  async #evaluate(signal: AbortSignal | undefined): Promise<TrainingEvaluation> {
    const state = this.#state;
    const backbone = this.#run(() => this.#objective.prepare(state.average));
    let psnr: number;
    try {
      psnr = await this.#measure(signal, async ({ before, after }) => {
        const embedding = await embedImage(this.#router, asPixelImage(before));
        const restored = this.#run(() =>
          tf.tidy(() => {
            const image = tf.tensor4d(before.rgb, [1, before.height, before.width, 3]);
            return runBackbone(backbone, image, tf.tensor2d(embedding, [1, embedding.length]));
          }),
        );
        try {
          return psnrOf(await this.#backend.read(restored), after.rgb);
        } finally {
          restored.dispose();
        }
      });
    } finally {
      backbone.dispose();
    }
    const evaluation = { step: state.step, psnr };
    if (state.evaluations.every((earlier) => psnr > earlier.psnr)) state.best.set(state.average);
    state.evaluations.push(evaluation);
    return evaluation;
  }

  #measureInput(signal: AbortSignal | undefined): Promise<number> {
    return this.#measure(signal, ({ before, after }) => psnrOf(before.rgb, after.rgb));
  }

  /** The mean over the held-out views, which are the same at every look. */
  async #measure(
    signal: AbortSignal | undefined,
    measureView: (view: TrainingView) => number | Promise<number>,
  ): Promise<number> {
    const { heldOutViews, patchSize } = this.options;
    let sum = 0;
    for (let index = 0; index < heldOutViews; index++) {
      throwIfAborted(signal);
      const source = this.#source(purposes.heldOut, index);
      sum += await measureView(this.#set.drawHeldOut(index, source, viewSides * patchSize));
      await this.#pace.breathe();
    }
    return sum / heldOutViews;
  }

  #heldOutPsnr(): HeldOutPsnr {
    const psnrs = this.#state.evaluations.map(({ psnr }) => psnr);
    return {
      input: this.#inputPsnr ?? NaN,
      backbone: psnrs[0] ?? NaN,
      expert: psnrs.at(-1) ?? NaN,
      best: Math.max(...psnrs),
    };
  }

  /** Whether the last looks gained nothing. */
  #hasStalled(): boolean {
    const { patience } = this.options;
    const psnrs = this.#state.evaluations.map(({ psnr }) => psnr);
    if (psnrs.length <= patience) return false;
    return Math.max(...psnrs.slice(-patience)) < Math.max(...psnrs.slice(0, -patience)) + smallestGain;
  }

  #learningRate(step: number): number {
    const { learningRate, steps } = this.options;
    const warmUp = Math.round(steps * warmUpShare);
    return learningRateAt(step, { highest: learningRate, lowest: learningRate * lowestRate, warmUp, steps });
  }

  #source(purpose: number, index = 0): RandomSource {
    // Three streams for each of 2^20 steps, begun where a generator of the seed says.
    const origin = new RandomSource(this.options.seed).bits() & 0x3fffffff;
    return new RandomSource(origin * 2 ** 22 + purpose * 2 ** 20 + (index % 2 ** 20));
  }

  /** Computes on the trainer's backend. */
  #run<T>(compute: () => T): T {
    if (this.#disposed) throw new LimpidError("Disposed", "a trainer was used after disposal");
    return this.#backend.run(compute);
  }
}

/** PSNR in dB of values of which the first are clipped to 0..1. */
function psnrOf(values: Float32Array, clean: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) {
    sum += (Math.min(Math.max(values[index]!, 0), 1) - clean[index]!) ** 2;
  }
  return 10 * Math.log10(values.length / Math.max(sum, 1e-8 * values.length));
}

function cutPatch(
  { before, after }: TrainingView,
  size: number,
  source: RandomSource,
): { before: Float32Array; after: Float32Array } {
  const x = source.integer(0, before.width - size);
  const y = source.integer(0, before.height - size);
  const cut = ({ width, rgb }: RgbImage): Float32Array => {
    const patch = new Float32Array(size * size * 3);
    for (let row = 0; row < size; row++) {
      const start = 3 * ((y + row) * width + x);
      patch.set(rgb.subarray(start, start + 3 * size), 3 * row * size);
    }
    return patch;
  };
  return { before: cut(before), after: cut(after) };
}

/** Changes with whatever makes a state useless to another training. */
function fingerprint(base: string, set: TrainingSet, options: CompleteTrainingOptions): string {
  const content = JSON.stringify([base, set.trainingNames, set.heldOutNames, options]);
  return sha256Hex(new TextEncoder().encode(content));
}

import fs from "node:fs/promises";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import {
  type BackendName,
  type Limpid,
  LimpidError,
  type PixelImage,
  type RestoreResult,
  throwIfAborted,
  version,
} from "limpid";
import {
  psnr,
  ExpertTrainer,
  type ExpertTrainingOptions,
  fitRouterRow,
  type GoldenSample,
  RandomSource,
  type RouterRowFit,
  sha256Hex,
  type TrainingResult,
  type TrainingSet,
  writeExpertFile,
} from "limpid/authoring";
import { type Expert, type LoadedModel, loadModel, startBackend, type TfjsBackend } from "limpid/network";
import { modelFromDirectory, writeFileAtomically } from "limpid/node";
import { writeImageFile } from "../files/index.js";
import type { CommandContext } from "../command-context.js";
import { makeFolder } from "../make-folder.js";
import { drawTrainingCurve } from "../training-curve.js";
import { chooseBackend, openLimpid, type EngineSettings } from "../open-limpid.js";
import { ProgressBar } from "../progress-bar.js";
import { readTrainingData, toEightBits, type TrainingSource } from "./train-data.js";
import { expertIdFor, openPack, writeContribution, type TrainedContribution } from "./train-manifest.js";
import { drawContactSheet, renderSvg } from "./train-pictures.js";

/** What the command line asks for. */
export interface TrainSettings {
  /** Folder of the pack. */
  readonly folder: string;
  readonly source: TrainingSource;
  /** The degradation, if the recipe does not say it. */
  readonly degradation: string | undefined;
  /** How to train; id and degradation are found out. */
  readonly options: Partial<ExpertTrainingOptions>;
  /** Parts of pictures that the router row is fitted to; undefined for the usual number. */
  readonly routerViews: number | undefined;
  readonly engine: EngineSettings;
}

/** What a training made. */
export interface TrainReport {
  /** What the manifest says now of the expert. */
  readonly contribution: TrainedContribution;
  readonly result: TrainingResult;
  /** The router row and its quality; undefined if the router knows the degradation by itself. */
  readonly routerRow: RouterRowFit | undefined;
  readonly backend: BackendName;
  /** Pictures that were learnt from, and that were held out. */
  readonly pictures: { readonly training: number; readonly heldOut: number };
  /** Pictures of the training, beside the pack's files. */
  readonly drawings: { readonly curve: string; readonly sheet: string };
}

/** The state of a training that was interrupted, in the pack's folder. */
const stateName = ".limpid-training.safetensors";

/** Side of the pictures of the golden sample and the contact sheet. */
const sampleSide = 192;
/** Rows of the contact sheet; the golden sample is one of them. */
const sampleCount = 5;
/** Of so many parts that the router row is fitted to, one more is held out. */
const heldOutShare = 3;
/** Less than this, in dB, a manifest may not promise. */
const leastGoldenPsnr = 10;
/** What other backends may lose against the one that trained, in dB. */
const goldenMargin = 0.2;

/**
 * Trains an expert into a pack: weights and router row, golden sample, pictures, and the pack's `package.json`.
 *
 * @param settings - what to train, on what
 * @param context - of the command
 * @returns what was made
 * @throws {@link LimpidError} `Aborted`, with the state kept so that the same call goes on; and whatever reading, training
 * and writing throw
 */
export async function runTraining(settings: TrainSettings, context: CommandContext): Promise<TrainReport> {
  const { folder, engine } = settings;
  const { signal } = context;
  const note = (text: string): void => context.writeError(`note: ${text}\n`);
  const manifest = await openPack(folder);
  const data = await readTrainingData(settings.source, signal, note);
  const degradation = settings.degradation ?? data.degradation;
  if (degradation === undefined) {
    throw new LimpidError(
      "InvalidArgument",
      "pairs do not say what their fault is called: name it with --degradation",
    );
  }
  const id = settings.options.id ?? expertIdFor(manifest, degradation);
  const model = await loadModel(modelFromDirectory(engine.model), signal);
  const isKnown = model.manifest.router.degradations.includes(degradation);
  const options = { ...settings.options, id, degradation };
  const backend = await openBackend(engine, note);
  let result: TrainingResult;
  let routerRow: RouterRowFit | undefined;
  try {
    result = await train(backend, model, data.set, options, join(folder, stateName), context);
    routerRow = isKnown
      ? undefined
      : await fitRow(model, data.set, { ...options, views: settings.routerViews }, context);
  } finally {
    backend.dispose();
  }
  const { expert } = result;
  const name = id.slice(id.indexOf(".") + 1);
  const bytes = writeExpertFile({
    expert,
    routerRow: routerRow?.row,
    license: manifest.license,
    provenance: {
      trainer: "limpid",
      trainerVersion: version,
      steps: result.losses.length,
      data: data.description,
      date: today(),
    },
  });
  const file = `experts/${name}.safetensors`;
  const limpid = await openLimpid({ model: engine.model, backend: backend.name }, note, signal);
  let golden: GoldenSample;
  const drawings = { curve: `training/${name}-curve.png`, sheet: `training/${name}-samples.png` };
  try {
    for (const part of ["experts", "golden", "training"]) await makeFolder(join(folder, part));
    await writeFileAtomically(join(folder, file), bytes, signal);
    limpid.experts.add(expert, routerRow === undefined ? {} : { routerRow: routerRow.row });
    const samples = await restoreSamples(limpid, expert, data.set, options.seed ?? 1, signal);
    golden = await writeGolden(folder, name, samples, signal);
    if (golden.psnr < leastGoldenPsnr) {
      note(
        `the golden sample reaches ${golden.psnr} dB, too little for a pack: the expert has learnt too little`,
      );
    }
    await writeFileAtomically(join(folder, drawings.sheet), await drawSamples(samples), signal);
  } finally {
    limpid.dispose();
  }
  const { losses, evaluations } = result;
  const curve = await renderSvg(drawTrainingCurve({ losses, evaluations }));
  await writeFileAtomically(join(folder, drawings.curve), curve, signal);
  const { base } = expert;
  const contribution: TrainedContribution = {
    id,
    degradation,
    isKnown,
    file,
    size: bytes.byteLength,
    sha256: sha256Hex(bytes),
    base: base!,
    golden,
  };
  await writeContribution(folder, manifest, contribution);
  await fs.rm(join(folder, stateName), { force: true });
  return {
    contribution,
    result,
    routerRow,
    backend: backend.name,
    pictures: { training: data.set.trainingNames.length, heldOut: data.set.heldOutNames.length },
    drawings,
  };
}

async function openBackend(engine: EngineSettings, note: (text: string) => void): Promise<TfjsBackend> {
  tf.enableProdMode(); // without tfjs's advice to install its native addon
  const { backend: choice, passedOver } = await chooseBackend(engine.backend);
  const { backend, fallbackReason } = await startBackend(choice);
  const reason = passedOver ?? fallbackReason;
  if (reason !== undefined) note(`trains on ${backend.name}: ${reason}`);
  return backend;
}

/** Trains, from a state if there is one, and keeps a state from look to look. */
async function train(
  backend: TfjsBackend,
  model: LoadedModel,
  set: TrainingSet,
  options: ExpertTrainingOptions,
  statePath: string,
  { signal, terminal, writeError }: CommandContext,
): Promise<TrainingResult> {
  const trainer = await ExpertTrainer.create(backend, model, set, options);
  const bar = new ProgressBar(terminal, trainer.options.steps);
  let shown = "";
  try {
    await resume(trainer, statePath, writeError);
    for (let step = 0; step < trainer.step; step++) bar.finish("");
    return await trainer.train({
      signal,
      onProgress({ loss, secondsPerStep, heldOut }) {
        bar.finish(shown);
        shown =
          `${(-loss).toFixed(1)} dB in the step, held out ${heldOut.backbone.toFixed(2)} -> ` +
          `${heldOut.expert.toFixed(2)} dB, ${secondsPerStep.toFixed(2)} s a step`;
        bar.begin(shown);
      },
      async onEvaluation({ step, psnr: value }) {
        if (terminal === undefined) {
          writeError(`step ${step} of ${trainer.options.steps}  held-out PSNR ${value.toFixed(2)} dB\n`);
        }
        await writeFileAtomically(statePath, trainer.saveState());
      },
    });
  } catch (error) {
    if (LimpidError.is(error, "Aborted") && trainer.step > 0) {
      bar.clear();
      await writeFileAtomically(statePath, trainer.saveState());
      writeError(`note: interrupted after step ${trainer.step}; the same command goes on from there\n`);
    }
    throw error;
  } finally {
    bar.clear();
    trainer.dispose();
  }
}

async function resume(
  trainer: ExpertTrainer,
  statePath: string,
  writeError: CommandContext["writeError"],
): Promise<void> {
  const bytes = await fs.readFile(statePath).catch(() => undefined);
  if (bytes === undefined) return;
  try {
    trainer.loadState(new Uint8Array(bytes));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LimpidError("InvalidArgument", `${statePath}: ${reason}; remove the file to begin anew`, {
      cause,
    });
  }
  writeError(`note: goes on from step ${trainer.step}\n`);
}

async function fitRow(
  model: LoadedModel,
  set: TrainingSet,
  { degradation, seed, views }: ExpertTrainingOptions & { readonly views: number | undefined },
  { signal, terminal }: CommandContext,
): Promise<RouterRowFit> {
  let bar: ProgressBar | undefined;
  try {
    return await fitRouterRow(model, set, {
      degradation,
      signal,
      ...(seed !== undefined && { seed }),
      ...(views !== undefined && { views, heldOutViews: Math.ceil(views / heldOutShare) }),
      onProgress(done, total) {
        bar ??= new ProgressBar(terminal, total);
        bar.begin("what the router is to see");
        if (done < total) bar.finish("what the router is to see");
      },
    });
  } finally {
    bar?.clear();
  }
}

/** A held-out picture and what becomes of it. */
interface Sample {
  readonly before: PixelImage;
  readonly after: PixelImage;
  readonly alone: RestoreResult;
  readonly restored: RestoreResult;
  readonly routed: RestoreResult;
  /** Whether the router sends it to the expert first, and leaves its clean twin alone. */
  readonly isToldApart: boolean;
  /** What the expert gains over the backbone alone, in dB. */
  readonly gain: number;
}

async function restoreSamples(
  limpid: Limpid,
  expert: Expert,
  set: TrainingSet,
  seed: number,
  signal: AbortSignal,
): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  for (let index = 0; index < sampleCount; index++) {
    throwIfAborted(signal);
    const view = set.drawHeldOut(index, new RandomSource(seed * 2 ** 20 + index), sampleSide);
    const [before, after] = [toEightBits(view.before), toEightBits(view.after)];
    const alone = await limpid.restore(before, { experts: [], signal });
    const restored = await limpid.restore(before, { experts: [{ id: expert.id, weight: 1 }], signal });
    const routed = await limpid.restore(before, { signal });
    const gain = psnr(restored.image, after) - psnr(alone.image, after);
    const { present } = await limpid.analyze(after, { signal });
    const isToldApart = routed.mixture[0]?.expert === expert.id && present.length === 0;
    samples.push({ before, after, alone, restored, routed, isToldApart, gain });
  }
  return samples;
}

/** The sample of the median gain, among those that the router tells from their clean twins if there are any, as files. */
async function writeGolden(
  folder: string,
  name: string,
  samples: readonly Sample[],
  signal: AbortSignal,
): Promise<GoldenSample> {
  const toldApart = samples.filter(({ isToldApart }) => isToldApart);
  const byGain = [...(toldApart.length > 0 ? toldApart : samples)].sort((a, b) => a.gain - b.gain);
  const sample = byGain[Math.floor(byGain.length / 2)]!;
  const golden = { before: `golden/${name}-before.png`, after: `golden/${name}-after.png` };
  await writeImageFile(join(folder, golden.before), sample.before, { signal });
  await writeImageFile(join(folder, golden.after), sample.after, { signal });
  const reached = Math.min(psnr(sample.restored.image, sample.after), 100);
  return { ...golden, psnr: Math.floor((reached - goldenMargin) * 10) / 10 };
}

function drawSamples(samples: readonly Sample[]): Promise<Uint8Array> {
  const decibels = (image: PixelImage, { after }: Sample): string => `${psnr(image, after).toFixed(1)} dB`;
  return drawContactSheet(
    samples.map((sample) => ({
      cells: [
        { caption: `before, ${decibels(sample.before, sample)}`, image: sample.before },
        { caption: `backbone, ${decibels(sample.alone.image, sample)}`, image: sample.alone.image },
        { caption: `expert, ${decibels(sample.restored.image, sample)}`, image: sample.restored.image },
        { caption: `router, ${decibels(sample.routed.image, sample)}`, image: sample.routed.image },
        { caption: "clean", image: sample.after },
      ],
    })),
  );
}

/** The day, or the one that `SOURCE_DATE_EPOCH` says, so that a training can be repeated to the byte. */
function today(): string {
  const epoch = Number(process.env.SOURCE_DATE_EPOCH);
  const date = process.env.SOURCE_DATE_EPOCH && Number.isFinite(epoch) ? new Date(epoch * 1000) : new Date();
  return date.toISOString().slice(0, 10);
}

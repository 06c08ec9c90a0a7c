import { createHash } from "node:crypto";
import { throwIfAborted } from "../../sdk/base/index.js";
import { PixelImage, psnr, readRgb, ssim, writeRgb } from "../../sdk/image/index.js";
import type { Limpid } from "../../sdk/limpid/index.js";
import type { AppliedExpert } from "../../sdk/restore/index.js";
import type { EvaluationTask } from "./tasks.js";

/** What is compared with the clean photo. */
export const rowNames = ["input", "backbone", "expert", "routed"] as const;

/**
 * The damaged photo itself (`input`), or what becomes of it: by the backbone without experts, by the expert for the
 * degradation alone, or with the router in charge.
 */
export type RowName = (typeof rowNames)[number];

/** How near a picture is to the clean photo. */
export interface Score {
  /** PSNR over RGB at 8 bits, in dB; `Infinity` if they are equal. */
  readonly psnr: number;
  /** Structural similarity with the Gaussian window, over RGB. */
  readonly ssim: number;
}

/** What came of one task on one photo. */
export interface TaskResult {
  /** The task's name. */
  readonly task: string;
  /** The degradation that was put in. */
  readonly degradation: string;
  /** The degradation that the router finds most probable. */
  readonly found: string;
  /** Its probability. */
  readonly probability: number;
  /** The experts that the router chose. */
  readonly mixture: readonly AppliedExpert[];
  /** The scores; `expert` is null if the model has no expert for the degradation. */
  readonly rows: Readonly<Record<RowName, Score | null>>;
}

/** What the router did to the photo as it was. */
export interface CleanResult {
  /** Whether every probability was under the threshold, so that nothing was changed. */
  readonly leftAlone: boolean;
  /** What the router found most probable. */
  readonly found: string;
  /** Its probability. */
  readonly probability: number;
  /** PSNR of the result against the photo, in dB; `Infinity` if they are equal. */
  readonly psnr: number;
}

/** What came of one photo. */
export interface PhotoResult {
  /** Its name. */
  readonly photo: string;
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** What the router did to the photo as it was. */
  readonly clean: CleanResult;
  /** One result a task. */
  readonly tasks: readonly TaskResult[];
}

/** What evaluating a photo takes besides the photo. */
export interface EvaluatePhotoOptions {
  /** The tasks. */
  readonly tasks: readonly EvaluationTask[];
  /** Seeds the damage, together with the names of photo and task. */
  readonly seed: number;
  /** Gives up when it fires. */
  readonly signal: AbortSignal;
  /** Told before each part: `clean`, then the tasks. */
  readonly onBegin?: (part: string) => void;
  /** Told after each part. */
  readonly onEnd?: (part: string) => void;
}

/**
 * Damages a photo in every way asked for, restores it and compares. One damaged version is held at a time.
 *
 * @param limpid - the model; not disposed
 * @param name - the photo's name; with the seed it decides the damage
 * @param image - the clean photo, at least 11 x 11; reduced to 8-bit RGB first
 * @param options - tasks, seed, signal, progress
 * @throws {@link LimpidError} as `restore` does
 */
export async function evaluatePhoto(
  limpid: Limpid,
  name: string,
  image: PixelImage,
  options: EvaluatePhotoOptions,
): Promise<PhotoResult> {
  const { signal, onBegin, onEnd } = options;
  const photo = toRgb8(image);
  const run = async <T>(part: string, work: () => Promise<T>): Promise<T> => {
    throwIfAborted(signal);
    onBegin?.(part);
    const result = await work();
    onEnd?.(part);
    return result;
  };
  const clean = await run("clean", () => evaluateClean(limpid, photo, signal));
  const tasks: TaskResult[] = [];
  for (const task of options.tasks) {
    const seed = seedOf(options.seed, name, task.name);
    tasks.push(await run(task.name, () => evaluateTask(limpid, photo, task, seed, signal)));
  }
  return { photo: name, width: photo.width, height: photo.height, clean, tasks };
}

async function evaluateClean(limpid: Limpid, photo: PixelImage, signal: AbortSignal): Promise<CleanResult> {
  const { image, analysis, tiles } = await limpid.restore(photo, { signal });
  const { degradation: found, probability } = analysis.degradations[0]!;
  return { leftAlone: tiles === 0, found, probability, psnr: psnr(image, photo) };
}

async function evaluateTask(
  limpid: Limpid,
  photo: PixelImage,
  task: EvaluationTask,
  seed: number,
  signal: AbortSignal,
): Promise<TaskResult> {
  const damaged = task.damage(photo, seed);
  const score = (image: PixelImage): Score => ({ psnr: psnr(image, photo), ssim: ssim(image, photo) });
  const routed = await limpid.restore(damaged, { signal });
  const { analysis, mixture } = routed;
  const restoreWith = async (experts: readonly { id: string }[]): Promise<Score> =>
    score((await limpid.restore(damaged, { experts, analysis, signal })).image);
  const expert = limpid.experts.list().find(({ degradations }) => degradations.includes(task.degradation));
  const { degradation: found, probability } = analysis.degradations[0]!;
  return {
    task: task.name,
    degradation: task.degradation,
    found,
    probability,
    mixture,
    rows: {
      input: score(damaged),
      backbone: await restoreWith([]),
      expert: expert === undefined ? null : await restoreWith([{ id: expert.id }]),
      routed: score(routed.image),
    },
  };
}

/** The photo as the protocol has it: 8-bit RGB, alpha left out. */
function toRgb8(image: PixelImage): PixelImage {
  const { width, height, colorSpace, iccProfile, isGray } = image;
  const rect = { x: 0, y: 0, width, height };
  const size = { width, height, channels: 3, data: new Uint8Array(width * height * 3) } as const;
  const photo = new PixelImage(isGray ? size : { ...size, colorSpace, iccProfile });
  writeRgb(photo, rect, readRgb(image, rect));
  return photo;
}

/** A seed that is the same whichever other photos and tasks are evaluated, on any machine. */
function seedOf(seed: number, photo: string, task: string): number {
  // macOS decomposes accents in file names, the other systems keep them as they were written.
  const text = `${seed}/${photo.normalize("NFC")}/${task}`;
  return createHash("sha256").update(text).digest().readUIntBE(0, 6);
}

import { createHash } from "node:crypto";
import { LimpidError, throwIfAborted } from "../../../../src/sdk/base/index.js";
import type { BackendName } from "../../../../src/sdk/engine/index.js";
import { convertBitDepth, PixelImage } from "../../../../src/sdk/image/index.js";
import type { Limpid } from "../../../../src/sdk/limpid/index.js";
import type { AppliedExpert } from "../../../../src/sdk/restore/index.js";
import type { Analysis, DegradationProbability } from "../../../../src/sdk/router/index.js";
import { openLimpid, type EngineSettings } from "../../../cli/src/open-limpid.js";
import type { CallControl, Service } from "../../../cli/src/worker-thread.js";
import { measureScores, type MetricName, type Scores } from "./metrics.js";
import { middleOf, readPhoto } from "./photo.js";
import { writePicture } from "./picture-files.js";
import type { RowName } from "./rows.js";
import { chooseTasks } from "./tasks.js";

/** What holds for every job of a run. */
export interface MeasureSettings extends EngineSettings {
  /** How pictures are compared. */
  readonly metrics: readonly MetricName[];
  /** Bits per sample of what is restored and compared; 16 stands for results that are not rounded. */
  readonly depth: 8 | 16;
  /** Side of the square that is cut out of the middle of each photo; undefined for all of it. */
  readonly crop: number | undefined;
}

/** One task on one photo. */
export interface MeasureJob {
  /** The photo's name; with the seed and the task it decides the damage. */
  readonly photo: string;
  /** The clean photo. */
  readonly clean: string;
  /** The damaged one, of a data set of pairs; undefined if the task is to damage the clean one. */
  readonly damaged: string | undefined;
  /** The task's name; undefined for the photo as it is. */
  readonly task: string | undefined;
  /** What is wrong with the damaged photo. */
  readonly degradations: readonly string[];
  /** Seeds the damage. */
  readonly seed: number;
  readonly rows: readonly RowName[];
  /** Whether the router is asked even if no row needs it. */
  readonly analyze: boolean;
  /** Where the damaged and the clean photo are written, as PNG; undefined for nowhere. */
  readonly pair: { readonly damaged: string; readonly clean: string } | undefined;
  /** Where details of the pictures are written, by row and for the clean photo; undefined for nowhere. */
  readonly details: Readonly<Record<string, string>> | undefined;
}

/** One row of one task on one photo. */
export interface RowResult {
  /** The scores; null if the model lacks the expert. */
  readonly scores: Scores | null;
  /** The experts that ran. */
  readonly mixture: readonly AppliedExpert[];
}

/** Where the time went, in seconds. */
export interface MeasureSeconds {
  /** Reading and writing files. */
  readonly files: number;
  readonly damage: number;
  readonly router: number;
  /** The backbone, with merging. */
  readonly restore: number;
  readonly compare: number;
}

/** What came of one job. */
export interface Measurement {
  readonly width: number;
  readonly height: number;
  /** The backend that ran; undefined if none was needed. */
  readonly backend: BackendName | undefined;
  /** What the router says, the most probable first; undefined if it was not asked. */
  readonly analysis: readonly DegradationProbability[] | undefined;
  /** Whether the router found nothing, so that nothing was changed; undefined without the row `routed`. */
  readonly leftAlone: boolean | undefined;
  /** The rows that were asked for. */
  readonly rows: Readonly<Partial<Record<RowName, RowResult>>>;
  readonly seconds: MeasureSeconds;
  /** Restores that ran; rows that share a mixture share a restore. */
  readonly restores: number;
}

/** Side of the detail that a contact sheet shows, in pixels. */
export const detailSide = 192;

/** Damages, restores and compares. */
export class LocalMeasurer implements Service<MeasureJob, Measurement> {
  /** Never: what breaks this thread ends the program. */
  readonly isBroken = false;
  readonly #settings: MeasureSettings;
  readonly #note: (text: string) => void;
  #limpid: Limpid | undefined;
  /** The photo of the last job: the next is often another task on it. */
  #last: { readonly path: string; readonly image: PixelImage } | undefined;

  private constructor(settings: MeasureSettings, note: (text: string) => void) {
    this.#settings = settings;
    this.#note = note;
  }

  /**
   * Gets ready; Limpid starts with the first job that needs it.
   *
   * @param settings - what holds for every job
   * @param note - told in one line why a backend was passed over or replaced
   */
  static open(settings: MeasureSettings, note: (text: string) => void): Promise<LocalMeasurer> {
    return Promise.resolve(new LocalMeasurer(settings, note));
  }

  /**
   * Does one job.
   *
   * @param job - the job
   * @param control - signal
   * @throws {@link LimpidError} as reading and restoring do; `InvalidImage` if the two pictures of a pair differ in size
   */
  async run(job: MeasureJob, { signal }: CallControl): Promise<Measurement> {
    const { metrics, depth } = this.#settings;
    const clock = new Stopwatch();
    const { clean, damaged } = await this.#load(job, clock, signal);
    const pictures = new Map<string, PixelImage>();
    const rows: Partial<Record<RowName, RowResult>> = {};
    const compare = (image: PixelImage): Scores =>
      clock.time("compare", () => measureScores(image, clean, metrics));
    const add = (
      row: RowName,
      image: PixelImage,
      scores: Scores,
      mixture: readonly AppliedExpert[],
    ): void => {
      rows[row] = { scores, mixture };
      pictures.set(row, image);
    };
    if (job.rows.includes("input")) add("input", damaged, compare(damaged), []);
    const restoredRows = job.rows.filter((row) => row !== "input");
    let routing: Partial<Pick<Measurement, "backend" | "analysis" | "leftAlone">> = {};
    let restores = 0;
    if (job.analyze || restoredRows.length > 0) {
      const limpid = (this.#limpid ??= await openLimpid(this.#settings, this.#note, signal));
      throwIfAborted(signal);
      const run = new PhotoRun(
        limpid,
        depth === 8 ? damaged : convertBitDepth(damaged, 16),
        compare,
        clock,
        signal,
      );
      if (restoredRows.includes("routed")) {
        const { image, scores, mixture } = await run.routed();
        add("routed", image, scores, mixture);
      }
      for (const row of restoredRows.filter((name) => name !== "routed")) {
        const best = await run.best(mixturesOf(row, job.degradations, limpid));
        if (best === undefined) rows[row] = { scores: null, mixture: [] };
        else add(row, best.image, best.scores, best.mixture);
      }
      routing = {
        backend: limpid.backend,
        analysis: (await run.analysis()).degradations,
        leftAlone: run.leftAlone,
      };
      restores = run.restores;
    }
    await clock.timeAsync("files", () => writePictures(job, { clean, damaged, pictures }, signal));
    return {
      width: clean.width,
      height: clean.height,
      backend: routing.backend,
      analysis: routing.analysis,
      leftAlone: routing.leftAlone,
      rows,
      seconds: clock.seconds,
      restores,
    };
  }

  close(): void {
    this.#limpid?.dispose();
    this.#limpid = undefined;
  }

  async #load(
    job: MeasureJob,
    clock: Stopwatch,
    signal: AbortSignal,
  ): Promise<{ clean: PixelImage; damaged: PixelImage }> {
    const { crop: side } = this.#settings;
    const whole = await clock.timeAsync("files", () => this.#readPhoto(job.clean, signal));
    const clean = middleOf(whole, side);
    if (job.damaged !== undefined) {
      const { damaged: path } = job;
      const other = await clock.timeAsync("files", () => readPhoto(path, signal));
      if (other.width !== whole.width || other.height !== whole.height) {
        throw new LimpidError(
          "InvalidImage",
          `${path} is ${other.width} x ${other.height}, but ${job.clean} is ${whole.width} x ${whole.height}`,
          { details: { damaged: [other.width, other.height], clean: [whole.width, whole.height] } },
        );
      }
      return { clean, damaged: middleOf(other, side) };
    }
    if (job.task === undefined) return { clean, damaged: clean };
    const [task] = chooseTasks([job.task]);
    const seed = seedOf(job.seed, job.photo, job.task);
    return { clean, damaged: clock.time("damage", () => task!.damage(clean, seed)) };
  }

  async #readPhoto(path: string, signal: AbortSignal): Promise<PixelImage> {
    if (this.#last?.path !== path) this.#last = { path, image: await readPhoto(path, signal) };
    return this.#last.image;
  }
}

/** The restores of one damaged photo: one analysis for all of them, and no mixture runs twice. */
class PhotoRun {
  /** Restores that ran. */
  restores = 0;
  /** Whether the router found nothing; undefined until it was in charge. */
  leftAlone: boolean | undefined;
  readonly #limpid: Limpid;
  readonly #image: PixelImage;
  readonly #compare: (image: PixelImage) => Scores;
  readonly #clock: Stopwatch;
  readonly #signal: AbortSignal;
  readonly #done = new Map<string, RestoredPicture>();
  #analysis: Analysis | undefined;

  constructor(
    limpid: Limpid,
    image: PixelImage,
    compare: (image: PixelImage) => Scores,
    clock: Stopwatch,
    signal: AbortSignal,
  ) {
    this.#limpid = limpid;
    this.#image = image;
    this.#compare = compare;
    this.#clock = clock;
    this.#signal = signal;
  }

  async analysis(): Promise<Analysis> {
    return (this.#analysis ??= await this.#clock.timeAsync("router", () =>
      this.#limpid.analyze(this.#image, { signal: this.#signal }),
    ));
  }

  async routed(): Promise<RestoredPicture> {
    return this.#restore("auto");
  }

  /** The best of several mixtures by PSNR of the first metric; undefined if there are none. */
  async best(mixtures: readonly (readonly AppliedExpert[])[]): Promise<RestoredPicture | undefined> {
    let best: RestoredPicture | undefined;
    for (const mixture of mixtures) {
      const known = this.#done.get(JSON.stringify(mixture));
      const picture = known ?? (await this.#restore(mixture));
      if (best === undefined || firstPsnr(picture) > firstPsnr(best)) best = picture;
    }
    return best;
  }

  async #restore(experts: "auto" | readonly AppliedExpert[]): Promise<RestoredPicture> {
    const analysis = await this.analysis();
    const choices = experts === "auto" ? experts : experts.map(({ expert: id, weight }) => ({ id, weight }));
    const { image, mixture, tiles } = await this.#clock.timeAsync("restore", () =>
      this.#limpid.restore(this.#image, { experts: choices, analysis, signal: this.#signal }),
    );
    if (experts === "auto") this.leftAlone = tiles === 0;
    const picture = { image, mixture, scores: this.#compare(image) };
    if (tiles > 0) {
      this.restores++;
      this.#done.set(JSON.stringify(mixture), picture);
    }
    return picture;
  }
}

interface RestoredPicture {
  readonly image: PixelImage;
  readonly mixture: readonly AppliedExpert[];
  readonly scores: Scores;
}

function firstPsnr({ scores }: RestoredPicture): number {
  return Object.values(scores)[0]?.psnr ?? -Infinity;
}

/** The mixtures of which a row takes the best; none if the model lacks the experts. */
function mixturesOf(
  row: RowName,
  degradations: readonly string[],
  limpid: Limpid,
): readonly (readonly AppliedExpert[])[] {
  const installed = limpid.experts.list();
  const only = (expert: string): readonly AppliedExpert[] => [{ expert, weight: 1 }];
  const right = degradations.flatMap((degradation) => {
    const expert = installed.find((each) => each.degradations.includes(degradation));
    return expert === undefined ? [] : [expert.id];
  });
  switch (row) {
    case "backbone":
      return [[]];
    case "expert":
      return right.map(only);
    case "top-2":
      return right.length < 2 ? [] : [right.flatMap(only)];
    case "wrong":
      return installed
        .filter((each) => !each.degradations.some((name) => degradations.includes(name)))
        .map(({ id }) => only(id));
    case "input":
    case "routed":
      return [];
  }
}

/** Adds up where time goes. */
class Stopwatch {
  readonly #seconds = { files: 0, damage: 0, router: 0, restore: 0, compare: 0 };

  get seconds(): MeasureSeconds {
    return { ...this.#seconds };
  }

  time<T>(what: keyof MeasureSeconds, work: () => T): T {
    const started = performance.now();
    const result = work();
    this.#seconds[what] += (performance.now() - started) / 1000;
    return result;
  }

  async timeAsync<T>(what: keyof MeasureSeconds, work: () => Promise<T>): Promise<T> {
    const started = performance.now();
    const result = await work();
    this.#seconds[what] += (performance.now() - started) / 1000;
    return result;
  }
}

async function writePictures(
  { pair, details }: MeasureJob,
  made: { clean: PixelImage; damaged: PixelImage; pictures: ReadonlyMap<string, PixelImage> },
  signal: AbortSignal,
): Promise<void> {
  if (pair !== undefined) {
    await writePicture(pair.damaged, made.damaged, signal);
    await writePicture(pair.clean, made.clean, signal);
  }
  if (details === undefined) return;
  for (const [row, picture] of [...made.pictures, ["clean", made.clean] as const]) {
    const path = details[row];
    if (path !== undefined)
      await writePicture(path, convertBitDepth(middleOf(picture, detailSide), 8), signal);
  }
}

/** A seed that is the same whichever other photos and tasks are evaluated, on any machine. */
function seedOf(seed: number, photo: string, task: string): number {
  // macOS decomposes accents in file names, the other systems keep them as they were written.
  const text = `${seed}/${photo.normalize("NFC")}/${task}`;
  return createHash("sha256").update(text).digest().readUIntBE(0, 6);
}

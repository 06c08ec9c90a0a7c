import {
  type Analysis,
  type ExpertChoice,
  type HostProgressReporter,
  type Limpid,
  LimpidError,
  type PixelImage,
  type RestoreProgress,
  type RestoreResult,
} from "limpid";
import { CanvasHost, UndoHistory, type PageInterface } from "limpid/canvas";
import { mix } from "../../shared/pictures.js";
import { photoLimits, type Photo } from "./photo.js";

/** How the photo looks: one state of its history. */
export interface Look {
  /** What was asked for. */
  readonly experts: "auto" | readonly ExpertChoice[];
  /** How much of the repair is applied, 0 to 1. */
  readonly strength: number;
  /** The repair; undefined for the photo as it was opened. */
  readonly result: RestoreResult | undefined;
}

/** What the page shows of a photo. */
export interface DarkroomView extends PageInterface {
  /** Shows how the photo looks now. */
  readonly look: (look: Look) => void;
  /** Shows a tile that has just been repaired. */
  readonly tile: (progress: RestoreProgress) => void;
}

/** A history may hold so many bytes of pixels. */
const historyBytes = 768 * 2 ** 20;

/**
 * One photo and its history: a `CanvasHost` on image data, which keeps every bit, restored by an engine in a worker. Every
 * repair and every change of strength starts from the photo as it was opened, and is one step that can be undone.
 */
export class Darkroom {
  /** The photo as it was opened. */
  readonly photo: Photo;
  /** The steps. */
  readonly history: UndoHistory;
  readonly #view: DarkroomView;
  readonly #surface: ImageData;
  readonly #host: CanvasHost;
  #analysis: Analysis | undefined;
  #look: Look = { experts: "auto", strength: 1, result: undefined };
  #next: Look | undefined;
  #run: AbortController | undefined;

  /**
   * @param photo - what was opened
   * @param view - shows it
   */
  constructor(photo: Photo, view: DarkroomView) {
    this.photo = photo;
    this.#view = view;
    this.#surface = photo.image.toImageData();
    // A step holds the pixels before and after it, and its look the repair.
    const steps = Math.floor(historyBytes / (3 * this.#surface.data.byteLength));
    this.history = new UndoHistory(Math.min(30, Math.max(2, steps)));
    this.#host = new CanvasHost(this.#surface, {
      name: photo.name,
      limits: photoLimits,
      interface: view,
      history: { push: (step) => this.#push(step) },
    });
  }

  /** How it looks. */
  get look(): Look {
    return this.#look;
  }

  /** What the router says of the photo, once it was asked. */
  get analysis(): Analysis | undefined {
    return this.#analysis;
  }

  /** The photo as it looks now. */
  get image(): PixelImage {
    return this.#imageOf(this.#look);
  }

  /**
   * Asks the router what is wrong with the photo, and where.
   *
   * @returns the analysis, and how long it took in milliseconds
   */
  async analyze(limpid: Limpid): Promise<{ analysis: Analysis; milliseconds: number }> {
    return this.#working("Looking at the photo", async ({ signal }) => {
      const started = performance.now();
      const analysis = await limpid.analyze(this.photo.image, { windows: true, signal });
      this.#analysis = analysis;
      return { analysis, milliseconds: performance.now() - started };
    });
  }

  /**
   * Repairs the photo; a run that is under way is given up for it. Whatever fails leaves the photo as it looks.
   *
   * @param experts - those that are wanted, or `"auto"`; with none the photo looks as it was opened
   * @throws {@link LimpidError} `Aborted` if it was cancelled, or another run took its place; what a restore throws
   */
  async repair(limpid: Limpid, experts: Look["experts"]): Promise<void> {
    const { strength } = this.#look;
    await this.#working("Restoring", async ({ signal, report }) => {
      const capture = await this.#host.capture({ signal });
      const result =
        experts !== "auto" && experts.length === 0
          ? undefined
          : await limpid.restore(this.photo.image, {
              experts,
              ...(this.#analysis && { analysis: this.#analysis }),
              signal,
              onProgress: (progress) => {
                report({ fraction: progress.done / progress.total });
                this.#view.tile(progress);
              },
            });
      await this.#commit(capture, { experts, strength, result }, "Restore");
    });
  }

  /** Applies more or less of the repair, as one step. */
  async setStrength(strength: number): Promise<void> {
    if (strength === this.#look.strength) return;
    this.cancel();
    await this.#commit(await this.#host.capture(), { ...this.#look, strength }, "Strength");
  }

  /** Takes the last step back. */
  async undo(): Promise<void> {
    this.#show(this.#look);
    await this.history.undo();
  }

  /** Does it again. */
  async redo(): Promise<void> {
    this.#show(this.#look);
    await this.history.redo();
  }

  /** Gives up the run under way. */
  cancel(): void {
    this.#run?.abort(new LimpidError("Aborted", "another step took its place"));
    this.#run = undefined;
  }

  /** Gives up the run under way and forgets the history. */
  dispose(): void {
    this.cancel();
    this.#host.dispose();
    this.history.dispose();
  }

  /** One run at a time, with progress and a way to cancel. */
  async #working<T>(title: string, work: (progress: HostProgressReporter) => Promise<T>): Promise<T> {
    this.cancel();
    const run = new AbortController();
    this.#run = run;
    try {
      return await this.#host.withProgress({ title }, ({ signal, report }) =>
        work({ signal: AbortSignal.any([signal, run.signal]), report }),
      );
    } finally {
      if (this.#run === run) this.#run = undefined;
    }
  }

  async #commit(
    capture: Awaited<ReturnType<CanvasHost["capture"]>>,
    look: Look,
    label: string,
  ): Promise<void> {
    this.#next = look;
    await this.#host.commit(capture, this.#imageOf(look), { mode: "replace", label, onConflict: "refuse" });
  }

  /** A step that was done: its look comes and goes with its pixels. */
  #push({ label, undo, redo }: Parameters<UndoHistory["push"]>[0]): void {
    const before = this.#look;
    const after = this.#next ?? before;
    this.history.push({
      label,
      undo: async () => {
        await undo();
        this.#show(before);
      },
      redo: async () => {
        await redo();
        this.#show(after);
      },
    });
    this.#show(after);
  }

  /** Shows a look instead of whatever a run under way has shown of its own. */
  #show(look: Look): void {
    this.cancel();
    this.#look = look;
    this.#view.look(look);
  }

  #imageOf({ result, strength }: Look): PixelImage {
    const { image } = this.photo;
    return result === undefined ? image : mix(image, result.image, strength);
  }
}

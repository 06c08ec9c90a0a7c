import {
  crop,
  type Analysis,
  type AppliedExpert,
  type ExpertChoice,
  type Limpid,
  LimpidError,
  throwIfAborted,
  type PixelImage,
  type Rect,
  type RestoreProgress,
  type RestoreResult,
} from "limpid";
import { UndoHistory } from "limpid/canvas";
import { isWorthASpot, spotOf, withMargin } from "../../shared/spot.js";
import type { Mask } from "./mask.js";
import type { Photo } from "./photo.js";

/** How the photo looks: one state of its history. */
export interface Look {
  /** What was asked for. */
  readonly experts: "auto" | readonly ExpertChoice[];
  /** How much of the repair is applied, 0 to 1. */
  readonly strength: number;
  /** Where it is applied; everywhere if nothing was painted. */
  readonly mask: Mask;
  /** The whole repair; undefined for the photo as it was opened. */
  readonly result: RestoreResult | undefined;
}

/** A look whose whole repair may be a file. */
export type KeptLook = Omit<Look, "result"> & { readonly result: RestoreResult | StoredResult | undefined };

/** A whole repair whose pixels are a PNG file, which takes a fraction of the memory. */
export interface StoredResult extends Omit<RestoreResult, "image"> {
  readonly file: Blob;
}

/** A step from one look to the next. */
export interface LookStep {
  readonly label: string;
  readonly before: KeptLook;
  readonly after: KeptLook;
}

/** A photo's steps. The last one of each list is the next to be undone, or done again. */
export interface LookSteps {
  readonly done: readonly LookStep[];
  readonly undone: readonly LookStep[];
}

/** How a photo looked when it was left, what the router said of it, and its steps. */
export interface KeptPhoto extends LookSteps {
  readonly analysis: Analysis;
  readonly look: Look;
}

/** What happens while a photo is repaired. */
export interface RepairEvents {
  /** What people look at, in pixels of the photo; asked when the run begins. */
  readonly visible: () => Rect;
  /** The part that is repaired at once begins, or, with undefined, the whole photo. */
  readonly begin: (part: Rect | undefined) => void;
  /** The part is repaired, by these experts. */
  readonly preview: (part: Rect, pixels: PixelImage, mixture: readonly AppliedExpert[]) => void;
  /** What was begun is so far; with tiles only of the whole. */
  readonly progress: (progress: RestoreProgress) => void;
}

/** A history may hold so many bytes of pixels. */
const historyBytes = 768 * 2 ** 20;

/** A photo as it was opened. */
export const opened: Look = { experts: "auto", strength: 1, mask: [], result: undefined };

/** What a darkroom needs. */
export interface DarkroomOptions {
  /** Told how the photo looks, whenever that changes. */
  readonly onLook: (look: Look) => void;
  /** Reads a look that was kept. */
  readonly read: (photo: Photo, look: KeptLook) => Promise<Look>;
}

/** One photo and its history. Every repair and every change of strength starts from the photo as it was opened. */
export class Darkroom {
  /** The photo as it was opened. */
  readonly photo: Photo;
  /** The steps. */
  readonly history: UndoHistory;
  readonly #options: DarkroomOptions;
  readonly #limit: number;
  #done: LookStep[] = [];
  #undone: LookStep[] = [];
  /** Whether its steps are being put back, or it was left. */
  #isQuiet = false;
  #analysis: Analysis | undefined;
  #look = opened;
  #run: AbortController | undefined;

  /**
   * @param photo - what was opened
   * @param options - who is told how it looks, and reads what was kept
   */
  constructor(photo: Photo, options: DarkroomOptions) {
    this.photo = photo;
    this.#options = options;
    const steps = Math.floor(historyBytes / photo.image.data.byteLength);
    this.#limit = Math.min(30, Math.max(2, steps));
    this.history = new UndoHistory(this.#limit);
  }

  /** Goes on where the photo was left. */
  async resume({ analysis, look, done, undone }: KeptPhoto): Promise<void> {
    this.#analysis = analysis;
    this.#look = look;
    this.#isQuiet = true;
    for (const step of [...done, ...[...undone].reverse()]) this.#push(step);
    for (let step = 0; step < undone.length; step++) await this.history.undo();
    this.#isQuiet = false;
  }

  /** Its steps. */
  get steps(): LookSteps {
    return { done: [...this.#done], undone: [...this.#undone] };
  }

  /** How it looks. */
  get look(): Look {
    return this.#look;
  }

  /** Whether it looks otherwise than it was opened. */
  get isChanged(): boolean {
    const { result, strength } = this.#look;
    return result !== undefined && result.tiles > 0 && strength > 0;
  }

  /** Whether a repair is done, or somebody wants none: otherwise the photo still waits for the router's. */
  get isDecided(): boolean {
    const { result, experts } = this.#look;
    return result !== undefined || experts !== "auto" || this.history.redoLabel !== undefined;
  }

  /** What the router says of the photo, once it was asked. */
  get analysis(): Analysis | undefined {
    return this.#analysis;
  }

  /**
   * Asks the router what is wrong with the photo, and where.
   *
   * @param onProgress - told the share that is done, 0 to 1
   * @returns the analysis, and how long it took in milliseconds
   */
  async analyze(
    limpid: Limpid,
    onProgress: (fraction: number) => void,
  ): Promise<{ analysis: Analysis; milliseconds: number }> {
    return this.#running(async (signal) => {
      const started = performance.now();
      const analysis = await limpid.analyze(this.photo.image, {
        windows: true,
        signal,
        onProgress: ({ fraction }) => onProgress(fraction),
      });
      this.#analysis = analysis;
      return { analysis, milliseconds: performance.now() - started };
    });
  }

  /**
   * Repairs the photo, what is looked at first; a run that is under way is given up for it. Whatever fails leaves the photo
   * as it looks.
   *
   * @param experts - those that are wanted, or `"auto"`; with none the photo looks as it was opened
   * @throws {@link LimpidError} `Aborted` if it was cancelled, or another run took its place; what a restore throws
   */
  async repair(limpid: Limpid, experts: Look["experts"], events: RepairEvents): Promise<void> {
    const { strength, mask } = this.#look;
    const isNone = experts !== "auto" && experts.length === 0;
    const result = isNone
      ? undefined
      : await this.#running((signal) => this.#restore(limpid, experts, events, signal));
    if (isNone) this.cancel();
    this.#take({ experts, strength, mask, result }, "Restore");
  }

  async #restore(
    limpid: Limpid,
    experts: Look["experts"],
    events: RepairEvents,
    signal: AbortSignal,
  ): Promise<RestoreResult> {
    const { image } = this.photo;
    const analysis = this.#analysis;
    const options = { experts, signal, ...(analysis && { analysis }) };
    const visible = spotOf(events.visible());
    const isFound = experts !== "auto" || (analysis?.present.length ?? 0) > 0;
    const startAt = { x: visible.x + visible.width / 2, y: visible.y + visible.height / 2 };
    if (isFound && isWorthASpot(visible, image)) {
      events.begin(visible);
      const { part, own } = withMargin(visible, image);
      const preview = await limpid.restore(crop(image, part), {
        ...options,
        onProgress: ({ fraction, done, total }) => events.progress({ fraction, done, total }),
      });
      events.preview(visible, crop(preview.image, own), preview.mixture);
    }
    events.begin(undefined);
    return limpid.restore(image, { ...options, startAt, onProgress: events.progress });
  }

  /** Applies more or less of the repair, as one step. */
  setStrength(strength: number): void {
    if (strength === this.#look.strength) return;
    this.cancel();
    this.#take({ ...this.#look, strength }, "Strength");
  }

  /** Applies the repair elsewhere, as one step. */
  setMask(mask: Mask): void {
    this.cancel();
    this.#take({ ...this.#look, mask }, "Brush");
  }

  /** Gives up the run under way. */
  cancel(reason: Error = new LimpidError("Aborted", "another step took its place")): void {
    this.#run?.abort(reason);
    this.#run = undefined;
  }

  /** Gives up the run under way because somebody wants that. */
  stop(): void {
    this.cancel(new Error("cancelled by the user"));
  }

  /** Gives up the run under way and forgets the history. */
  dispose(): void {
    this.#isQuiet = true;
    this.cancel();
    this.history.dispose();
  }

  /** One run at a time. */
  async #running<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.cancel();
    const run = new AbortController();
    this.#run = run;
    try {
      const done = await work(run.signal);
      // What is done faster than the word to stop it is given up all the same.
      throwIfAborted(run.signal);
      return done;
    } finally {
      if (this.#run === run) this.#run = undefined;
    }
  }

  /** Looks otherwise from now on. */
  #take(after: Look, label: string): void {
    this.#record(this.#look, after, label);
    this.#show(after);
  }

  /** A step, if anything is seen of it. */
  #record(before: Look, after: Look, label: string): void {
    if (changes(before, after)) this.#push({ label, before, after });
  }

  #push(step: LookStep): void {
    this.#undone = [];
    this.#done = [...this.#done, step].slice(-this.#limit);
    this.history.push({
      label: step.label,
      undo: () => this.#go(this.#done, this.#undone, step.before),
      redo: () => this.#go(this.#undone, this.#done, step.after),
    });
  }

  /** Takes a step from one list to the other, and shows the look that it leads to. */
  async #go(from: LookStep[], to: LookStep[], look: KeptLook): Promise<void> {
    const step = from.pop()!;
    if (!this.#isQuiet) {
      const read = await this.#options.read(this.photo, look);
      // Another photo may have been opened meanwhile.
      if (!this.#isQuiet) this.#show(read);
    }
    to.push(step);
  }

  #show(look: Look): void {
    this.cancel();
    this.#look = look;
    this.#options.onLook(look);
  }
}

/** Whether two looks differ for whoever looks at the photo or at what is switched on. */
function changes(before: Look, after: Look): boolean {
  const tiles = ({ result }: Look): number => result?.tiles ?? 0;
  if (tiles(before) === 0 && tiles(after) === 0) return false;
  return (
    before.strength !== after.strength ||
    before.mask !== after.mask ||
    tiles(before) !== tiles(after) ||
    JSON.stringify(before.result?.mixture) !== JSON.stringify(after.result?.mixture)
  );
}

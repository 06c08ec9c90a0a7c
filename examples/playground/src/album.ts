import { LimpidError, PixelImage, type Analysis, type Limpid, type RestoreResult } from "limpid";
import { copySamples } from "./copy-samples.js";
import type { Darkroom, KeptLook, Look } from "./darkroom.js";
import { describeError } from "./describe-error.js";
import { openPhoto, type Photo } from "./photo.js";
import type { PhotoService } from "./photo-service.js";
import { restoredName, type SaveFormat } from "./save-format.js";

/** How long nothing goes on until the photos that wait are restored, in milliseconds. */
const settleTime = 50;

/** How far one of several photos is. */
export type EntryState = "waiting" | "working" | "done" | "failed";

/** One of several photos. While another one is open its pixels are kept as files, which take a fraction of the memory. */
export interface Entry {
  readonly file: File;
  state: EntryState;
  /** What people read of it. */
  note: string;
  /** How it looked when it was left, or was restored; undefined if neither has been. */
  kept: Promise<StoredLook> | undefined;
}

/** A look whose whole repair is a PNG file. */
export interface StoredLook extends Omit<Look, "result"> {
  readonly analysis: Analysis;
  /** Undefined if somebody wants no repair. */
  readonly result: Omit<RestoreResult, "image"> | undefined;
  /** Undefined if nothing was repaired. */
  readonly repaired: Blob | undefined;
}

/** A file to hand out. */
export interface NamedFile {
  readonly name: string;
  readonly file: Blob;
}

/** What an album needs. */
export interface AlbumOptions {
  readonly photos: PhotoService;
  readonly engine: () => Promise<Limpid>;
  /** Told of every change. */
  readonly onChange: () => void;
}

/**
 * Several photos. Those that are not open are restored one after the other, as the router would, whenever nothing else is
 * going on: whoever works at one photo does not wait for the others.
 */
export class Album {
  readonly #options: AlbumOptions;
  #entries: Entry[] = [];
  #open: Entry | undefined;
  #isBusy = false;
  #run: AbortController | undefined;

  /** @param options - files, engine, listener */
  constructor(options: AlbumOptions) {
    this.#options = options;
  }

  /** The photos, in the order in which they came. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** The one that is open. */
  get open(): Entry | undefined {
    return this.#open;
  }

  /** Takes photos in behind those that are there; returns the first of them. */
  add(files: readonly File[]): Entry {
    const added = files.map(newEntry);
    this.#entries = [...this.#entries, ...added];
    this.#options.onChange();
    return added[0]!;
  }

  /** Another photo is looked at; one that is new here takes the place of what was there. */
  choose(entry: Entry): void {
    if (!this.#entries.includes(entry)) this.#entries = [entry];
    this.#open = entry;
    this.#options.onChange();
  }

  /** Says whether somebody works at the photo that is open: the others wait. */
  setBusy(isBusy: boolean): void {
    this.#isBusy = isBusy;
    if (isBusy) this.#run?.abort();
    // What somebody asked for has several steps, one right after the other.
    else setTimeout(() => void this.#next(), settleTime);
  }

  /** Says how the photo that is open looks. */
  note({ look, isDecided }: Darkroom): void {
    if (this.#open === undefined || !isDecided) return;
    this.#change(this.#open, { state: "done", note: noteOf(look.result) });
  }

  /** Says that a photo could not be opened. */
  fail(entry: Entry, error: unknown): void {
    this.#change(entry, { state: "failed", note: describeError(error) });
  }

  /** Keeps how the photo that is open looks, before another one is opened or all are saved. */
  leave({ analysis, look, isDecided }: Darkroom): void {
    const entry = this.#open;
    const { result, ...rest } = look;
    if (entry === undefined || analysis === undefined || !isDecided) return;
    entry.kept = this.#keep(analysis, rest, result);
    // Whoever comes back to it waits for it; until then it may fail without anybody.
    entry.kept.catch(() => (entry.kept = undefined));
  }

  /** How a photo looked when it was left; undefined if it has to be restored. */
  async recall({ kept }: Entry, photo: Photo): Promise<KeptLook | undefined> {
    const stored = await kept?.catch(() => undefined);
    if (stored === undefined) return undefined;
    const { analysis, result, repaired, ...look } = stored;
    if (result === undefined) return { analysis, look: { ...look, result } };
    const image = repaired === undefined ? photo.image : await this.#pixels(repaired);
    return { analysis, look: { ...look, result: { ...result, image } } };
  }

  /**
   * A photo as a file to save: as it was if nothing was repaired.
   *
   * @returns undefined if it has not been restored
   */
  async save({ file, kept }: Entry, format: SaveFormat, quality: number): Promise<NamedFile | undefined> {
    if (kept === undefined) return undefined;
    const { repaired, strength, mask } = await kept;
    if (repaired === undefined || strength === 0) return { name: file.name, file };
    const { photos } = this.#options;
    const before = await this.#pixels(file);
    const after = await this.#pixels(repaired);
    const saved = await photos.save({
      ...{ kind: "save", before, after, strength, mask, format, quality, source: file },
    });
    return { name: restoredName(file.name, format), file: saved.file };
  }

  async #next(): Promise<void> {
    if (this.#isBusy || this.#run !== undefined) return;
    const entry = this.#entries.find((other) => other.state === "waiting" && other !== this.#open);
    if (entry === undefined) return;
    const run = new AbortController();
    this.#run = run;
    this.#change(entry, { state: "working", note: "restoring…" });
    try {
      const kept = await this.#restore(entry.file, run.signal);
      this.#change(entry, { state: "done", note: noteOf(kept.result), kept: Promise.resolve(kept) });
    } catch (error) {
      const isGivenUp = run.signal.aborted || LimpidError.is(error, "Disposed");
      this.#change(
        entry,
        isGivenUp ? { state: "waiting", note: "waiting" } : { state: "failed", note: describeError(error) },
      );
    } finally {
      this.#run = undefined;
    }
    void this.#next();
  }

  async #restore(file: File, signal: AbortSignal): Promise<StoredLook> {
    const { photos, engine } = this.#options;
    const photo: Photo = await openPhoto(file, photos);
    photo.picture.close();
    const limpid = await engine();
    const analysis = await limpid.analyze(photo.image, { windows: true, signal });
    const result = await limpid.restore(photo.image, { analysis, signal });
    return this.#keep(analysis, { experts: "auto", strength: 1, mask: [] }, result);
  }

  async #keep(
    analysis: Analysis,
    look: Omit<Look, "result">,
    repair: RestoreResult | undefined,
  ): Promise<StoredLook> {
    if (repair === undefined) return { ...look, analysis, result: undefined, repaired: undefined };
    const { image, ...result } = repair;
    if (result.tiles === 0) return { ...look, analysis, result, repaired: undefined };
    const before = await copySamples(image);
    const { file } = await this.#options.photos.save({
      ...{ kind: "save", before, after: undefined, strength: 1, mask: [], format: "png", quality: 1 },
      source: undefined,
    });
    return { ...look, analysis, result, repaired: file };
  }

  async #pixels(file: Blob): Promise<PixelImage> {
    const { image, bitmap, reduced } = await this.#options.photos.open(new File([file], "photo"));
    bitmap.close();
    reduced?.close();
    return new PixelImage(image);
  }

  #change(entry: Entry, change: Partial<Entry>): void {
    Object.assign(entry, change);
    this.#options.onChange();
  }
}

/** A photo that is not in an album yet. */
export function newEntry(file: File): Entry {
  return { file, state: "waiting", note: "waiting", kept: undefined };
}

function noteOf(result: Pick<RestoreResult, "tiles"> | undefined): string {
  if (result === undefined) return "as opened";
  return result.tiles === 0 ? "nothing found" : "restored";
}

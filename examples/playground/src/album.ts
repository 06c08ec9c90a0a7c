import { LimpidError, PixelImage, type Analysis, type Limpid, type RestoreResult } from "limpid";
import { copySamples } from "./copy-samples.js";
import {
  opened,
  type Darkroom,
  type KeptLook,
  type KeptPhoto,
  type Look,
  type LookStep,
  type LookSteps,
  type StoredResult,
} from "./darkroom.js";
import { describeError } from "./describe-error.js";
import { openPhoto, type Photo } from "./photo.js";
import type { PhotoService } from "./photo-service.js";
import { restoredName, type SaveFormat } from "./save-format.js";

/** How long nothing goes on until the photos that wait are restored, in milliseconds. */
const settleTime = 50;

/** Default of {@link AlbumOptions.stepBytes}. */
const defaultStepBytes = 512 * 2 ** 20;

/** How far one of several photos is. */
export type EntryState = "waiting" | "working" | "done" | "failed";

/** One of several photos. While another one is open its pixels are kept as files, which take a fraction of the memory. */
export interface Entry {
  readonly file: File;
  state: EntryState;
  /** What people read of it. */
  note: string;
  /** How it looked when it was left, or was restored; undefined if neither has been. */
  kept: Promise<StoredPhoto> | undefined;
}

/** How a photo looked when it was left, and its steps; whole repairs are files. */
interface StoredPhoto {
  readonly analysis: Analysis;
  readonly look: KeptLook;
  done: readonly LookStep[];
  undone: readonly LookStep[];
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
  /** Bytes that files of looks that photos can be taken back to may take; 512 MiB if left out. */
  readonly stepBytes?: number;
}

/**
 * Several photos. Those that are not open are restored one after the other, as the router would, whenever nothing else is
 * going on: whoever works at one photo does not wait for the others.
 */
export class Album {
  readonly #options: AlbumOptions;
  #entries: Entry[] = [];
  #open: Entry | undefined;
  /** Those that were looked at, the one that was left last at the end. */
  #left: readonly Entry[] = [];
  #isBusy = false;
  #run: AbortController | undefined;
  /** The files of repairs that were kept, and the repairs of files that were read and are still in use. */
  readonly #files = new WeakMap<RestoreResult, Promise<StoredResult>>();
  readonly #read = new WeakMap<StoredResult, WeakRef<RestoreResult>>();

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
    if (!this.#entries.includes(entry)) {
      this.#entries = [entry];
      this.#left = [];
    }
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
  leave({ analysis, look, isDecided, steps }: Darkroom): void {
    const entry = this.#open;
    if (entry === undefined || analysis === undefined || !isDecided) return;
    // The one that was left last is the last to lose steps.
    this.#left = [...this.#left.filter((other) => other !== entry), entry];
    const kept = this.#keep(analysis, look, steps);
    entry.kept = kept;
    // Whoever comes back to it waits for it; until then it may fail without anybody.
    kept.then(
      () => this.#boundSteps(),
      () => (entry.kept = undefined),
    );
  }

  /** How a photo looked when it was left, and its steps; undefined if it has to be restored. */
  async recall({ kept }: Entry, photo: Photo): Promise<KeptPhoto | undefined> {
    const stored = await kept?.catch(() => undefined);
    return stored && { ...stored, look: await this.read(photo, stored.look) };
  }

  /** Reads a look that was kept: its repair, unless it is in memory. */
  async read(photo: Photo, { result: kept, ...look }: KeptLook): Promise<Look> {
    if (kept === undefined || "image" in kept) return { ...look, result: kept };
    const { file, ...result } = kept;
    const inUse = this.#read.get(kept)?.deref();
    if (inUse !== undefined) return { ...look, result: inUse };
    const image = result.tiles === 0 ? photo.image : await this.#pixels(file);
    const read: RestoreResult = { ...result, image };
    this.#read.set(kept, new WeakRef(read));
    this.#files.set(read, Promise.resolve(kept));
    return { ...look, result: read };
  }

  /**
   * A photo as a file to save: as it was if nothing was repaired.
   *
   * @returns undefined if it has not been restored
   */
  async save({ file, kept }: Entry, format: SaveFormat, quality: number): Promise<NamedFile | undefined> {
    if (kept === undefined) return undefined;
    const { result, strength, mask } = (await kept).look;
    if (result === undefined || result.tiles === 0 || strength === 0) return { name: file.name, file };
    const { photos } = this.#options;
    const before = await this.#pixels(file);
    const after = "file" in result ? await this.#pixels(result.file) : result.image;
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
      this.#change(entry, { state: "done", note: noteOf(kept.look.result), kept: Promise.resolve(kept) });
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

  async #restore(file: File, signal: AbortSignal): Promise<StoredPhoto> {
    const { photos, engine } = this.#options;
    const photo: Photo = await openPhoto(file, photos);
    photo.picture.close();
    const limpid = await engine();
    const analysis = await limpid.analyze(photo.image, { windows: true, signal });
    const result = await limpid.restore(photo.image, { analysis, signal });
    const look = { ...opened, result };
    const done = result.tiles === 0 ? [] : [{ label: "Restore", before: opened, after: look }];
    return this.#keep(analysis, look, { done, undone: [] });
  }

  async #keep(analysis: Analysis, look: KeptLook, { done, undone }: LookSteps): Promise<StoredPhoto> {
    const keepLook = async ({ result, ...rest }: KeptLook): Promise<KeptLook> => ({
      ...rest,
      result: result && "image" in result ? await this.#store(result) : result,
    });
    const keepStep = async ({ label, before, after }: LookStep): Promise<LookStep> => ({
      label,
      before: await keepLook(before),
      after: await keepLook(after),
    });
    const kept = await keepLook(look);
    return {
      ...{ analysis, look: kept },
      done: await Promise.all(done.map(keepStep)),
      undone: await Promise.all(undone.map(keepStep)),
    };
  }

  /** A repair as a file; the same one for the same repair. */
  #store(repair: RestoreResult): Promise<StoredResult> {
    const known = this.#files.get(repair);
    if (known !== undefined) return known;
    const stored = this.#encode(repair);
    this.#files.set(repair, stored);
    // It may be tried again.
    stored.then(
      (kept) => this.#read.set(kept, new WeakRef(repair)),
      () => this.#files.delete(repair),
    );
    return stored;
  }

  async #encode({ image, ...result }: RestoreResult): Promise<StoredResult> {
    if (result.tiles === 0) return { ...result, file: new Blob() };
    const before = await copySamples(image);
    const { file } = await this.#options.photos.save({
      ...{ kind: "save", before, after: undefined, strength: 1, mask: [], format: "png", quality: 1 },
      source: undefined,
    });
    return { ...result, file };
  }

  /** Forgets the oldest steps of the photos that were left the longest ago, until the files of the rest are few enough. */
  async #boundSteps(): Promise<void> {
    const left: (StoredPhoto | undefined)[] = [];
    for (const { kept } of this.#left) left.push(await kept?.catch(() => undefined));
    let excess = -(this.#options.stepBytes ?? defaultStepBytes);
    const photos = left.filter((photo) => photo !== undefined);
    for (const photo of photos) excess += stepSize(photo);
    for (const photo of photos) {
      while (excess > 0 && photo.done.length + photo.undone.length > 0) {
        const before = stepSize(photo);
        if (photo.done.length > 0) photo.done = photo.done.slice(1);
        else photo.undone = photo.undone.slice(1);
        excess -= before - stepSize(photo);
      }
    }
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

/** Bytes of the files that only the steps of a photo need. */
function stepSize({ look, done, undone }: StoredPhoto): number {
  const results = new Set([...done, ...undone].flatMap(({ before, after }) => [before.result, after.result]));
  results.delete(look.result);
  let size = 0;
  for (const result of results) if (result !== undefined && "file" in result) size += result.file.size;
  return size;
}

function noteOf(result: Pick<RestoreResult, "tiles"> | undefined): string {
  if (result === undefined) return "as opened";
  return result.tiles === 0 ? "nothing found" : "restored";
}

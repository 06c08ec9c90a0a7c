import fs from "node:fs/promises";
import {
  type AppliedExpert,
  type BackendName,
  type DegradationProbability,
  type ExpertChoice,
  type Limpid,
  LimpidError,
  type PixelImage,
  type RestoreResult,
} from "limpid";
import { writeFileAtomically } from "limpid/node";
import { readImageFile, withoutLocation, writeImageFile, type ImageMetadata } from "./files/index.js";
import { withRecord } from "./files/xmp.js";
import { luminanceOf } from "./luminance.js";
import { openLimpid, type EngineSettings } from "./open-limpid.js";
import type { RestoreTask } from "./plan-outputs.js";
import { readRegularFile } from "./read-regular-file.js";
import type { RestoreRecord } from "./restore-record.js";

/** What the command line says of how images are restored. */
export interface RestoreSettings extends EngineSettings {
  /** The experts, or `"auto"` for those that the router chooses. */
  readonly experts: "auto" | readonly ExpertChoice[];
  /** How much of the repair is applied, 0 to 1. */
  readonly strength: number | undefined;
  /** The file of a mask. */
  readonly mask: string | undefined;
  /** Side of a tile in pixels; undefined for the backend's own. */
  readonly tileSize: number | undefined;
  /** What results say of their photos besides the pixels: all that the photo's file says, all but the place, or nothing. */
  readonly keep: "everything" | "all-but-location" | "nothing";
  /** Most pixels that a photo may have. */
  readonly maximumPixels: number;
}

/** An image file that was restored. */
export interface RestoredFile {
  /** The file that was read. */
  readonly input: string;
  /** The file that was written; undefined if the photo was left alone and nothing was to be written for it. */
  readonly output: string | undefined;
  /** Whether the router found nothing, so that the photo was left as it is. */
  readonly isUntouched: boolean;
  /** What may be wrong besides, though the router is not sure enough to act, and the expert that would. */
  readonly perhaps: readonly (DegradationProbability & { readonly expert: string })[];
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** The backend that ran. */
  readonly backend: BackendName;
  /** What the router said, the most probable first. */
  readonly analysis: readonly DegradationProbability[];
  /** The experts that ran. */
  readonly mixture: readonly AppliedExpert[];
  /** Tiles that ran; 0 if the image was left as it is. */
  readonly tiles: number;
  /** Side of their kept parts in pixels, at most. */
  readonly tileSize: number;
  /** From opening the input to the output being in place. */
  readonly milliseconds: number;
  /** What was changed or left out in reading and writing, for a person. */
  readonly notes: readonly string[];
}

/** The files of one restore. */
export interface RestoreFiles extends Pick<RestoreTask, "input" | "output" | "untouched"> {
  /** What the result is to say of how it came about. */
  readonly record: RestoreRecord;
  /** Whether a file of another making may be replaced by a copy of the photo. */
  readonly overwrite: boolean;
}

/** Less probable than this, a fault is not worth trying. */
const worthTrying = 0.25;

/** What one restore is told besides its files. */
export interface RestoreCall {
  /** Gives up when it fires. */
  readonly signal: AbortSignal;
  /** Told after each tile. */
  readonly onProgress: (done: number, total: number) => void;
}

/** Restores one file after the other; in this thread or in another. */
export interface Restorer {
  /** Whether it has broken down and can only be closed. */
  readonly isBroken: boolean;

  /**
   * Restores a file.
   *
   * @param files - the photo, where its result goes, and what to write if it is left alone; folders are there
   * @param call - signal and progress
   * @throws {@link LimpidError} as reading, restoring and writing do
   */
  restore(files: RestoreFiles, call: RestoreCall): Promise<RestoredFile>;

  /** Frees everything. */
  close(): Promise<void>;
}

/** Restores files in this thread. */
export class FileRestorer implements Restorer {
  /** Never: what breaks this thread ends the program. */
  readonly isBroken = false;
  readonly #limpid: Limpid;
  readonly #settings: RestoreSettings;
  readonly #mask: PixelImage | undefined;

  private constructor(limpid: Limpid, settings: RestoreSettings, mask: PixelImage | undefined) {
    this.#limpid = limpid;
    this.#settings = settings;
    this.#mask = mask;
  }

  /**
   * Reads the mask and starts Limpid.
   *
   * @param settings - what the command line says
   * @param note - told in one line why a backend was passed over or replaced
   * @param signal - gives up when it fires
   * @throws {@link LimpidError} as `createLimpid` and `readImageFile` do
   */
  static async open(
    settings: RestoreSettings,
    note: (text: string) => void,
    signal: AbortSignal,
  ): Promise<FileRestorer> {
    const { mask: maskFile, maximumPixels } = settings;
    const mask =
      maskFile === undefined ? undefined : await readImageFile(maskFile, { signal, maximumPixels });
    const limpid = await openLimpid(settings, note, signal);
    return new FileRestorer(limpid, settings, mask && luminanceOf(mask.image));
  }

  async restore(files: RestoreFiles, { signal, onProgress }: RestoreCall): Promise<RestoredFile> {
    const { input } = files;
    const { experts, strength, tileSize, maximumPixels } = this.#settings;
    const mask = this.#mask;
    const started = performance.now();
    const file = await readImageFile(input, { signal, maximumPixels });
    const result = await this.#limpid.restore(file.image, {
      experts,
      signal,
      onProgress: ({ done, total }) => onProgress(done, total),
      ...(strength !== undefined && { strength }),
      ...(mask !== undefined && { mask }),
      ...(tileSize !== undefined && { tileSize }),
    });
    const isUntouched = experts === "auto" && strength !== 0 && result.tiles === 0;
    const notes = [...file.notes];
    const output = isUntouched ? this.#outputOfUntouched(files) : files.output;
    if (output === files.output) {
      const metadata = this.#metadataOf(file.metadata, files.record);
      const written = await writeImageFile(output, result.image, { inputs: [input], metadata, signal });
      notes.push(...written.notes);
    } else {
      if (output !== undefined) await copyPhoto(files, output, signal);
      if (await exists(files.output)) notes.push(`${files.output} is of an earlier run`);
    }
    return {
      input,
      output,
      isUntouched,
      perhaps: this.#perhaps(result),
      width: result.image.width,
      height: result.image.height,
      backend: result.backend,
      analysis: result.analysis.degradations,
      mixture: result.mixture,
      tiles: result.tiles,
      tileSize: result.tileSize,
      milliseconds: performance.now() - started,
      notes,
    };
  }

  /** A copy would say what the result is not to say, so then the photo is written like a result. */
  #outputOfUntouched({ untouched, output }: RestoreFiles): string | undefined {
    return untouched === undefined || this.#settings.keep === "everything" ? untouched : output;
  }

  #metadataOf(metadata: ImageMetadata, record: RestoreRecord): ImageMetadata {
    const { keep } = this.#settings;
    const kept = keep === "everything" ? metadata : keep === "nothing" ? {} : withoutLocation(metadata);
    return { ...kept, density: metadata.density, xmp: withRecord(kept.xmp, JSON.stringify(record)) };
  }

  /** The faults that no expert of this run is for, though one could be. */
  #perhaps({ analysis, mixture }: RestoreResult): RestoredFile["perhaps"] {
    const experts = this.#limpid.experts.list();
    const covered = new Set(
      mixture.flatMap(({ expert }) => experts.find(({ id }) => id === expert)?.degradations ?? []),
    );
    return analysis.degradations.flatMap(({ degradation, probability }) => {
      const expert = experts.find(({ degradations }) => degradations.includes(degradation))?.id;
      if (probability < worthTrying || covered.has(degradation) || expert === undefined) return [];
      return [{ degradation, probability, expert }];
    });
  }

  close(): Promise<void> {
    this.#limpid.dispose();
    return Promise.resolve();
  }
}

/** Copies a photo as it is. */
async function copyPhoto(
  { input, overwrite }: RestoreFiles,
  output: string,
  signal: AbortSignal,
): Promise<void> {
  const photo = await readRegularFile(input);
  if (await exists(output)) {
    const there = await readRegularFile(output).catch(() => undefined);
    if (there?.equals(photo) === true) return;
    if (!overwrite) {
      throw new LimpidError(
        "OutputExists",
        `${input}: nothing was found in it, and its copy would replace ${output}, another file; --force replaces it`,
        { details: { input, output } },
      );
    }
  }
  await writeFileAtomically(output, photo, signal);
}

async function exists(path: string): Promise<boolean> {
  return fs.lstat(path).then(
    () => true,
    () => false,
  );
}

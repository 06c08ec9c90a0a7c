import fs from "node:fs/promises";
import {
  type AppliedExpert,
  type BackendName,
  type DegradationProbability,
  type ExpertChoice,
  type Limpid,
  type PixelImage,
  type RestoreResult,
} from "limpid";
import { writeFileAtomically } from "limpid/node";
import { drawBeforeAfter } from "./before-after.js";
import { formatOfBytes } from "./files/image-format.js";
import {
  OutputError,
  readImageFile,
  withoutLocation,
  writeImageFile,
  type ImageMetadata,
} from "./files/index.js";
import { decodeImageFile } from "./files/read-image-file.js";
import { encodeImageFile } from "./files/write-image-file.js";
import { withRecord } from "./files/xmp.js";
import { standardStream } from "./find-images.js";
import { luminanceOf } from "./luminance.js";
import { openLimpid, type EngineSettings } from "./open-limpid.js";
import type { RestoreTask } from "./plan-outputs.js";
import { readRegularFile } from "./read-regular-file.js";
import type { RestoreRecord } from "./restore-record.js";
import type { CallControl, Service } from "./worker-thread.js";

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
  /** Quality of JPEG and WebP, 1 to 100; undefined for 95, and WebP without loss. */
  readonly quality: number | undefined;
  /** Most pixels that a photo may have. */
  readonly maximumPixels: number;
}

/** An image file that was restored. */
export interface RestoredFile {
  /** The file that was read. */
  readonly input: string;
  /** The file that was written; undefined if the photo was left alone and nothing was to be written for it. */
  readonly output: string | undefined;
  /** What is to be written to standard output. */
  readonly bytes: Uint8Array | undefined;
  /** The picture of the photo before and after that was written. */
  readonly preview: string | undefined;
  /** Whether the router found nothing, so that the photo was left as it is. */
  readonly isUntouched: boolean;
  /** What may be wrong besides, though the router is not sure enough to act, and the expert that would. */
  readonly perhaps: readonly (DegradationProbability & { readonly expert: string })[];
  readonly width: number;
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
export interface RestoreFiles extends Pick<RestoreTask, "input" | "output" | "format" | "untouched"> {
  /** The photo's file. */
  readonly photo: Uint8Array;
  /** The file for a picture of the photo before and after; none if undefined. */
  readonly preview: string | undefined;
  /** What the result is to say of how it came about. */
  readonly record: RestoreRecord;
  /** Whether a file of another making may be replaced by a copy of the photo. */
  readonly overwrite: boolean;
}

/** Less probable than this, a fault is not worth trying. */
const worthTrying = 0.25;
const previewQuality = 90;

/** Restores photos and writes the results. */
export class FileRestorer implements Service<RestoreFiles, RestoredFile> {
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

  /**
   * Restores a photo and writes the result; a photo in which nothing is found is left alone.
   *
   * @param files - the photo, where its result goes, and what to write if it is left alone; folders are there
   * @param control - signal and progress
   * @throws {@link LimpidError} as reading, restoring and writing do
   */
  async run(files: RestoreFiles, { signal, onProgress }: CallControl): Promise<RestoredFile> {
    const { input, photo, preview } = files;
    const { experts, strength, tileSize, maximumPixels } = this.#settings;
    const mask = this.#mask;
    const started = performance.now();
    const file = await decodeImageFile(photo, input, { signal, maximumPixels });
    const result = await this.#limpid.restore(file.image, {
      experts,
      signal,
      onProgress: ({ fraction, done, total }) => onProgress?.({ fraction, done, total }),
      ...(strength !== undefined && { strength }),
      ...(mask !== undefined && { mask }),
      ...(tileSize !== undefined && { tileSize }),
    });
    const isUntouched = experts === "auto" && strength !== 0 && result.tiles === 0;
    const notes = [...file.notes];
    const output = isUntouched ? this.#outputOfUntouched(files) : files.output;
    let bytes: Uint8Array | undefined;
    if (isUntouched && output !== undefined && this.#isCopy(output, files)) {
      if (output === standardStream) bytes = photo;
      else await copyPhoto(files, output, signal);
    } else if (output !== undefined) {
      const metadata = this.#metadataOf(file.metadata, files.record);
      const { quality } = this.#settings;
      const written =
        output === standardStream
          ? await encodeImageFile(input, result.image, files.format, { metadata, quality })
          : await writeImageFile(output, result.image, { inputs: [input], metadata, quality, signal });
      if ("bytes" in written) bytes = written.bytes;
      notes.push(...written.notes);
    }
    if (output !== files.output && (await exists(files.output)))
      notes.push(`${files.output} is of an earlier run`);
    if (preview !== undefined && !isUntouched) {
      const picture = await drawBeforeAfter(file.image, result.image);
      const metadata = { xmp: withRecord(undefined, JSON.stringify(files.record)) };
      await writeImageFile(preview, picture, { inputs: [input], metadata, quality: previewQuality, signal });
    }
    return {
      input,
      output,
      bytes,
      preview: isUntouched ? undefined : preview,
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

  /** A photo that is left alone goes as it is to where files of its kind go; encoded anew it would lose. */
  #isCopy(output: string, { output: result, photo, format }: RestoreFiles): boolean {
    return output !== result || (this.#settings.keep === "everything" && formatOfBytes(photo) === format);
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

  close(): void {
    this.#limpid.dispose();
  }
}

/** Copies a photo as it is. */
async function copyPhoto(
  { input, photo, output: result, overwrite }: RestoreFiles,
  output: string,
  signal: AbortSignal,
): Promise<void> {
  if (await exists(output)) {
    const there = await readRegularFile(output).catch(() => undefined);
    if (there?.equals(photo) === true) return;
    // Where a result goes, what stands there was looked at before.
    if (!overwrite && output !== result) {
      throw new OutputError(
        "OutputExists",
        `${input}: nothing was found in it, and its copy would replace ${output}, another file; --force replaces it`,
        { input, output },
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

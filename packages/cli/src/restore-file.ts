import fs from "node:fs/promises";
import { dirname } from "node:path";
import type {
  AppliedExpert,
  BackendName,
  DegradationProbability,
  ExpertChoice,
  Limpid,
  PixelImage,
  RestoreResult,
} from "limpid";
import { readImageFile, writeImageFile } from "./files/index.js";
import { luminanceOf } from "./luminance.js";
import { makeFolder } from "./make-folder.js";
import { openLimpid, type EngineSettings } from "./open-limpid.js";
import type { RestoreTask } from "./plan-outputs.js";

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
export type RestoreFiles = Pick<RestoreTask, "input" | "output" | "untouched">;

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
   * @param files - the photo, where its result goes, and what to write if it is left alone; folders are made
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
    const mask = settings.mask === undefined ? undefined : await readImageFile(settings.mask, { signal });
    const limpid = await openLimpid(settings, note, signal);
    return new FileRestorer(limpid, settings, mask && luminanceOf(mask.image));
  }

  async restore(files: RestoreFiles, { signal, onProgress }: RestoreCall): Promise<RestoredFile> {
    const { input } = files;
    const { experts, strength, tileSize } = this.#settings;
    const mask = this.#mask;
    const started = performance.now();
    const file = await readImageFile(input, { signal });
    await makeFolder(dirname(files.output));
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
    const output = isUntouched ? files.untouched : files.output;
    if (output !== undefined && output !== files.output) {
      await fs.copyFile(input, output);
    } else if (output !== undefined) {
      notes.push(...(await writeImageFile(output, result.image, { inputs: [input], signal })).notes);
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

import { dirname } from "node:path";
import type {
  AppliedExpert,
  BackendName,
  DegradationProbability,
  ExpertChoice,
  Limpid,
  PixelImage,
} from "limpid";
import { readImageFile, writeImageFile } from "./files/index.js";
import { luminanceOf } from "./luminance.js";
import { makeFolder } from "./make-folder.js";
import { openLimpid, type EngineSettings } from "./open-limpid.js";

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
  /** The file that was written. */
  readonly output: string;
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
   * @param input - the file to read
   * @param output - the file to write; its folder is made if it is not there
   * @param call - signal and progress
   * @throws {@link LimpidError} as reading, restoring and writing do
   */
  restore(input: string, output: string, call: RestoreCall): Promise<RestoredFile>;

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

  async restore(input: string, output: string, { signal, onProgress }: RestoreCall): Promise<RestoredFile> {
    const { experts, strength, tileSize } = this.#settings;
    const mask = this.#mask;
    const started = performance.now();
    const file = await readImageFile(input, { signal });
    await makeFolder(dirname(output));
    const result = await this.#limpid.restore(file.image, {
      experts,
      signal,
      onProgress: ({ done, total }) => onProgress(done, total),
      ...(strength !== undefined && { strength }),
      ...(mask !== undefined && { mask }),
      ...(tileSize !== undefined && { tileSize }),
    });
    const written = await writeImageFile(output, result.image, { inputs: [input], signal });
    return {
      input,
      output,
      width: result.image.width,
      height: result.image.height,
      backend: result.backend,
      analysis: result.analysis.degradations,
      mixture: result.mixture,
      tiles: result.tiles,
      tileSize: result.tileSize,
      milliseconds: performance.now() - started,
      notes: [...file.notes, ...written.notes],
    };
  }

  close(): Promise<void> {
    this.#limpid.dispose();
    return Promise.resolve();
  }
}

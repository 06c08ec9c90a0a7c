import type { BackendName } from "../engine/index.js";
import type { PixelImage, Rect } from "../image/index.js";
import type { Analysis as RouterAnalysis } from "../router/index.js";
import type { Analysis } from "./analysis.js";
import type { ExpertChoice } from "./mixture.js";

/** How far a restore is. */
export interface RestoreProgress {
  /**
   * Share of the work that is done, 0 to 1: the analysis, the statistics, then the tiles. It never goes back; draw bars and
   * tell the time left by it. A photo in which nothing is found ends before it is 1.
   */
  readonly fraction: number;
  /** Tiles finished; 0 until the first is. */
  readonly done: number;
  /** Tiles in all. */
  readonly total: number;
  /** The tile that was just finished, in image pixels; left out while the image is looked at and measured. */
  readonly tile?: Rect;
  /** Its result, 8-bit RGB of the tile's size, before strength, mask and blending with its neighbours. */
  readonly preview?: PixelImage;
}

/** What an analysis can be told. */
export interface AnalyzeOptions {
  /** Whether to analyse each part of the image, too, as for a heat map: see {@link Analysis.windows}. False if left out. */
  readonly windows?: boolean;
  /** Gives up when it fires. */
  readonly signal?: AbortSignal;
  /** Told how far it is; waited for. What it throws or rejects with ends the analysis. */
  readonly onProgress?: (progress: Pick<RestoreProgress, "fraction">) => unknown;
}

/** What a restore can be told. Everything is an argument of the run; nothing is remembered for the next. */
export interface RestoreOptions {
  /**
   * Which experts repair the image: `"auto"`, the default, lets the router choose by what it finds, and leaves the image
   * as it is if nothing is wrong; a list is taken as it stands, an empty one being the backbone alone.
   */
  readonly experts?: "auto" | readonly ExpertChoice[];
  /** How much of the repair is applied, 0 to 1; 1 if left out. 0 gives the input back bit for bit. */
  readonly strength?: number;
  /**
   * Where the repair is applied: a grey image of the same size, white for all of it, black for none. Where it is black
   * the result is the input bit for bit.
   */
  readonly mask?: PixelImage;
  /** The part to restore, in pixels inside the image; the rest stays bit for bit. The whole image if left out. */
  readonly region?: Rect;
  /**
   * Side of a tile, in pixels, a multiple of 8: what a tile adds to the result, at most. At the image's edges it is a margin
   * more, and every tile reads a margin more on each side. Larger tiles are faster and take more memory. If left out, 896 on
   * WebGPU, 768 on WebAssembly (256 where tfjs runs there) and 64 in plain JavaScript, or less where the device has no memory
   * for it.
   */
  readonly tileSize?: number;
  /**
   * Where people look, in image pixels: tiles are restored from there outwards, so that {@link RestoreOptions.onProgress} shows
   * that part first. The result does not depend on it. In reading order if left out.
   */
  readonly startAt?: { readonly x: number; readonly y: number };
  /** An analysis of this very image, if there is one already; else it is made. */
  readonly analysis?: RouterAnalysis;
  /** Gives up when it fires, between two layers of the network. */
  readonly signal?: AbortSignal;
  /**
   * Called when the run begins, some times while it looks at the image and measures it, and after each tile. The run waits for the
   * promise it returns; what it throws or rejects with ends the run.
   */
  readonly onProgress?: (progress: RestoreProgress) => unknown;
}

/** An expert that ran, and how much of it. */
export interface AppliedExpert {
  /** Its id. */
  readonly expert: string;
  /** The weight that its deltas were multiplied by. */
  readonly weight: number;
}

/** Where the time of a restore went, in milliseconds. */
export interface RestoreTimings {
  readonly analyze: number;
  /** Merging experts and measuring the image's statistics. */
  readonly prepare: number;
  readonly tiles: number;
  /** From start to end, waiting for earlier runs not included. */
  readonly total: number;
}

/** What can be restored: pixels, or anything of a page that has pixels. A `Blob` is an image file. */
export type RestorableImage =
  PixelImage | ImageData | ImageBitmap | HTMLCanvasElement | OffscreenCanvas | Blob;

/** A restored image and how it came about. */
export interface RestoreResult<Image extends RestorableImage = PixelImage> {
  /**
   * A new image of the input's kind: pixels of its size, channels, bit depth and profile for a {@link PixelImage}, a PNG file
   * for a file, without what else the file says (EXIF and so on), else a canvas, a bitmap or image data. Its alpha is the input's.
   */
  readonly image: Image extends Blob ? Blob : Image;
  /** What the router said of the input, and what of it counted as found. */
  readonly analysis: Analysis;
  /** The experts that ran; empty for the backbone alone, or if nothing had to be done. */
  readonly mixture: readonly AppliedExpert[];
  /** Tiles that ran: 0 if the image was left as it is. */
  readonly tiles: number;
  /** Their side in pixels: {@link RestoreOptions.tileSize}, or what the device had memory for. */
  readonly tileSize: number;
  /** The backend that ran. */
  readonly backend: BackendName;
  readonly timings: RestoreTimings;
}

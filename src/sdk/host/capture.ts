import type { PixelImage } from "../image/index.js";
import type { Placement } from "./placement.js";

/**
 * What of a document is taken.
 *
 * - `image`: all that is visible, as one picture.
 * - `layer`: the active layer or object: its own pixels, with what a crop hides.
 * - `selection`: the active layer, with a mask of what is selected.
 */
export type CaptureTarget = "image" | "layer" | "selection";

/** The targets, largest first. */
export const captureTargets: readonly CaptureTarget[] = ["image", "layer", "selection"];

/** What to take from a host. */
export interface CaptureOptions {
  /** `"layer"` if left out. */
  readonly target?: CaptureTarget;
  /** Gives up when it fires. */
  readonly signal?: AbortSignal;
}

/** Pixels as they were in a host at one moment, and all that is needed to bring a result back. */
export interface Capture {
  /** What was taken. */
  readonly target: CaptureTarget;
  /** The pixels: upright, straight alpha, without the host's filters. Nobody else writes to them. */
  readonly image: PixelImage;
  /** What is selected: 8-bit grey of the image's size, 255 inside; undefined if the target is not `selection`. */
  readonly mask: PixelImage | undefined;
  /** Where they stand in the document. */
  readonly placement: Placement;
  /** The document, in the host's own naming. */
  readonly documentId: string;
  /** The layer or object, in the host's own naming; undefined if the target is `image`. */
  readonly layerId: string | undefined;
  /** What people call the layer, or the document; may be empty. */
  readonly name: string;
  /**
   * Stands for the captured pixels' state: another string once somebody changed them. Compared by the host at commit; means
   * nothing to others.
   */
  readonly revision: string;
  /** What was lost on the way out, each in a few words for a person: `"reduced to 8 bits"`. */
  readonly notes: readonly string[];
}

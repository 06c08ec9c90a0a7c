import type { RandomSource } from "./random-source.js";
import type { RgbImage } from "./rgb-image.js";

/** How one degradation is synthesised. */
export interface Recipe {
  /** The degradation, such as `rain`. */
  readonly degradation: string;

  /**
   * Damages a picture.
   *
   * @param image - values in 0..1; not changed
   * @param severity - 0, barely visible, to 1, the worst that the models are trained for
   * @param source - where all randomness comes from
   * @returns a new picture of the same size, not yet clipped or rounded
   */
  apply(image: RgbImage, severity: number, source: RandomSource): RgbImage;
}

/** One degradation and how strong it is. */
export interface Fault {
  /** The degradation, such as `rain`. */
  readonly degradation: string;
  /** 0, barely visible, to 1, the worst that the models are trained for. */
  readonly severity: number;
  /** Which kind of it, one of {@link degradationKinds}; drawn as in training if left out. */
  readonly kind?: string | undefined;
}

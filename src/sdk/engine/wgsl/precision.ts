/**
 * How features and weights are stored on the device. `f16` halves the traffic; sums, normalisation and channel
 * attention are computed in single precision either way.
 */
export type Precision = "f32" | "f16";

/** Bytes of one stored number. */
export function bytesPerValue(precision: Precision): number {
  return precision === "f16" ? 2 : 4;
}

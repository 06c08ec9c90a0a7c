import { srgbToneCurve, writeProfile } from "./matrix-profile.js";

/** Display P3's primaries as XYZ adapted to D50 (SMPTE EG 432-1, adapted by Bradford's method). */
const columns = [
  [0.51512, 0.2412, -0.00105],
  [0.29198, 0.69225, 0.04189],
  [0.1571, 0.06657, 0.78407],
];

/**
 * An ICC profile of Display P3: for files of images that are in that space and came without one.
 *
 * @returns the profile's bytes; the same on every call
 */
export function displayP3Profile(): Uint8Array {
  return writeProfile({ name: "Display P3", columns, curve: srgbToneCurve });
}

/** Quantisation table for luma of ITU-T T.81, Annex K.1, row by row. */
const luma = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22,
  29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103,
  121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
] as const;

/** Quantisation table for chroma of ITU-T T.81, Annex K.2, row by row. */
const chroma = [
  17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99,
  99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
] as const;

/**
 * The quantisation table that libjpeg uses at a quality: Annex K's, times 50 / quality below 50 and 2 - quality / 50 above,
 * rounded and held within 1..255.
 *
 * @param component - which of the two tables
 * @param quality - 1 to 100
 * @returns [8, 8] divisors
 */
export function quantizationTable(component: "luma" | "chroma", quality: number): Int32Array {
  const percent = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality;
  const base = component === "luma" ? luma : chroma;
  return Int32Array.from(base, (entry) =>
    Math.min(Math.max(Math.floor((entry * percent + 50) / 100), 1), 255),
  );
}

/** A point in units of a letter's grid: 4 wide, capitals 0 to 7 from top to baseline, small letters from 3, tails to 9. */
export type StrokePoint = readonly [x: number, y: number];

/** The strokes of a to z: polylines between points, each two digits, x and y. */
const letters = [
  "43 47|44 33 13 04 06 17 37 46",
  "00 07|04 13 33 44 46 37 17 06",
  "44 33 13 04 06 17 37 46",
  "40 47|44 33 13 04 06 17 37 46",
  "05 45 44 33 13 04 06 17 37 46",
  "40 30 21 27|03 43",
  "43 48 39 19 08|44 33 13 04 06 17 37 46",
  "00 07|04 13 33 44 47",
  "23 27|21 21",
  "23 28 19 09|21 21",
  "00 07|43 05 47",
  "20 27",
  "03 07|04 13 24 27|24 33 44 47",
  "03 07|04 13 33 44 47",
  "13 33 44 46 37 17 06 04 13",
  "03 09|04 13 33 44 46 37 17 06",
  "43 49|44 33 13 04 06 17 37 46",
  "13 17|14 23 43",
  "43 13 04 15 35 46 37 07",
  "20 26 37 47|03 43",
  "03 06 17 37 46|43 47",
  "03 27 43",
  "03 17 24 37 43",
  "03 47|43 07",
  "03 27|43 27 19 09",
  "03 43 07 47",
].map((letter) =>
  letter.split("|").map((stroke) => stroke.split(" ").map(([x, y]): StrokePoint => [Number(x), Number(y)])),
);

/** How many letters there are. */
export const letterCount = letters.length;

/**
 * The strokes of a letter.
 *
 * @param index - 0 for a, 25 for z
 */
export function strokesOf(index: number): readonly (readonly StrokePoint[])[] {
  return letters[index] ?? [];
}

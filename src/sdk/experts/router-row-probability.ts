import type { RouterRow } from "./router-row.js";

/**
 * The probability that a router row gives.
 *
 * @param row - the row
 * @param embedding - the degradation embedding, [embeddingSize]
 * @param colors - what {@link colorStatistics} gives of the image reduced to 64 x 64 pixels, for a row that is on it
 * @returns in 0..1; NaN for a row on the colours if they are left out
 */
export function routerRowProbability(row: RouterRow, embedding: Float32Array, colors?: Float32Array): number {
  const { weight, colorWeight = [], bias } = row;
  let logit = bias;
  for (let index = 0; index < weight.length; index++) logit += weight[index]! * (embedding[index] ?? 0);
  for (let index = 0; index < colorWeight.length; index++)
    logit += colorWeight[index]! * (colors?.[index] ?? NaN);
  return 1 / (1 + Math.exp(-logit));
}

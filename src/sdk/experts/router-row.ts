import { LimpidError } from "../base/index.js";

/**
 * How a router comes to know a degradation that it was never trained on: a linear probe on the degradation embedding.
 * The probability is `sigmoid(weight . embedding + bias)`.
 */
export interface RouterRow {
  /** The degradation's name, such as `moire`. */
  readonly degradation: string;
  /** [embeddingSize], finite. */
  readonly weight: Float32Array;
  /** Added to the product; finite. */
  readonly bias: number;
  /** Probability from which the degradation counts as present, between 0 and 1. */
  readonly threshold: number;
}

/**
 * The probability that a router row gives.
 *
 * @param row - the row
 * @param embedding - the degradation embedding, [embeddingSize]
 * @returns in 0..1
 */
export function routerRowProbability({ weight, bias }: RouterRow, embedding: Float32Array): number {
  let logit = bias;
  for (let index = 0; index < weight.length; index++) logit += weight[index]! * (embedding[index] ?? 0);
  return 1 / (1 + Math.exp(-logit));
}

/**
 * Refuses a router row that cannot be applied to a base's degradation embedding.
 *
 * @param row - the row
 * @param embeddingSize - length of the base's degradation embedding
 * @throws {@link LimpidError} `ExpertMismatch` that says what does not fit
 */
export function requireRouterRow(row: RouterRow, embeddingSize: number): void {
  const { degradation, weight, bias, threshold } = row;
  const faults: string[] = [];
  if (degradation === "") faults.push("it names no degradation");
  if (weight.length !== embeddingSize) {
    faults.push(`it has ${weight.length} weights, the degradation embedding has ${embeddingSize} numbers`);
  }
  if (!weight.every(Number.isFinite) || !Number.isFinite(bias)) {
    faults.push("its weights and its bias must be finite");
  }
  if (!(threshold > 0 && threshold < 1)) faults.push(`its threshold is ${threshold}, expected 0 to 1`);
  if (faults.length === 0) return;
  throw new LimpidError(
    "ExpertMismatch",
    `the router row for ${JSON.stringify(degradation)} does not fit: ${faults.join("; ")}`,
    { details: { degradation, faults } },
  );
}

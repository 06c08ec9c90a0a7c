import { LimpidError } from "../base/index.js";
import { colorStatisticsSize } from "../image/index.js";

/**
 * How a router comes to know a degradation that it was never trained on: a linear probe on the degradation embedding and,
 * for a fault of the colours, on the image's colour statistics, of which the embedding says little. The probability is
 * `sigmoid(weight . embedding + colorWeight . colours + bias)`.
 */
export interface RouterRow {
  /** The degradation's name, such as `moire`. */
  readonly degradation: string;
  /** [embeddingSize], finite. */
  readonly weight: Float32Array;
  /** For the numbers of {@link colorStatistics}, [colorStatisticsSize], finite; colours do not count if left out. */
  readonly colorWeight?: Float32Array;
  /** Added to the product; finite. */
  readonly bias: number;
  /** Probability from which the degradation counts as present, between 0 and 1. */
  readonly threshold: number;
}

/**
 * Refuses a router row that cannot be applied to a base's degradation embedding.
 *
 * @param row - the row
 * @param embeddingSize - length of the base's degradation embedding
 * @throws {@link LimpidError} `ExpertMismatch` that says what does not fit
 */
export function requireRouterRow(row: RouterRow, embeddingSize: number): void {
  const { degradation, weight, colorWeight, bias, threshold } = row;
  const faults: string[] = [];
  if (degradation === "") faults.push("it names no degradation");
  if (weight.length !== embeddingSize) {
    faults.push(`it has ${weight.length} weights, the degradation embedding has ${embeddingSize} numbers`);
  }
  if (colorWeight !== undefined && colorWeight.length !== colorStatisticsSize) {
    faults.push(`it has ${colorWeight.length} weights of colours, not ${colorStatisticsSize}`);
  }
  if (![...weight, ...(colorWeight ?? []), bias].every(Number.isFinite)) {
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

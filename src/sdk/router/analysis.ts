import type { Rect } from "../image/index.js";

/** A degradation and how sure the router is that the image has it. */
export interface DegradationProbability {
  /** Its name, such as `noise`. */
  readonly degradation: string;
  /** In 0..1, independent of the others: several can hold at once. */
  readonly probability: number;
}

/** What the router says of an image. */
export interface Analysis {
  /** Every degradation that the router knows, the most probable first. */
  readonly degradations: readonly DegradationProbability[];
  /** The degradation embedding that modulates the backbone; its length is the backbone's `embeddingSize`. */
  readonly embedding: Float32Array;
  /** What it says of each part of the photo, in reading order; only if that was asked for. */
  readonly windows?: readonly WindowAnalysis[];
}

/**
 * What the router would say of a photo if it saw only one part of it: where in the photo a degradation is. The parts
 * together decide, so the photo's own probabilities are not their mean.
 */
export interface WindowAnalysis extends Omit<Analysis, "windows"> {
  /** Where the part lies, in whole image pixels. The parts cover the photo once, but for flat or transparent borders. */
  readonly rect: Rect;
}

/**
 * Turns the router's outputs into an analysis.
 *
 * @param names - the degradations in the order of the logits
 * @param logits - one number a degradation; the sigmoid of it is the probability
 * @param embedding - the degradation embedding; it belongs to the analysis from here on
 */
export function toAnalysis(
  names: readonly string[],
  logits: Float32Array,
  embedding: Float32Array,
): Analysis {
  const degradations = names
    .map((degradation, index) => ({ degradation, probability: 1 / (1 + Math.exp(-(logits[index] ?? 0))) }))
    .sort((a, b) => b.probability - a.probability);
  return { degradations, embedding };
}

import type { Analysis as RouterAnalysis, DegradationProbability } from "../router/index.js";

/** What the router says of an image, and what of it counts as found. */
export interface Analysis extends RouterAnalysis {
  /**
   * The degradations that count as found, those that packs made known first, then the most probable ones first. Each
   * degradation has a threshold of its own, which the model or the pack sets; beside a more probable one, what the router
   * finds must reach one more, which the model sets. Show these to people rather than those above a threshold of yours.
   */
  readonly present: readonly DegradationProbability[];
}

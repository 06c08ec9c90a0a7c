/** The steps over which a learning rate changes. */
export interface LearningRateSchedule {
  /** The highest rate, reached at the end of the warm-up. */
  readonly highest: number;
  /** The rate of the last step. */
  readonly lowest: number;
  /** Steps over which it climbs in a straight line. */
  readonly warmUp: number;
  readonly steps: number;
}

/**
 * The learning rate of a step: a straight climb, then half a cosine (SGDR, arXiv 1608.03983, without restarts).
 *
 * @param step - from 0
 */
export function learningRateAt(
  step: number,
  { highest, lowest, warmUp, steps }: LearningRateSchedule,
): number {
  if (step < warmUp) return (highest * (step + 1)) / warmUp;
  const progress = Math.min(1, (step - warmUp) / Math.max(1, steps - 1 - warmUp));
  return lowest + ((highest - lowest) * (1 + Math.cos(Math.PI * progress))) / 2;
}

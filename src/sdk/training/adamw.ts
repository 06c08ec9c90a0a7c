/** What {@link AdamW} can be told. */
export interface AdamWOptions {
  /** Share of the parameters that a step at rate 1 takes away, apart from the gradient. */
  readonly weightDecay: number;
  /** Gradients longer than this, as one vector, are shortened to it. */
  readonly clipNorm: number;
}

/** Decay of the two moments, and what keeps the root from zero, as in the paper. */
const firstDecay = 0.9;
const secondDecay = 0.999;
const epsilon = 1e-8;

/**
 * Adam with decoupled weight decay (arXiv 1711.05101, algorithm 2), on the host: the few ten thousand numbers of an expert
 * are updated in less time than a launch on the device takes, and the same on every backend.
 */
export class AdamW {
  /** First moment, as long as the parameters. */
  readonly firstMoment: Float32Array;
  /** Second moment, as long as the parameters. */
  readonly secondMoment: Float32Array;
  readonly #options: AdamWOptions;

  constructor(length: number, options: AdamWOptions) {
    this.firstMoment = new Float32Array(length);
    this.secondMoment = new Float32Array(length);
    this.#options = options;
  }

  /**
   * Changes the parameters by one step.
   *
   * @param parameters - changed in place
   * @param gradient - as long as they are; not changed
   * @param step - from 0; corrects the moments, which begin at zero
   * @returns the length of the gradient before it was clipped
   */
  update(parameters: Float32Array, gradient: Float32Array, rate: number, step: number): number {
    const { firstMoment, secondMoment } = this;
    const { weightDecay, clipNorm } = this.#options;
    let sum = 0;
    for (let index = 0; index < gradient.length; index++) sum += gradient[index]! ** 2;
    const norm = Math.sqrt(sum);
    const scale = norm > clipNorm ? clipNorm / norm : 1;
    const firstCorrection = 1 - firstDecay ** (step + 1);
    const secondCorrection = 1 - secondDecay ** (step + 1);
    for (let index = 0; index < parameters.length; index++) {
      const slope = gradient[index]! * scale;
      const first = firstDecay * firstMoment[index]! + (1 - firstDecay) * slope;
      const second = secondDecay * secondMoment[index]! + (1 - secondDecay) * slope * slope;
      firstMoment[index] = first;
      secondMoment[index] = second;
      const change = first / firstCorrection / (Math.sqrt(second / secondCorrection) + epsilon);
      parameters[index] = parameters[index]! * (1 - rate * weightDecay) - rate * change;
    }
    return norm;
  }
}

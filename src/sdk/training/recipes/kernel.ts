/** Weights of a small neighbourhood, centred; both sides are odd. */
export interface Kernel {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** [height, width], row-major. */
  readonly weights: Float64Array;
}

/**
 * A Gaussian, exp(-((a / sigmaX)^2 + (b / sigmaY)^2) / 2) with (a, b) the offset turned by theta, cut off at three
 * sigmas and normalised to sum 1.
 *
 * @param sigmaX - standard deviation along the axis at `theta`, in pixels
 * @param sigmaY - standard deviation across it, in pixels
 * @param theta - in radians
 */
export function gaussianKernel(sigmaX: number, sigmaY: number, theta: number): Kernel {
  const radius = Math.max(1, Math.ceil(3 * Math.max(sigmaX, sigmaY)));
  const cosine = Math.cos(theta);
  const sine = Math.sin(theta);
  const kernel = squareKernel(radius, (u, v) => {
    const a = u * cosine + v * sine;
    const b = -u * sine + v * cosine;
    return Math.exp(-0.5 * ((a / sigmaX) ** 2 + (b / sigmaY) ** 2));
  });
  return scale(kernel, 1 / sum(kernel));
}

/**
 * The row and the column whose product is a round Gaussian: {@link gaussianKernel} with equal sigmas, but at the cost of
 * two lines.
 *
 * @param sigma - standard deviation in pixels
 */
export function separateGaussian(sigma: number): { row: Kernel; column: Kernel } {
  const radius = Math.max(1, Math.ceil(3 * sigma));
  const size = 2 * radius + 1;
  const weights = Float64Array.from({ length: size }, (_, index) =>
    Math.exp(-0.5 * ((index - radius) / sigma) ** 2),
  );
  const row = { width: size, height: 1, weights };
  const normalized = scale(row, 1 / sum(row));
  return { row: normalized, column: { ...normalized, width: 1, height: size } };
}

/**
 * A straight streak with rounded flanks: 1 at its centre, linear ends, a Gaussian profile across.
 *
 * @param length - in pixels
 * @param theta - direction in radians from the x axis
 * @param width - standard deviation of the profile, in pixels
 */
export function lineKernel(length: number, theta: number, width: number): Kernel {
  const radius = Math.max(1, Math.ceil(length / 2 + 2 * width));
  const cosine = Math.cos(theta);
  const sine = Math.sin(theta);
  return squareKernel(radius, (u, v) => {
    const along = u * cosine + v * sine;
    const across = -u * sine + v * cosine;
    return clamp(length / 2 + 0.5 - Math.abs(along)) * Math.exp(-0.5 * (across / width) ** 2);
  });
}

/**
 * A disc with an antialiased edge, 1 inside.
 *
 * @param radius - in pixels
 */
export function discKernel(radius: number): Kernel {
  return squareKernel(Math.max(1, Math.ceil(radius + 0.5)), (u, v) => clamp(radius + 0.5 - Math.hypot(u, v)));
}

/** The same kernel with sum 1. */
export function normalized(kernel: Kernel): Kernel {
  return scale(kernel, 1 / sum(kernel));
}

/** The same kernel with its largest weight at 1. */
export function peaked(kernel: Kernel): Kernel {
  return scale(kernel, 1 / kernel.weights.reduce((largest, weight) => Math.max(largest, weight), 0));
}

/** The kernel that does in one pass what the two do one after the other. */
export function composed(first: Kernel, second: Kernel): Kernel {
  const width = first.width + second.width - 1;
  const height = first.height + second.height - 1;
  const weights = new Float64Array(width * height);
  for (let y = 0; y < first.height; y++) {
    for (let x = 0; x < first.width; x++) {
      const weight = first.weights[y * first.width + x]!;
      for (let v = 0; v < second.height; v++) {
        for (let u = 0; u < second.width; u++) {
          weights[(y + v) * width + x + u]! += weight * second.weights[v * second.width + u]!;
        }
      }
    }
  }
  return { width, height, weights };
}

/** The same kernel with every weight multiplied. */
export function scale(kernel: Kernel, factor: number): Kernel {
  return { ...kernel, weights: kernel.weights.map((weight) => weight * factor) };
}

/** The Euclidean norm of the weights: by how much white noise shrinks when it is convolved. */
export function norm({ weights }: Kernel): number {
  return Math.hypot(...weights);
}

function sum({ weights }: Kernel): number {
  return weights.reduce((total, weight) => total + weight, 0);
}

function squareKernel(radius: number, weightAt: (u: number, v: number) => number): Kernel {
  const size = 2 * radius + 1;
  const weights = Float64Array.from({ length: size * size }, (_, index) =>
    weightAt((index % size) - radius, Math.floor(index / size) - radius),
  );
  return { width: size, height: size, weights };
}

function clamp(value: number): number {
  return Math.min(Math.max(value, 0), 1);
}

import { clamp } from "./raster.js";

/** Weights of a small square neighbourhood, centred; its side is odd. */
export interface Kernel {
  /** Rows and columns. */
  readonly size: number;
  /** [size, size], row-major. */
  readonly weights: Float64Array;
}

/**
 * A Gaussian, exp(-((a / sigmaX)^2 + (b / sigmaY)^2) / 2) with (a, b) the offset turned by theta, cut off at three sigmas.
 *
 * @param sigmaX - standard deviation along the axis at `theta`, in pixels
 * @param sigmaY - standard deviation across it, in pixels
 * @param theta - in radians
 * @returns sum 1
 */
export function gaussianKernel(sigmaX: number, sigmaY: number, theta: number): Kernel {
  const cosine = Math.cos(theta);
  const sine = Math.sin(theta);
  return kernelOf(Math.max(1, Math.ceil(3 * Math.max(sigmaX, sigmaY))), (u, v) => {
    const a = u * cosine + v * sine;
    const b = v * cosine - u * sine;
    return Math.exp(-0.5 * ((a / sigmaX) ** 2 + (b / sigmaY) ** 2));
  });
}

/**
 * A straight streak with linear ends and a Gaussian profile across.
 *
 * @param length - in pixels
 * @param theta - direction in radians from the x axis
 * @param width - standard deviation of the profile, in pixels
 * @returns sum 1
 */
export function lineKernel(length: number, theta: number, width: number): Kernel {
  const cosine = Math.cos(theta);
  const sine = Math.sin(theta);
  return kernelOf(Math.max(1, Math.ceil(length / 2 + 2 * width)), (u, v) => {
    const along = u * cosine + v * sine;
    const across = v * cosine - u * sine;
    return clamp(length / 2 + 0.5 - Math.abs(along)) * Math.exp(-0.5 * (across / width) ** 2);
  });
}

/**
 * The image of a point out of focus: a disc, or a polygon of so many aperture blades, with an antialiased edge.
 *
 * @param radius - in pixels
 * @param blades - 0 for a disc
 * @param turn - of the polygon, in radians
 * @returns sum 1
 */
export function apertureKernel(radius: number, blades = 0, turn = 0): Kernel {
  const sector = blades === 0 ? 0 : (2 * Math.PI) / blades;
  return kernelOf(Math.max(1, Math.ceil(radius + 0.5)), (u, v) => {
    const distance = Math.hypot(u, v);
    if (blades === 0) return clamp(radius + 0.5 - distance);
    const angle = (Math.atan2(v, u) + turn + 4 * Math.PI) % sector;
    const reach = (distance * Math.cos(angle - sector / 2)) / Math.cos(sector / 2);
    return clamp(radius + 0.5 - reach);
  });
}

/** The same kernel with its largest weight at 1. */
export function peaked({ size, weights }: Kernel): Kernel {
  const largest = weights.reduce((most, weight) => Math.max(most, weight), 0);
  return { size, weights: weights.map((weight) => weight / largest) };
}

/** The kernel that does in one pass what the two do one after the other. */
export function composed(first: Kernel, second: Kernel): Kernel {
  const size = first.size + second.size - 1;
  const weights = new Float64Array(size * size);
  for (let y = 0; y < first.size; y++) {
    for (let x = 0; x < first.size; x++) {
      const weight = first.weights[y * first.size + x]!;
      if (weight === 0) continue;
      for (let v = 0; v < second.size; v++) {
        for (let u = 0; u < second.size; u++) {
          weights[(y + v) * size + x + u]! += weight * second.weights[v * second.size + u]!;
        }
      }
    }
  }
  return { size, weights };
}

/** A kernel from the offsets of its pixels from the centre, made to sum 1. */
function kernelOf(radius: number, weightAt: (u: number, v: number) => number): Kernel {
  const size = 2 * radius + 1;
  const weights = Float64Array.from({ length: size * size }, (_, index) =>
    weightAt((index % size) - radius, Math.floor(index / size) - radius),
  );
  return normalized({ size, weights });
}

/** The same kernel with sum 1. */
export function normalized({ size, weights }: Kernel): Kernel {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return { size, weights: weights.map((weight) => weight / sum) };
}

import type { Kernel } from "./kernel.js";
import type { RandomSource } from "./random-source.js";

/** What is scattered. */
export interface ScatterOptions {
  /** Expected number of stamps per pixel, 0..1. */
  readonly density: number;
  /** The shape of each stamp. */
  readonly stamp: Kernel;
  /** Each stamp's strength is drawn evenly from here to 1. */
  readonly weakest: number;
}

/**
 * Scatters copies of a shape evenly over a plane and adds them up: white impulses convolved with the shape, at the cost
 * of the impulses alone. Stamps centred just outside reach in, so that rain does not begin at the edge.
 *
 * @param width - in pixels
 * @param height - in pixels
 * @param options - what is scattered
 * @param source - where the stamps fall and how strong they are
 * @returns [height, width]; sums above 1 stand where stamps overlap
 */
export function scatter(
  width: number,
  height: number,
  { density, stamp, weakest }: ScatterOptions,
  source: RandomSource,
): Float32Array {
  const plane = new Float32Array(width * height);
  const reachX = (stamp.width - 1) / 2;
  const reachY = (stamp.height - 1) / 2;
  const columns = width + 2 * reachX;
  const cells = columns * (height + 2 * reachY);
  // The gaps between the successes of one trial per cell are geometrically distributed.
  const logOfMiss = Math.log1p(-density);
  const gap = (): number => Math.floor(Math.log1p(-source.uniform(0, 1)) / logOfMiss);
  for (let cell = gap(); cell < cells; cell += 1 + gap()) {
    const strength = source.uniform(weakest, 1);
    // The stamp's top left corner lies a reach before its centre, and cells begin a reach before the plane.
    addStamp(
      plane,
      width,
      stamp,
      (cell % columns) - 2 * reachX,
      Math.floor(cell / columns) - 2 * reachY,
      strength,
    );
  }
  return plane;
}

function addStamp(
  plane: Float32Array,
  width: number,
  stamp: Kernel,
  left: number,
  top: number,
  strength: number,
): void {
  const height = plane.length / width;
  const firstColumn = Math.max(0, -left);
  const lastColumn = Math.min(stamp.width, width - left);
  const lastRow = Math.min(stamp.height, height - top);
  for (let row = Math.max(0, -top); row < lastRow; row++) {
    const from = row * stamp.width;
    const to = (top + row) * width + left;
    for (let column = firstColumn; column < lastColumn; column++) {
      plane[to + column]! += strength * stamp.weights[from + column]!;
    }
  }
}

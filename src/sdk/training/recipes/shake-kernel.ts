import { normalized, type Kernel } from "./kernel.js";
import type { RandomSource } from "./random-source.js";

/** Steps of the hand's walk during an exposure. */
const points = 32;

/**
 * The path of a hand during the exposure: a random walk with inertia and jerks (Boracchi and Foi, Modeling the performance
 * of image restoration from motion blur, 2012).
 *
 * @param source - where the path comes from
 * @param length - its larger extent, in pixels
 * @returns sum 1
 */
export function shakeKernel(source: RandomSource, length: number): Kernel {
  const path = walk(source);
  const spread = path.reduce((most, [x, y]) => Math.max(most, Math.abs(x), Math.abs(y)), 0);
  const scale = length / (2 * spread + 1e-6);
  const centers = [0, 1].map((axis) => {
    const along = path.map((point) => point[axis]! * scale);
    return (Math.max(...along) + Math.min(...along)) / 2;
  });
  const reach = Math.max(1, Math.ceil(length / 2 + 1.5));
  const size = 2 * reach + 1;
  const weights = new Float64Array(size * size);
  const steps = Math.max(points, Math.trunc(length * 4));
  for (let step = 0; step < steps; step++) {
    const at = (step / (steps - 1)) * (points - 1);
    const before = path[Math.floor(at)]!;
    const after = path[Math.min(Math.floor(at) + 1, points - 1)]!;
    const [u, v] = [0, 1].map((axis) => {
      const place = before[axis]! + (after[axis]! - before[axis]!) * (at % 1);
      return place * scale - centers[axis]! + reach;
    }) as [number, number];
    for (const y of [Math.floor(v), Math.floor(v) + 1]) {
      for (const x of [Math.floor(u), Math.floor(u) + 1]) {
        const index = hold(y, size) * size + hold(x, size);
        weights[index]! += (1 - Math.abs(x - u)) * (1 - Math.abs(y - v));
      }
    }
  }
  return normalized({ size, weights });
}

/** The path's points about their mean. */
function walk(source: RandomSource): (readonly [number, number])[] {
  const turn = source.uniform(0, 2 * Math.PI);
  const anxiety = source.uniform(0.02, 0.5);
  const jerk = source.uniform(0, 0.08);
  let velocity = [Math.cos(turn), Math.sin(turn)] as const;
  let [x, y] = [0, 0];
  const path: [number, number][] = [[x, y]];
  while (path.length < points) {
    let dx = velocity[0] + anxiety * source.normal() - 0.12 * x;
    let dy = velocity[1] + anxiety * source.normal() - 0.12 * y;
    if (source.chance(jerk)) {
      dx = -dx + 0.5 * source.normal();
      dy = -dy + 0.5 * source.normal();
    }
    const speed = Math.hypot(dx, dy) + 1e-6;
    velocity = [dx / speed, dy / speed];
    x += velocity[0];
    y += velocity[1];
    path.push([x, y]);
  }
  const [meanX, meanY] = [0, 1].map(
    (axis) => path.reduce((sum, point) => sum + point[axis]!, 0) / points,
  ) as [number, number];
  return path.map((point) => [point[0] - meanX, point[1] - meanY]);
}

function hold(position: number, size: number): number {
  return Math.min(Math.max(position, 0), size - 1);
}

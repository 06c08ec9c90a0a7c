import { anywhere, fillEllipse, fillPolygon, fillRectangle, pen, stroke, type Place } from "./pen.js";
import { parameters } from "./parameters.js";
import type { RandomSource } from "./random-source.js";
import { blankField, type Raster } from "./raster.js";
import { remapped, type Point } from "./resample.js";

const p = parameters.shadow;

/** What stands in the light. */
const drawings: Readonly<Record<keyof typeof p.casters, (mask: Raster, source: RandomSource) => void>> = {
  person: drawPerson,
  building: drawBuildings,
  foliage: drawFoliage,
  fence: drawFence,
  branches: drawBranches,
  blob: drawBlob,
  umbrella: drawUmbrella,
  edge: drawEdge,
  hand: drawHand,
};

/**
 * What stands between the light and the scene: a person, foliage, a building, a fence, branches, a hand, or a blob. What
 * reaches an edge of the picture goes on beyond it.
 *
 * @param source - what it is and where
 * @param size - of the picture
 * @returns one channel, 1 where no light comes
 */
export function silhouette(source: RandomSource, size: { width: number; height: number }): Raster {
  const caster = source.weighted(p.casters);
  const isTurned = source.chance(p.turned);
  const mask = blankField(isTurned ? { width: size.height, height: size.width } : size);
  drawings[caster](mask, source);
  const { width, height } = mask;
  const isFlipped = source.chance(0.5);
  // The ground and the wall that it falls on are neither level nor square to the light.
  const toMask = quadToSquare(
    (
      [
        [0, 0],
        [1, 0],
        [1, 1],
        [0, 1],
      ] as const
    ).map(([u, v]): Place => [
      (u + source.uniform(-0.35, 0.35)) * width,
      (v + source.uniform(-0.35, 0.35)) * height,
    ]),
  );
  return remapped(
    mask,
    (x, y, out) => {
      if (isTurned) toMask(y, x, out);
      else toMask(x, y, out);
      out.x *= width;
      out.y = isFlipped ? height - 1 - out.y * height : out.y * height;
    },
    "replicate",
    size,
  );
}

function drawPerson(mask: Raster, source: RandomSource): void {
  const height = source.uniform(0.25, 1.2) * mask.height;
  const cx = source.uniform(0.05, 0.95) * mask.width;
  const top = source.uniform(-0.1, 0.7) * mask.height;
  // Of one whose feet are not in the picture, as the photographer's.
  const least = source.chance(0.6) ? (mask.height - top) * source.uniform(1.1, 2.2) : 0;
  const r = Math.max(height, least) * 0.065;
  // Of a coat or a jacket.
  const hem = source.chance(0.4) ? 13 : 7;
  fillEllipse(mask, [cx, top + r], [r, r * 1.2]);
  const torso = [
    [-2.1, 2.4],
    [2.1, 2.4],
    [1.7, hem],
    [-1.7, hem],
  ] as const;
  fillPolygon(
    mask,
    torso.map(([u, v]): Place => [cx + u * r, top + v * r]),
  );
  for (const side of [-1, 1]) {
    const at = (u: number, v: number): Place => [cx + side * r * u, top + r * v];
    const knee = at(source.uniform(0.6, 2), 10);
    stroke(mask, [at(1, 6.5), knee, at(source.uniform(0.5, 3), 15)], r * 1.5);
    const elbow = at(source.uniform(2, 4.5), source.uniform(3, 6));
    stroke(mask, [at(1.9, 2.8), elbow, at(source.uniform(1, 5), source.uniform(0, 8))], r * 1.1);
  }
}

function drawBuildings(mask: Raster, source: RandomSource): void {
  const { width, height } = mask;
  for (let count = source.integer(1, 4); count > 0; count--) {
    const sides = [source.uniform(-0.2, 1.2) * width, source.uniform(-0.2, 1.2) * width] as const;
    const [left, right] = [Math.min(...sides), Math.max(...sides)];
    const top = source.uniform(0.1, 0.9) * height;
    const ridge = top - source.uniform(0, 0.25) * height;
    fillPolygon(mask, [
      [left, top],
      [(left + right) / 2, ridge],
      [right, top],
      [right, height],
      [left, height],
    ]);
  }
}

function drawFoliage(mask: Raster, source: RandomSource): void {
  const longer = Math.max(mask.width, mask.height);
  const [cx, cy] = anywhere(source, mask);
  const spread = source.uniform(0.15, 0.8) * longer * 0.5;
  const size = source.logarithmic(0.006, 0.06) * longer;
  for (let count = source.integer(30, 260); count > 0; count--) {
    const center = [cx + spread * source.normal(), cy + spread * source.normal()] as const;
    const radii = [size * source.uniform(0.5, 1.3), size * source.uniform(0.3, 0.9)] as const;
    fillEllipse(mask, center, radii, source.uniform(0, Math.PI));
  }
}

function drawFence(mask: Raster, source: RandomSource): void {
  const { width, height } = mask;
  const bars = source.integer(3, 16);
  const share = source.uniform(0.15, 0.6);
  for (let bar = 0; bar < bars; bar++) {
    const left = ((bar + source.uniform(0, 0.2)) * width) / bars;
    fillRectangle(mask, [left, 0], [left + (share * width) / bars, height]);
  }
  if (!source.chance(0.5)) return;
  for (const row of [0.3, 0.7]) fillRectangle(mask, [0, row * height], [width, (row + 0.05) * height]);
}

function drawBranches(mask: Raster, source: RandomSource): void {
  const longer = Math.max(mask.width, mask.height);
  for (let count = source.integer(3, 14); count > 0; count--) {
    const path = pen(source, 7, anywhere(source, mask), 0.5, longer * 0.06);
    stroke(mask, path, source.logarithmic(1.5, 0.03 * longer + 2));
  }
}

function drawUmbrella(mask: Raster, source: RandomSource): void {
  const [cx, cy] = anywhere(source, mask);
  const r = source.uniform(0.08, 0.4) * Math.max(mask.width, mask.height);
  const ribs = source.integer(4, 8);
  fillPolygon(
    mask,
    Array.from({ length: ribs }, (_, rib): Place => {
      const angle = (2 * Math.PI * rib) / ribs;
      return [cx + r * Math.cos(angle), cy + r * source.uniform(0.8, 1) * Math.sin(angle)];
    }),
  );
  if (!source.chance(0.6)) return;
  stroke(
    mask,
    [
      [cx, cy],
      [cx + source.uniform(-1, 1) * r, cy + 2 * r],
    ],
    r * 0.06 + 1,
  );
}

/** The edge of something large and straight. */
function drawEdge(mask: Raster, source: RandomSource): void {
  const longer = Math.max(mask.width, mask.height);
  const angle = source.uniform(0, 2 * Math.PI);
  const offset = source.uniform(-0.4, 0.4) * longer;
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  const corners = [
    [0, 2],
    [0, -2],
    [2, -2],
    [2, 2],
  ] as const;
  fillPolygon(
    mask,
    corners.map(([across, along]): Place => {
      const u = offset + across * longer;
      const v = along * longer;
      return [mask.width / 2 + u * cosine - v * sine, mask.height / 2 + u * sine + v * cosine];
    }),
  );
}

function drawHand(mask: Raster, source: RandomSource): void {
  const longer = Math.max(mask.width, mask.height);
  const cx = source.uniform(0.1, 0.9) * mask.width;
  const cy = source.uniform(0.1, 0.9) * mask.height;
  const r = source.uniform(0.05, 0.2) * longer;
  fillEllipse(mask, [cx, cy], [r, r * 1.1]);
  const turn = source.uniform(0, 2 * Math.PI);
  for (let finger = -2; finger <= 2; finger++) {
    const angle = turn + finger * source.uniform(0.25, 0.4);
    const tip = [
      cx + Math.cos(angle) * r * source.uniform(1.7, 2.6),
      cy + Math.sin(angle) * r * source.uniform(1.7, 2.6),
    ] as const;
    stroke(mask, [[cx, cy], tip], r * 0.42);
  }
  stroke(
    mask,
    [
      [cx, cy],
      [cx - Math.cos(turn) * longer, cy - Math.sin(turn) * longer],
    ],
    r * 1.3,
  );
}

function drawBlob(mask: Raster, source: RandomSource): void {
  const cx = source.uniform(0.05, 0.95) * mask.width;
  const cy = source.uniform(0.05, 0.95) * mask.height;
  const r = source.uniform(0.05, 0.35) * Math.max(mask.width, mask.height);
  for (let parts = source.integer(2, 9); parts > 0; parts--) {
    const center = [cx + source.uniform(-r, r), cy + source.uniform(-r, r)] as const;
    const radii = [r * source.uniform(0.2, 0.8), r * source.uniform(0.2, 0.8)] as const;
    fillEllipse(mask, center, radii, source.uniform(0, Math.PI));
  }
}

/**
 * The perspective that takes a quadrilateral to the unit square: the inverse of Heckbert's (Fundamentals of Texture Mapping
 * and Image Warping, 1989).
 *
 * @param corners - where (0, 0), (1, 0), (1, 1) and (0, 1) are to come from
 * @returns a function that sets `out` to where a point goes
 */
function quadToSquare(corners: readonly Place[]): (x: number, y: number, out: Point) => void {
  const [[x0, y0], [x1, y1], [x2, y2], [x3, y3]] = corners as readonly [Place, Place, Place, Place];
  const [dx1, dx2, dx3] = [x1 - x2, x3 - x2, x0 - x1 + x2 - x3];
  const [dy1, dy2, dy3] = [y1 - y2, y3 - y2, y0 - y1 + y2 - y3];
  const determinant = dx1 * dy2 - dx2 * dy1;
  const g = (dx3 * dy2 - dx2 * dy3) / determinant;
  const h = (dx1 * dy3 - dx3 * dy1) / determinant;
  const [a, b] = [x1 - x0 + g * x1, x3 - x0 + h * x3];
  const [d, e] = [y1 - y0 + g * y1, y3 - y0 + h * y3];
  // The rows of the adjugate of [a b x0; d e y0; g h 1], which is its inverse but for a factor that cancels.
  const across = [e - y0 * h, x0 * h - b, b * y0 - x0 * e] as const;
  const down = [y0 * g - d, a - x0 * g, x0 * d - a * y0] as const;
  const depth = [d * h - e * g, b * g - a * h, a * e - b * d] as const;
  return (x, y, out) => {
    const scale = 1 / (depth[0] * x + depth[1] * y + depth[2]);
    out.x = (across[0] * x + across[1] * y + across[2]) * scale;
    out.y = (down[0] * x + down[1] * y + down[2]) * scale;
  };
}

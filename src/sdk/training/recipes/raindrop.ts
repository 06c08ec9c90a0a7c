import { gaussian } from "./gaussian.js";
import { linear, luma } from "./light.js";
import { parameters } from "./parameters.js";
import { quantile } from "./quantile.js";
import type { RandomSource } from "./random-source.js";
import { lerp, type Range } from "./range.js";
import { blankField, blended, clamp, fieldOf, mapped, type Raster } from "./raster.js";
import { remapped } from "./resample.js";
import { smoothField } from "./smooth-field.js";

const p = parameters.raindrop;

/** Kinds of {@link raindrop}. */
type RaindropKind = keyof typeof p.kinds;

/** How wide the edge of a drop is, in radii. */
const edges: Readonly<Record<RaindropKind, Range>> = {
  sharp: [0.12, 0.4],
  soft: [0.4, 1.3],
  dust: [0.2, 0.9],
  lamps: [0.08, 0.4],
};

/** What the drops of a picture have in common. */
interface Rain {
  readonly kind: RaindropKind;
  /** The middle radius, in pixels. */
  readonly radius: number;
  /** How dark their edges are. */
  readonly edgeDark: number;
  /** How wide their angle is: what a drop shows is so many times as far from its middle, on the other side. */
  readonly angle: number;
}

/** What the drops do to each pixel; one channel each. */
interface Drops {
  /** How much of the pixel is behind water, 0..1. */
  readonly alpha: Raster;
  /** The column that its light comes from. */
  readonly fromX: Raster;
  /** The row that its light comes from. */
  readonly fromY: Raster;
  /** Light that the drop adds or takes. */
  readonly shine: Raster;
}

/**
 * Drops on the lens or the window, from dust-like to a sixth of the frame: in focus they show the scene upside down, out of
 * focus they are discs of its blurred light, at night of lamps; some run down.
 */
export function raindrop(x: Raster, severity: number, source: RandomSource, kind?: RaindropKind): Raster {
  const { width, height } = x;
  const way = kind ?? source.weighted(p.kinds);
  const isDust = way === "dust";
  const size: Range = isDust ? [0.004, 0.012] : p.radius;
  const radius = Math.max(1.6, source.logarithmic(...size) * Math.max(width, height));
  const covered = lerp(p.coverage, severity) * source.uniform(0.4, 1.1) * (isDust ? 0.4 : 1);
  const count = Math.min(Math.max((covered * width * height) / (Math.PI * radius ** 2), 2), 220);
  const rain = { kind: way, radius, edgeDark: source.uniform(0, 0.5), angle: source.logarithmic(...p.angle) };
  const drops = placeDrops(x, Math.trunc(count), rain, source);
  const scene = sceneOf(x, rain, source);
  const seen = remapped(
    scene,
    (column, row, out) => {
      out.x = drops.fromX.data[row * width + column]!;
      out.y = drops.fromY.data[row * width + column]!;
    },
    "reflect",
  );
  // The window may be wet all over.
  const window = source.chance(0.25) ? gaussian(x, source.uniform(0.5, 2)) : x;
  const light = way === "soft" ? gathered(seen, source) : seen;
  const water = mapped(light, (value, index) => clamp(value + drops.shine.data[(index / 3) | 0]!));
  return blended(window, drops.alpha, water);
}

/** A drop out of focus gathers the light of half the sky, as every seventh pixel tells it. */
function gathered(seen: Raster, source: RandomSource): Raster {
  const share = source.uniform(...p.gathered);
  const length = Math.ceil(seen.data.length / 21);
  const light = [0, 1, 2].map((channel) => {
    const samples = Float32Array.from({ length }, (_, pixel) => seen.data[21 * pixel + channel]!);
    return quantile(samples, share);
  });
  const amount = source.uniform(...p.evened);
  return mapped(seen, (value, index) => value + (light[index % 3]! - value) * amount);
}

/** What is seen through the drops: the scene out of focus, at night with its points of light as discs. */
function sceneOf(x: Raster, { kind, radius, angle }: Rain, source: RandomSource): Raster {
  const longer = Math.max(x.width, x.height);
  const softness: Readonly<Record<RaindropKind, Range>> = {
    sharp: [0.6, 2],
    soft: [0.012 * longer, 0.05 * longer],
    dust: [1, 4],
    lamps: [0.01 * longer, 0.04 * longer],
  };
  // A scene that is made smaller loses its detail.
  const scene = gaussian(x, Math.max(source.uniform(...softness[kind]), 0.3 * angle));
  if (kind !== "lamps") return scene;
  const brightness = luma(x).data;
  const lamps = mapped(
    linear(x),
    (value, index) => value * clamp((brightness[(index / 3) | 0]! - 0.6) / 0.4),
  );
  const discs = gaussian(lamps, radius * 0.4).data;
  return mapped(scene, (value, index) => clamp(value * 0.8 + 1.5 * discs[index]!));
}

function placeDrops(x: Raster, count: number, rain: Rain, source: RandomSource): Drops {
  const { width, height } = x;
  const where = source.chance(0.5) ? smoothField(source, x, 3) : undefined;
  const drops: Drops = {
    alpha: blankField(x),
    fromX: fieldOf(x, (column) => column),
    fromY: fieldOf(x, (_, row) => row),
    shine: blankField(x),
  };
  let placed = 0;
  for (let drop = 0; drop < count; drop++) {
    const radius = Math.min(rain.radius * source.logarithmic(0.4, 2.2), Math.max(width, height) / 9);
    const centerX = source.uniform(0, width);
    const centerY = source.uniform(0, height);
    const pixel =
      Math.min(height - 1, Math.floor(centerY)) * width + Math.min(width - 1, Math.floor(centerX));
    // Where they are few some are left out, but never all.
    if (placed > 0 && where !== undefined && where.data[pixel]! < source.uniform(0, 0.8)) continue;
    placed++;
    placeDrop(drops, centerX, centerY, radius, rain, source);
  }
  return drops;
}

/** Lays one drop over those that it hides more than. */
function placeDrop(
  { alpha, fromX, fromY, shine }: Drops,
  centerX: number,
  centerY: number,
  radius: number,
  { kind, edgeDark, angle }: Rain,
  source: RandomSource,
): void {
  const { width, height } = alpha;
  const runs = source.chance(p.rivulet * 0.3);
  const tall = radius * (runs ? source.uniform(3, 12) : source.uniform(1, 1.5));
  const bumps = {
    height: source.uniform(0, 0.22),
    count: source.integer(2, 4),
    turn: source.uniform(0, 6),
  };
  const edge = source.uniform(...edges[kind]);
  const opacity = source.uniform(...p.opacity) * (kind === "soft" ? 0.75 : 1);
  const wide = angle * source.uniform(0.7, 1.3);
  const light = source.uniform(...p.shine);
  const glint = source.chance(0.4) ? source.uniform(0.1, 0.5) : 0;
  const reachX = Math.ceil(radius * 2.2 + 2);
  const reachY = Math.ceil(tall * 2.2 + 2);
  const lastX = Math.min(width - 1, Math.floor(centerX) + reachX);
  const lastY = Math.min(height - 1, Math.floor(centerY) + reachY);
  for (let y = Math.max(0, Math.floor(centerY) - reachY); y <= lastY; y++) {
    for (let x = Math.max(0, Math.floor(centerX) - reachX); x <= lastX; x++) {
      const dx = x - centerX;
      const dy = y - centerY;
      const u = dx / radius;
      const v = dy / tall;
      const bump = 1 + bumps.height * Math.sin(Math.atan2(dy, dx) * bumps.count + bumps.turn);
      const distance = Math.sqrt(u * u + v * v) / bump;
      const water = clamp((1 - distance) / edge + 0.5) * opacity;
      const pixel = y * width + x;
      if (water <= alpha.data[pixel]!) continue;
      alpha.data[pixel] = water;
      fromX.data[pixel] = centerX - dx * wide;
      fromY.data[pixel] = centerY - dy * wide;
      const inside = light * (1 - Math.min(distance, 1));
      const rim = edgeDark * Math.min(Math.max(distance - 0.6, 0), 0.4);
      shine.data[pixel] = inside - rim + glint * Math.exp(-((u + 0.35) ** 2 + (v + 0.4) ** 2) / 0.03);
    }
  }
}

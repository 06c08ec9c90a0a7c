import { drawHandwriting } from "./drawn-on.js";
import { gaussian } from "./gaussian.js";
import { parameters } from "./parameters.js";
import { anywhere, cover, fillEllipse, fillPolygon, pen, stroke, type Place } from "./pen.js";
import type { RandomSource } from "./random-source.js";
import { lerp } from "./range.js";
import { blankField, blended, clamp, mapped, type Raster } from "./raster.js";
import { specks } from "./specks.js";

const p = parameters.inpainting;

/** How often each thing happens to a print. */
const shares = {
  crease: 3,
  crack: 3,
  scratch: 3,
  dust: 3,
  stain: 2,
  corner: 1,
  tear: 1.5,
  foxing: 1.5,
  scrape: 1.5,
  writing: 0.8,
} as const;

/** A print on its way through the drawer. */
interface Print {
  /** The picture under the marks. */
  picture: Raster;
  /** Where the paper shows, one channel. */
  readonly light: Raster;
  /** Where dirt or ink lies, one channel. */
  readonly dark: Raster;
  /** The longer side, in pixels. */
  readonly longer: number;
}

const wear: Readonly<Record<keyof typeof shares, (print: Print, source: RandomSource) => void>> = {
  crease,
  crack,
  scratch,
  dust: dusty,
  stain,
  corner,
  tear,
  foxing,
  scrape,
  writing: ({ dark }, source) => drawHandwriting(dark, source),
};

/** A print that was folded, torn, wetted and kept in a drawer. */
export function worn(x: Raster, severity: number, source: RandomSource): Raster {
  const print: Print = {
    picture: x,
    light: blankField(x),
    dark: blankField(x),
    longer: Math.max(x.width, x.height),
  };
  const most = Math.max(1, Math.round(lerp(p.marks, severity) / 3));
  for (let count = source.integer(1, most); count > 0; count--) wear[source.weighted(shares)](print, source);
  const white = source.uniform(0.82, 1);
  const paper = [1, source.uniform(0.93, 1), source.uniform(0.8, 1)].map((value) => value * white);
  const black = source.uniform(0, 0.2);
  const y = cover(print.picture, print.light, paper, source.uniform(0, 0.9));
  return cover(y, print.dark, [black, black, black], source.uniform(0, 0.9));
}

/** Straight from edge to edge, pale in the fold and dark beside it. */
function crease({ light, dark, longer }: Print, source: RandomSource): void {
  const path = pen(source, 10, anywhere(source, light), 0.06, longer * 0.12);
  stroke(light, path, source.uniform(1, 3), source.integer(120, 255) / 255);
  if (!source.chance(0.5)) return;
  const beside = path.map(([x, y]): Place => [x + 2, y + 2]);
  stroke(dark, beside, source.uniform(1, 2), source.integer(60, 140) / 255);
}

function crack({ light, longer }: Print, source: RandomSource): void {
  for (let count = source.integer(1, 8); count > 0; count--) {
    const step = longer * source.uniform(0.008, 0.03);
    const path = pen(source, source.integer(4, 16), anywhere(source, light), 0.9, step);
    stroke(light, path, source.uniform(1, 2), source.integer(140, 255) / 255);
  }
}

/** What is scratched or lies on a print is mostly pale. */
function layerOf({ light, dark }: Print, source: RandomSource): Raster {
  return source.chance(0.75) ? light : dark;
}

function scratch(print: Print, source: RandomSource): void {
  const layer = layerOf(print, source);
  const step = print.longer * source.logarithmic(0.005, 0.08);
  const path = pen(source, 8, anywhere(source, layer), 0.1, step);
  stroke(layer, path, source.uniform(1, 3), source.integer(90, 255) / 255);
}

function dusty(print: Print, source: RandomSource): void {
  specks(source, layerOf(print, source), source.integer(...p.dust));
}

function stain(print: Print, source: RandomSource): void {
  const blot = blankField(print.picture);
  const place = anywhere(source, blot);
  const r = source.uniform(...p.stain) * print.longer;
  const [cx, cy] = source.chance(0.5) ? nearCorner(place, blot) : place;
  for (let part = 0; part < 6; part++) {
    const center = [cx + source.uniform(-r, r) / 2, cy + source.uniform(-r, r) / 2] as const;
    const radius = r * source.uniform(0.3, 0.8);
    fillEllipse(blot, center, [radius, radius]);
  }
  let spot = gaussian(blot, source.uniform(1, 5));
  if (source.chance(0.5)) spot = rimmed(spot);
  const color = [source.uniform(0.35, 0.8), source.uniform(0.2, 0.55), source.uniform(0, 0.4)];
  const strength = source.uniform(0.25, 0.9);
  const share = mapped(spot, (value) => clamp(value * strength));
  print.picture = blended(print.picture, share, color);
}

/** Where hands, glue and damp come: nearer to the next corner. */
function nearCorner([x, y]: Place, { width, height }: Raster): Place {
  const drawn = (at: number, side: number): number => (at < side / 2 ? at * 0.2 : side - (side - at) * 0.2);
  return [drawn(x, width), drawn(y, height)];
}

/** A rim where the water stood. */
function rimmed(spot: Raster): Raster {
  const inner = gaussian(spot, 5).data;
  return mapped(spot, (value, pixel) => 0.35 * value + 1.3 * clamp(value - inner[pixel]!));
}

/** Brown spots of age. */
function foxing(print: Print, source: RandomSource): void {
  const spots = blankField(print.picture);
  for (let count = source.integer(5, 60); count > 0; count--) {
    const radius = source.logarithmic(0.8, 0.012 * print.longer);
    const strength = source.integer(60, 200) / 255;
    fillEllipse(spots, anywhere(source, spots), [radius, radius], 0, strength);
  }
  print.picture = blended(print.picture, gaussian(spots, 1.2), [0.5, 0.34, 0.18]);
}

/** A corner that is missing, torn off raggedly. */
function corner({ light, dark, longer }: Print, source: RandomSource): void {
  const { width, height } = light;
  const right = source.chance(0.5);
  const below = source.chance(0.5);
  const size = source.uniform(0.03, 0.18) * longer;
  const at = (u: number, v: number): Place => [
    right ? width - u * size : u * size,
    below ? height - v * size : v * size,
  ];
  const ragged = [0.25, 0.5, 0.75].map((t) =>
    at((1 - t) * source.uniform(0.7, 1.2), t * source.uniform(0.7, 1.2)),
  );
  const ends = [at(source.uniform(0.6, 1.2), 0), at(0, source.uniform(0.6, 1.2))] as const;
  fillPolygon(source.chance(0.7) ? light : dark, [at(0, 0), ends[0], ...ragged, ends[1]]);
}

/** From an edge inwards, or along it. */
function tear({ light, longer }: Print, source: RandomSource): void {
  const [x, y] = anywhere(source, light);
  const start = source.choice([
    [0, y],
    [light.width, y],
    [x, 0],
    [x, light.height],
  ] as const);
  const step = longer * source.uniform(0.015, 0.05);
  stroke(light, pen(source, source.integer(4, 14), start, 0.5, step), source.uniform(1.5, 5));
}

/** A patch that is rubbed off in part. */
function scrape({ light, longer }: Print, source: RandomSource): void {
  const patch = blankField(light);
  const path = pen(source, 5, anywhere(source, light), 0.8, longer * 0.03);
  stroke(patch, path, longer * source.uniform(0.01, 0.05));
  const share = source.uniform(0.2, 0.8);
  for (let pixel = 0; pixel < patch.data.length; pixel++) {
    if (patch.data[pixel]! > 0 && source.chance(share)) light.data[pixel] = 230 / 255;
  }
}

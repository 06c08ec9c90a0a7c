import { throwIfAborted } from "../base/index.js";
import type { Executor, ExecutorRun, PixelBlock } from "../engine/index.js";
import { PixelImage, readRgb, requirePixels, writeRgb, type Rect, type SrgbTones } from "../image/index.js";
import type { RestoreOptions } from "./options.js";
import type { RestoreWork } from "./restore-work.js";
import { statisticsBlocks } from "./statistics-blocks.js";
import { TileBlender, type FinishedPart } from "./tile-blender.js";
import { coversImage, planTiles, type Tile, type TilePlan } from "./tiles.js";

/**
 * Side of a tile, in pixels, if nobody asks for another: near the fastest whose memory a machine can spare. In tiles of 768,
 * which take 120 MB each, photos of 3 and 12 megapixels cost 1.09 and 1.13 times their pixels.
 */
export function defaultTileSize({ backend, kind }: Pick<Executor, "backend" | "kind">): number {
  if (backend === "webgpu") return 896;
  if (backend === "cpu") return 64;
  return kind === "wasm" ? 768 : 256;
}

/**
 * Context around a tile in pixels. With the shipped model, tiles of 128 lose 0.0003 dB by it against an image in one piece,
 * 0.0000 by 32 and nothing at all by 48 (`npm run bench:scaling`); they would compute a tenth and a third more.
 */
const margin = 24;
/** How far two neighbouring tiles are mixed to each side of their border, in pixels. */
const feather = 16;

/** What {@link restoreImage} needs besides the caller's options. */
export interface RestoreImageContext {
  readonly run: ExecutorRun;
  /** The input as the network sees it: with colour bled under its transparent pixels, and sRGB's tones. */
  readonly visible: PixelImage;
  /** Leads from what the network sees to the input's own tones; undefined if they are the same. */
  readonly tones: SrgbTones | undefined;
  /** Kept side of a tile in pixels. */
  readonly tileSize: number;
  /** The backbone's stride in pixels. */
  readonly stride: number;
  /** Whether the device had no memory for larger tiles: then the statistics take no more than a tile either. */
  readonly isShortOfMemory: boolean;
  /** Told how far it is. */
  readonly work: RestoreWork;
  /** Told how long the preparation took, in milliseconds. */
  readonly onPrepared: () => void;
}

/**
 * The tiles of a restore.
 *
 * @param image - the input
 * @param options - the caller's
 * @param sizes - kept side of a tile, and the backbone's stride, in pixels
 * @throws {@link LimpidError} `InvalidTileSize`
 */
export function tilesOf(
  { width, height }: PixelImage,
  { region = { x: 0, y: 0, width, height } }: RestoreOptions,
  { tileSize, stride }: Pick<RestoreImageContext, "tileSize" | "stride">,
): TilePlan {
  return planTiles({ width, height, region, size: tileSize, margin, stride });
}

/**
 * Restores an image tile by tile. Memory beyond the input and the result is that of a tile and of the strips along the borders of
 * tiles whose neighbours are still to come.
 *
 * @param original - the input; not changed
 * @returns the result and the number of tiles
 */
export async function restoreImage(
  original: PixelImage,
  options: RestoreOptions,
  context: RestoreImageContext,
): Promise<{ image: PixelImage; tiles: number }> {
  const { width, height } = original;
  const { run, visible, tileSize, stride, isShortOfMemory, work } = context;
  const { signal, strength = 1, mask } = options;
  const region = options.region ?? { x: 0, y: 0, width, height };
  const plan = tilesOf(original, options, context);
  work.plan(original, plan);
  run.announce?.(plan.count);
  if (!coversImage(plan, original)) {
    const memory = isShortOfMemory ? tileSize : undefined;
    const blocks = statisticsBlocks(visible, stride, memory);
    await run.measure(blocks, { ...signalOnly(signal), onProgress: work.measured });
  }
  context.onPrepared();
  const check = (): void => [original, visible, ...(mask ? [mask] : [])].forEach(requirePixels);
  check();
  const image = original.clone();
  const blender = new TileBlender(plan, Math.min(feather, tileSize / 2));
  const tiles = inOrder(plan.rows.flat(), options.startAt);
  const results = restoreInOrder(tiles, visible, check, run, signal);
  for await (const { tile, result } of results) {
    const finished = blender.add(tile, result);
    await work.tile({ tile: tile.keep, preview: previewOf(tile, result) });
    check();
    for (const part of finished) {
      context.tones?.decode(part.rgb);
      writePart(image, original, part, region, strength, mask);
    }
  }
  return { image, tiles: plan.count };
}

/** Tiles from a point outwards, those equally far in reading order; all in reading order if there is none. */
function inOrder(tiles: readonly Tile[], startAt: RestoreOptions["startAt"]): readonly Tile[] {
  if (startAt === undefined) return tiles;
  const distance = ({ keep: { x, y, width, height } }: Tile): number =>
    Math.hypot(x + width / 2 - startAt.x, y + height / 2 - startAt.y);
  return [...tiles].sort((a, b) => distance(a) - distance(b));
}

/**
 * Restores tiles, as many at once as the run makes use of, and hands them out in their order. A tile that fails, or a
 * consumer that leaves, ends it once nothing is under way any more. `check` is asked before pixels are read.
 */
async function* restoreInOrder(
  tiles: readonly Tile[],
  visible: PixelImage,
  check: () => void,
  run: ExecutorRun,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ readonly tile: Tile; readonly result: PixelBlock }, void> {
  const underWay: Promise<PixelBlock>[] = [];
  let started = 0;
  try {
    for (const tile of tiles) {
      for (; underWay.length < run.overlap && started < tiles.length; started++) {
        throwIfAborted(signal);
        check();
        const { source } = tiles[started]!;
        const block = { width: source.width, height: source.height, rgb: readRgb(visible, source) };
        const result = run.restore(block, signalOnly(signal));
        // It is awaited when its turn comes; until then the runtime must not report its failure as unhandled.
        result.catch(() => undefined);
        underWay.push(result);
      }
      yield { tile, result: await underWay.shift()! };
    }
  } finally {
    await Promise.allSettled(underWay);
  }
}

function signalOnly(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

/** Writes what of a part lies in the region, mixed with the original by strength and mask. */
function writePart(
  image: PixelImage,
  original: PixelImage,
  { rect, rgb }: FinishedPart,
  region: Rect,
  strength: number,
  mask: PixelImage | undefined,
): void {
  const top = Math.max(rect.y, region.y);
  const bottom = Math.min(rect.y + rect.height, region.y + region.height);
  const left = Math.max(rect.x, region.x);
  const right = Math.min(rect.x + rect.width, region.x + region.width);
  if (right <= left) return;
  for (let y = top; y < bottom; y++) {
    const start = ((y - rect.y) * rect.width + (left - rect.x)) * 3;
    const line = { x: left, y, width: right - left, height: 1 };
    const restored = rgb.subarray(start, start + line.width * 3);
    if (strength === 1 && mask === undefined) {
      writeRgb(image, line, restored);
      continue;
    }
    const input = readRgb(original, line);
    const share = mask === undefined ? undefined : readRgb(mask, line);
    for (let index = 0; index < restored.length; index++) {
      const before = input[index]!;
      input[index] = before + strength * (share?.[index] ?? 1) * (restored[index]! - before);
    }
    writeRgb(image, line, input);
    if (share !== undefined) keepUnmasked(image, original, line, share);
  }
}

/** Copies the samples where the mask is black, which a round trip through floats could change in the last bit. */
function keepUnmasked(image: PixelImage, original: PixelImage, line: Rect, share: Float32Array): void {
  const { channels } = original;
  const start = (line.y * original.width + line.x) * channels;
  for (let x = 0; x < line.width; x++) {
    if (share[x * 3] !== 0) continue;
    const offset = start + x * channels;
    for (let channel = 0; channel < channels; channel++) {
      image.data[offset + channel] = original.data[offset + channel]!;
    }
  }
}

/** A tile's own part as an 8-bit image. */
function previewOf({ source, keep }: Tile, { width, rgb }: PixelBlock): PixelImage {
  const preview = new PixelImage({
    width: keep.width,
    height: keep.height,
    channels: 3,
    data: new Uint8Array(keep.width * keep.height * 3),
  });
  for (let y = 0; y < keep.height; y++) {
    const start = ((keep.y - source.y + y) * width + (keep.x - source.x)) * 3;
    const line = { x: 0, y, width: keep.width, height: 1 };
    writeRgb(preview, line, rgb.subarray(start, start + keep.width * 3));
  }
  return preview;
}

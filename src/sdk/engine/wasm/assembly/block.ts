import { ADD, convolve, GATE, STORE } from "./convolution";
import { mix } from "./mix";
import { normalize } from "./normalization";

/** A NAFNet block on the features of one image; the host writes it, in the order of `blockFields` in `records.ts`. */
@unmanaged
export class Block {
  /** [height, width, channels]; restored in place. */
  features: usize;
  /** From one row of the features to the next, in bytes. */
  rowStride: usize;
  width: usize;
  height: usize;
  channels: usize;
  /** Weights of the convolutions: the expanding one in pairs, the depthwise one, the one after channel attention. */
  expand: usize;
  depthwise: usize;
  project: usize;
  /** Weights of the feed-forward part's two convolutions, the first in pairs. */
  widen: usize;
  narrow: usize;
  /** Three expanded rows of a band, [3, channels / 4, pixels, 8]. */
  window: usize;
  /** An expanded row of zeros, for above the first row and below the last. */
  zeros: usize;
  /** From one of their groups to the next, in bytes. */
  groupStride: usize;
  /** Of each image row, the expanded pixel to the left of the band: [height, channels / 4, 8]. */
  column: usize;
  /** Room for a band's normalised row, and for a gated one. */
  normalized: usize;
  products: usize;
  /** The gated features: a row of a band, or all of the image, [height, width, channels], if attention is to be measured. */
  gated: usize;
  /** From one row of the gated features to the next, in bytes; 0 if they are one row. */
  gatedStride: usize;
  /** The sums of the gated features by channel, f64; 0 if attention is known. */
  sums: usize;
}

/** The block's first half, up to the gate. */
const MIX: usize = 1;
/** What comes after channel attention. */
const FINISH: usize = 2;

/**
 * Runs a block, or half of it, over some rows of a band of columns. A band's rows are run from the first to the last, in as
 * many calls as one likes; bands from left to right.
 *
 * @param at - the block
 * @param parts - 1: up to the gate, into the gated features; 2: from there to the end; 3: both
 * @param left - the band's first column
 * @param right - after its last
 * @param from - the first row
 * @param to - after the last
 */
export function runBlock(at: usize, parts: usize, left: usize, right: usize, from: usize, to: usize): void {
  const block = changetype<Block>(at);
  const channels = block.channels;
  const size = channels << 2;
  const pixels = right - left;
  const groupStride = block.groupStride;
  const rowSize = (channels >> 2) * groupStride;
  const window = block.window;
  const zeros = block.zeros;
  if (parts & MIX && from === 0) expandRow(block, left, right, 0);
  for (let y = from; y < to; y++) {
    const gated = block.gated + y * block.gatedStride + (block.gatedStride > 0 ? left * size : 0);
    if (parts & MIX) {
      if (y + 1 < block.height) expandRow(block, left, right, y + 1);
      // The whole picture's gated rows have no room to the right of a band.
      const mixed = block.gatedStride > 0 ? block.products : gated;
      mix(
        y > 0 ? window + ((y - 1) % 3) * rowSize : zeros,
        window + (y % 3) * rowSize,
        y + 1 < block.height ? window + ((y + 1) % 3) * rowSize : zeros,
        groupStride,
        pixels,
        channels,
        block.depthwise,
        mixed,
      );
      if (block.gatedStride > 0) memory.copy(gated, mixed, pixels * size);
      if (block.sums > 0) addToSums(mixed, pixels, size, block.sums);
    }
    if (parts & FINISH) finishRow(block, gated, left, pixels, y);
  }
}

/** Normalises a row of a band and expands it into the window, the pixels to both sides too. */
function expandRow(block: Block, left: usize, right: usize, y: usize): void {
  const channels = block.channels;
  const size = channels << 2;
  const groups = channels >> 2;
  const groupStride = block.groupStride;
  const row = block.window + (y % 3) * groups * groupStride;
  const column = block.column + y * 2 * size;
  if (left > 0) {
    for (let group: usize = 0; group < groups; group++) {
      memory.copy(row + group * groupStride, column + group * 32, 32);
    }
  } else {
    clearPixel(row, groups, groupStride);
  }
  const hasMore = right < block.width;
  const pixels = right - left + <usize>hasMore;
  normalize(block.features + y * block.rowStride + left * size, pixels, channels, block.normalized);
  convolve(
    block.normalized,
    size,
    1,
    0,
    channels,
    block.expand,
    2 * channels,
    row + 32,
    32,
    groupStride,
    pixels,
    STORE,
  );
  if (hasMore) {
    const last = row + pixels * 32 - 32;
    for (let group: usize = 0; group < groups; group++) {
      memory.copy(column + group * 32, last + group * groupStride, 32);
    }
  } else {
    clearPixel(row + (pixels + 1) * 32, groups, groupStride);
  }
}

function clearPixel(pixel: usize, groups: usize, groupStride: usize): void {
  for (let group: usize = 0; group < groups; group++) memory.fill(pixel + group * groupStride, 0, 32);
}

/** What comes after channel attention, whose factors are part of the weights. */
function finishRow(block: Block, gated: usize, left: usize, pixels: usize, y: usize): void {
  const channels = block.channels;
  const size = channels << 2;
  const row = block.features + y * block.rowStride + left * size;
  convolve(gated, size, 1, 0, channels, block.project, channels, row, size, 32, pixels, ADD);
  normalize(row, pixels, channels, block.normalized);
  convolve(
    block.normalized,
    size,
    1,
    0,
    channels,
    block.widen,
    2 * channels,
    block.products,
    size,
    16,
    pixels,
    GATE,
  );
  convolve(block.products, size, 1, 0, channels, block.narrow, channels, row, size, 32, pixels, ADD);
}

/** Adds some pixels to the sums of their channels. */
function addToSums(gated: usize, pixels: usize, size: usize, sums: usize): void {
  const end = gated + pixels * size;
  for (let channel: usize = 0; channel < size; channel += 16) {
    let sum = f32x4.splat(0);
    for (let at = gated + channel; at < end; at += size) sum = f32x4.add(sum, v128.load(at));
    const place = sums + 2 * channel;
    const low = f64x2.promote_low_f32x4(sum);
    const high = f64x2.promote_low_f32x4(v128.shuffle<f32>(sum, sum, 2, 3, 2, 3));
    v128.store(place, f64x2.add(v128.load(place), low));
    v128.store(place, f64x2.add(v128.load(place, 16), high), 16);
  }
}

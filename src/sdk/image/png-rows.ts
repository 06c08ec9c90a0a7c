import { LimpidError } from "../base/index.js";
import { unfilter } from "./png-filter.js";
import type { PngHeader } from "./png-header.js";

/** A pass: its pixels are those at `x0 + i * dx`, `y0 + j * dy`. */
interface Pass {
  readonly x0: number;
  readonly y0: number;
  readonly dx: number;
  readonly dy: number;
}

const whole: readonly Pass[] = [{ x0: 0, y0: 0, dx: 1, dy: 1 }];

/** Adam7 (PNG specification, third edition, 8.1). */
const adam7: readonly Pass[] = [
  { x0: 0, y0: 0, dx: 8, dy: 8 },
  { x0: 4, y0: 0, dx: 8, dy: 8 },
  { x0: 0, y0: 4, dx: 4, dy: 8 },
  { x0: 2, y0: 0, dx: 4, dy: 4 },
  { x0: 0, y0: 2, dx: 2, dy: 4 },
  { x0: 1, y0: 0, dx: 2, dy: 2 },
  { x0: 0, y0: 1, dx: 1, dy: 2 },
];

interface PassSize extends Pass {
  readonly columns: number;
  readonly rows: number;
  /** Bytes a row, without its filter number. */
  readonly rowLength: number;
}

function passesOf({ width, height, bitDepth, samples, isInterlaced }: PngHeader): PassSize[] {
  return (isInterlaced ? adam7 : whole)
    .map((pass) => {
      const columns = Math.ceil(Math.max(0, width - pass.x0) / pass.dx);
      const rows = Math.ceil(Math.max(0, height - pass.y0) / pass.dy);
      return { ...pass, columns, rows, rowLength: Math.ceil((columns * samples * bitDepth) / 8) };
    })
    .filter(({ columns, rows }) => columns > 0 && rows > 0);
}

/** Bytes of all rows with their filter numbers: what the compressed stream must hold. */
export function rawLength(header: PngHeader): number {
  return passesOf(header).reduce((sum, { rows, rowLength }) => sum + rows * (rowLength + 1), 0);
}

/**
 * Turns filtered rows into samples as they are stored: indices of a palette, or 0 to 2^depth - 1.
 *
 * @param raw - as many bytes as {@link rawLength} says; used up
 * @returns [height, width, samples]
 * @throws {@link LimpidError} `CorruptImage` for a filter that does not exist
 */
export function readPngRows(header: PngHeader, raw: Uint8Array): Uint8Array | Uint16Array {
  const { width, height, bitDepth, samples } = header;
  const pixelLength = Math.max(1, (samples * bitDepth) / 8);
  const length = width * height * samples;
  const stored = bitDepth === 16 ? new Uint16Array(length) : new Uint8Array(length);
  let offset = 0;
  for (const { x0, y0, dx, dy, columns, rows, rowLength } of passesOf(header)) {
    const size = rows * (rowLength + 1);
    const bytes = raw.subarray(offset, offset + size);
    if (!unfilter(bytes, rowLength, rows, pixelLength)) {
      throw new LimpidError("CorruptImage", "a row of the PNG file has a filter that does not exist");
    }
    for (let row = 0; row < rows; row++) {
      const source = row * (rowLength + 1) + 1;
      const target = ((y0 + row * dy) * width + x0) * samples;
      if (bitDepth === 8 && dx === 1) {
        stored.set(bytes.subarray(source, source + rowLength), target);
      } else {
        readRow(bytes, source, bitDepth, stored, target, columns, samples, dx * samples);
      }
    }
    offset += size;
  }
  return stored;
}

/** Writes the samples of one row, `step` samples apart. */
function readRow(
  bytes: Uint8Array,
  source: number,
  bitDepth: PngHeader["bitDepth"],
  stored: Uint8Array | Uint16Array,
  target: number,
  columns: number,
  samples: number,
  step: number,
): void {
  const mask = (1 << bitDepth) - 1;
  for (let column = 0, index = 0; column < columns; column++, target += step) {
    for (let sample = 0; sample < samples; sample++, index++) {
      const at = source + ((index * bitDepth) >> 3);
      stored[target + sample] =
        bitDepth === 16
          ? (bytes[at]! << 8) | bytes[at + 1]!
          : (bytes[at]! >> (8 - bitDepth - ((index * bitDepth) & 7))) & mask;
    }
  }
}

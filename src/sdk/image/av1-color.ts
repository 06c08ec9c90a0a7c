/** Colour primaries and transfer curve by their numbers in ITU-T H.273. */
export interface CodePoints {
  readonly primaries: number;
  readonly transfer: number;
}

const temporalDelimiter = 2;
const sequenceHeader = 1;

/**
 * Reads what an AV1 stream says of its colours (AV1 specification, 5.5): for AVIF files without a `colr` box.
 *
 * @param units - a photo's data, or the units in its `av1C` box; either may begin with another unit than the sequence header
 * @returns undefined if it says nothing, or this is no AV1 stream
 */
export function readAv1Color(units: Uint8Array): CodePoints | undefined {
  for (let at = 0; at < units.length;) {
    const header = units[at]!;
    const type = header >> 3;
    const hasSize = (header & 2) !== 0;
    let start = at + ((header & 4) === 0 ? 1 : 2);
    let size = units.length - start;
    if (hasSize) {
      size = 0;
      for (let shift = 0; shift < 35; shift += 7) {
        const byte = units[start++] ?? 0;
        size += (byte & 127) * 2 ** shift;
        if (byte < 128) break;
      }
    }
    if (type === sequenceHeader) return readSequenceHeader(units.subarray(start, start + size));
    if (type !== temporalDelimiter) return undefined;
    at = start + size;
  }
  return undefined;
}

/** Steps over everything that comes before the colours, 5.5.1 to 5.5.2. */
function readSequenceHeader(bytes: Uint8Array): CodePoints | undefined {
  let position = 0;
  const read = (bits: number): number => {
    let value = 0;
    for (let count = 0; count < bits; count++, position++) {
      value = value * 2 + (((bytes[position >> 3] ?? 0) >> (7 - (position & 7))) & 1);
    }
    return value;
  };
  const has = (): boolean => read(1) === 1;
  const profile = read(3);
  read(1);
  const isReduced = has();
  if (isReduced) read(5);
  else skipOperatingPoints(read, has);
  const [widthBits, heightBits] = [read(4) + 1, read(4) + 1];
  read(widthBits + heightBits);
  if (!isReduced && has()) read(7);
  read(3);
  if (!isReduced) {
    read(4);
    const hasOrder = has();
    if (hasOrder) read(2);
    const isScreenContent = has() || has();
    if (isScreenContent && !has()) read(1);
    if (hasOrder) read(3);
  }
  read(3);
  const isDeep = has();
  if (profile === 2 && isDeep) read(1);
  if (profile !== 1) read(1);
  const isDescribed = has();
  const [primaries, transfer] = [read(8), read(8)];
  return isDescribed && position <= bytes.length * 8 ? { primaries, transfer } : undefined;
}

function skipOperatingPoints(read: (bits: number) => number, has: () => boolean): void {
  let delayBits: number | undefined;
  if (has()) {
    read(64);
    if (has()) skipExponentialGolomb(read, has);
    if (has()) {
      delayBits = read(5) + 1;
      read(42);
    }
  }
  const hasDisplayDelay = has();
  for (let left = read(5) + 1; left > 0; left--) {
    read(12);
    if (read(5) > 7) read(1);
    if (delayBits !== undefined && has()) read(2 * delayBits + 1);
    if (hasDisplayDelay && has()) read(4);
  }
}

/** As many bits as there were zeros before the first one. */
function skipExponentialGolomb(read: (bits: number) => number, has: () => boolean): void {
  let zeros = 0;
  while (zeros < 32 && !has()) zeros++;
  read(zeros);
}

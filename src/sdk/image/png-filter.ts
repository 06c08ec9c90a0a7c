/**
 * The five filters of PNG (specification, third edition, 9.2), by their number: each predicts a byte from its neighbours, the
 * byte a pixel to the left, the one above, and the one above to the left.
 */
const predictors: readonly ((left: number, up: number, upLeft: number) => number)[] = [
  () => 0,
  (left) => left,
  (_, up) => up,
  (left, up) => (left + up) >> 1,
  paeth,
];

/** Whichever of the three neighbours is nearest to left + up - upLeft. */
function paeth(left: number, up: number, upLeft: number): number {
  const byLeft = Math.abs(up - upLeft);
  const byUp = Math.abs(left - upLeft);
  const byUpLeft = Math.abs(left + up - 2 * upLeft);
  if (byLeft <= byUp && byLeft <= byUpLeft) return left;
  return byUp <= byUpLeft ? up : upLeft;
}

/**
 * Takes the filters off rows in place.
 *
 * @param bytes - rows, each a filter number and `rowLength` bytes
 * @param rowLength - bytes a row, without the filter number
 * @param rows - how many rows
 * @param pixelLength - bytes a pixel, at least 1
 * @returns false if a filter number is none
 */
export function unfilter(bytes: Uint8Array, rowLength: number, rows: number, pixelLength: number): boolean {
  let above: Uint8Array = new Uint8Array(rowLength);
  for (let row = 0; row < rows; row++) {
    const start = row * (rowLength + 1) + 1;
    const line = bytes.subarray(start, start + rowLength);
    if (!unfilterRow(bytes[start - 1]!, line, above, pixelLength)) return false;
    above = line;
  }
  return true;
}

/** One loop for each filter: this is where the time of decoding goes. */
function unfilterRow(filter: number, line: Uint8Array, above: Uint8Array, pixelLength: number): boolean {
  const { length } = line;
  const edge = Math.min(pixelLength, length);
  switch (filter) {
    case 0:
      return true;
    case 1:
      for (let index = edge; index < length; index++) line[index]! += line[index - pixelLength]!;
      return true;
    case 2:
      for (let index = 0; index < length; index++) line[index]! += above[index]!;
      return true;
    case 3:
      for (let index = 0; index < edge; index++) line[index]! += above[index]! >> 1;
      for (let index = edge; index < length; index++) {
        line[index]! += (line[index - pixelLength]! + above[index]!) >> 1;
      }
      return true;
    case 4:
      for (let index = 0; index < edge; index++) line[index]! += above[index]!;
      for (let index = edge; index < length; index++) {
        line[index]! += paeth(line[index - pixelLength]!, above[index]!, above[index - pixelLength]!);
      }
      return true;
    default:
      return false;
  }
}

/** Every so many pixels one is looked at to choose a row's filter. */
const sampling = 8;

/** Filters rows one after the other, each by what makes its bytes small (specification, 12.7). */
export class RowFilter {
  readonly #pixelLength: number;
  readonly #above: Uint8Array;

  /**
   * @param rowLength - bytes a row
   * @param pixelLength - bytes a pixel
   */
  constructor(rowLength: number, pixelLength: number) {
    this.#pixelLength = pixelLength;
    this.#above = new Uint8Array(rowLength);
  }

  /**
   * Filters the next row.
   *
   * @param line - its bytes
   * @param out - gets the filter's number and the filtered bytes
   */
  filter(line: Uint8Array, out: Uint8Array): void {
    const above = this.#above;
    const filter = chooseFilter(line, above, this.#pixelLength);
    out[0] = filter;
    filterRow(filter, line, above, this.#pixelLength, out.subarray(1));
    above.set(line);
  }
}

/** The filter with the smallest sum of magnitudes over some pixels. */
function chooseFilter(line: Uint8Array, above: Uint8Array, pixelLength: number): number {
  const costs = predictors.map((predict) => {
    let cost = 0;
    for (let start = pixelLength; start < line.length; start += pixelLength * sampling) {
      for (let index = start; index < start + pixelLength; index++) {
        const left = index - pixelLength;
        const byte = (line[index]! - predict(line[left]!, above[index]!, above[left]!)) & 255;
        cost += byte < 128 ? byte : 256 - byte;
      }
    }
    return cost;
  });
  return costs.indexOf(Math.min(...costs));
}

/** One loop for each filter: this is where the time of encoding goes. */
function filterRow(
  filter: number,
  line: Uint8Array,
  above: Uint8Array,
  pixelLength: number,
  out: Uint8Array,
): void {
  const { length } = line;
  const edge = Math.min(pixelLength, length);
  const predict = predictors[filter]!;
  for (let index = 0; index < edge; index++) out[index] = line[index]! - predict(0, above[index]!, 0);
  switch (filter) {
    case 1:
      for (let index = edge; index < length; index++) out[index] = line[index]! - line[index - pixelLength]!;
      break;
    case 2:
      for (let index = edge; index < length; index++) out[index] = line[index]! - above[index]!;
      break;
    case 3:
      for (let index = edge; index < length; index++) {
        out[index] = line[index]! - ((line[index - pixelLength]! + above[index]!) >> 1);
      }
      break;
    case 4:
      for (let index = edge; index < length; index++) {
        out[index] =
          line[index]! - paeth(line[index - pixelLength]!, above[index]!, above[index - pixelLength]!);
      }
      break;
    default:
      out.set(line.subarray(edge), edge);
  }
}

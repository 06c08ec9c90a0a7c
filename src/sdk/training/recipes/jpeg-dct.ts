/*
 * libjpeg's accurate integer DCT and its inverse ("islow", jfdctint.c and jidctint.c), after Loeffler, Ligtenberg and
 * Moschytz, Practical Fast 1-D DCT Algorithms with 11 Multiplications, ICASSP 1989. Constants carry 13 fractional bits,
 * and the first pass of each keeps 2 more bits than it was given, so that results are libjpeg's to the bit.
 */

const constantBits = 13;
const extraBits = 2;

const fix0298631336 = 2446;
const fix0390180644 = 3196;
const fix0541196100 = 4433;
const fix0765366865 = 6270;
const fix0899976223 = 7373;
const fix1175875602 = 9633;
const fix1501321110 = 12299;
const fix1847759065 = 15137;
const fix1961570560 = 16069;
const fix2053119869 = 16819;
const fix2562915447 = 20995;
const fix3072711026 = 25172;

/**
 * Transforms a block in place.
 *
 * @param block - [8, 8] samples less 128; becomes coefficients, 8 times as large as those of the orthonormal DCT
 */
export function forwardDct(block: Int32Array): void {
  for (let row = 0; row < 64; row += 8) forwardLine(block, row, 1, constantBits - extraBits);
  for (let column = 0; column < 8; column++) forwardLine(block, column, 8, constantBits + extraBits);
}

/**
 * Transforms a block back in place.
 *
 * @param block - [8, 8] coefficients of the orthonormal DCT; become samples less 128, not clipped
 */
export function inverseDct(block: Int32Array): void {
  for (let column = 0; column < 8; column++) inverseLine(block, column, 8, constantBits - extraBits);
  for (let row = 0; row < 64; row += 8) inverseLine(block, row, 1, constantBits + extraBits + 3);
}

/** Transforms the eight values from `start` on, `step` apart, and drops `shift` fractional bits. */
function forwardLine(block: Int32Array, start: number, step: number, shift: number): void {
  const i0 = block[start]!;
  const i1 = block[start + step]!;
  const i2 = block[start + 2 * step]!;
  const i3 = block[start + 3 * step]!;
  const i4 = block[start + 4 * step]!;
  const i5 = block[start + 5 * step]!;
  const i6 = block[start + 6 * step]!;
  const i7 = block[start + 7 * step]!;

  const outer = i0 + i7 + (i3 + i4);
  const outerDifference = i0 + i7 - (i3 + i4);
  const inner = i1 + i6 + (i2 + i5);
  const innerDifference = i1 + i6 - (i2 + i5);
  const turned = (innerDifference + outerDifference) * fix0541196100;
  block[start] = descale((outer + inner) << constantBits, shift);
  block[start + 4 * step] = descale((outer - inner) << constantBits, shift);
  block[start + 2 * step] = descale(turned + outerDifference * fix0765366865, shift);
  block[start + 6 * step] = descale(turned - innerDifference * fix1847759065, shift);

  const d0 = i3 - i4;
  const d1 = i2 - i5;
  const d2 = i1 - i6;
  const d3 = i0 - i7;
  const common = (d0 + d1 + d2 + d3) * fix1175875602;
  const z1 = (d0 + d3) * fix0899976223;
  const z2 = (d1 + d2) * fix2562915447;
  const z3 = common - (d0 + d2) * fix1961570560;
  const z4 = common - (d1 + d3) * fix0390180644;
  block[start + 7 * step] = descale(d0 * fix0298631336 - z1 + z3, shift);
  block[start + 5 * step] = descale(d1 * fix2053119869 - z2 + z4, shift);
  block[start + 3 * step] = descale(d2 * fix3072711026 - z2 + z3, shift);
  block[start + step] = descale(d3 * fix1501321110 - z1 + z4, shift);
}

/** Transforms the eight values from `start` on, `step` apart, back, and drops `shift` fractional bits. */
function inverseLine(block: Int32Array, start: number, step: number, shift: number): void {
  const i0 = block[start]!;
  const i1 = block[start + step]!;
  const i2 = block[start + 2 * step]!;
  const i3 = block[start + 3 * step]!;
  const i4 = block[start + 4 * step]!;
  const i5 = block[start + 5 * step]!;
  const i6 = block[start + 6 * step]!;
  const i7 = block[start + 7 * step]!;

  const turned = (i2 + i6) * fix0541196100;
  const low = turned + i2 * fix0765366865;
  const high = turned - i6 * fix1847759065;
  const sum = (i0 + i4) << constantBits;
  const difference = (i0 - i4) << constantBits;
  const e0 = sum + low;
  const e3 = sum - low;
  const e1 = difference + high;
  const e2 = difference - high;

  const common = (i7 + i5 + i3 + i1) * fix1175875602;
  const z1 = (i7 + i1) * fix0899976223;
  const z2 = (i5 + i3) * fix2562915447;
  const z3 = common - (i7 + i3) * fix1961570560;
  const z4 = common - (i5 + i1) * fix0390180644;
  const o0 = i7 * fix0298631336 - z1 + z3;
  const o1 = i5 * fix2053119869 - z2 + z4;
  const o2 = i3 * fix3072711026 - z2 + z3;
  const o3 = i1 * fix1501321110 - z1 + z4;

  block[start] = descale(e0 + o3, shift);
  block[start + 7 * step] = descale(e0 - o3, shift);
  block[start + step] = descale(e1 + o2, shift);
  block[start + 6 * step] = descale(e1 - o2, shift);
  block[start + 2 * step] = descale(e2 + o1, shift);
  block[start + 5 * step] = descale(e2 - o1, shift);
  block[start + 3 * step] = descale(e3 + o0, shift);
  block[start + 4 * step] = descale(e3 - o0, shift);
}

/** Drops fractional bits, rounding to nearest, halves up. */
function descale(value: number, bits: number): number {
  return (value + (1 << (bits - 1))) >> bits;
}

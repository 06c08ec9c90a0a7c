/**
 * Widens IEEE 754 half floats (binary16). Exact for every one of the 65,536 bit patterns, subnormals,
 * infinities and the payloads of NaNs included.
 *
 * @param bits - half floats as their bits
 * @param out - where to write, at least as long as `bits`; a new array if left out
 * @returns `out`
 */
export function halfToFloat(bits: Uint16Array, out = new Float32Array(bits.length)): Float32Array {
  const outBits = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < bits.length; i++) {
    const half = bits[i]!;
    const sign = (half & 0x8000) << 16;
    const exponent = half & 0x7c00;
    const fraction = half & 0x03ff;
    if (exponent === 0x7c00) {
      outBits[i] = sign | 0x7f800000 | (fraction << 13);
    } else if (exponent !== 0) {
      outBits[i] = sign | (((half & 0x7fff) << 13) + 0x38000000);
    } else {
      // Zero or subnormal: a multiple of 2^-24, which single precision holds as a normal number.
      const magnitude = fraction * 2 ** -24;
      out[i] = sign === 0 ? magnitude : -magnitude;
    }
  }
  return out;
}

/**
 * Narrows to IEEE 754 half floats, rounding to nearest and ties to even, as PyTorch and NumPy do. Magnitudes
 * of 65520 and more become infinity; a NaN stays a NaN and keeps what fits of its payload.
 *
 * @param values - single-precision floats
 * @param out - where to write the bits, at least as long as `values`; a new array if left out
 * @returns `out`
 */
export function floatToHalf(values: Float32Array, out = new Uint16Array(values.length)): Uint16Array {
  const valueBits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < valueBits.length; i++) {
    const bits = valueBits[i]!;
    const magnitude = bits & 0x7fffffff;
    let half: number;
    if (magnitude > 0x7f800000) {
      const payload = (magnitude >>> 13) & 0x03ff;
      half = 0x7c00 | (payload === 0 ? 0x0200 : payload);
    } else if (magnitude >= 0x477ff000) {
      half = 0x7c00; // 65520 and above
    } else if (magnitude >= 0x38800000) {
      half = roundShift(magnitude - 0x38000000, 13); // a carry moves into the exponent, as it should
    } else if (magnitude >= 0x33000000) {
      const exponent = magnitude >>> 23;
      half = roundShift((magnitude & 0x007fffff) | 0x00800000, 126 - exponent); // subnormal
    } else {
      half = 0; // below 2^-25
    }
    out[i] = ((bits >>> 16) & 0x8000) | half;
  }
  return out;
}

/**
 * Widens bfloat16, the upper half of a single-precision float. Exact for every bit pattern.
 *
 * @param bits - brain floats as their bits
 * @param out - where to write, at least as long as `bits`; a new array if left out
 * @returns `out`
 */
export function bfloatToFloat(bits: Uint16Array, out = new Float32Array(bits.length)): Float32Array {
  const outBits = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < bits.length; i++) {
    outBits[i] = bits[i]! << 16;
  }
  return out;
}

/**
 * Narrows to bfloat16, rounding to nearest and ties to even. A NaN stays a NaN.
 *
 * @param values - single-precision floats
 * @param out - where to write the bits, at least as long as `values`; a new array if left out
 * @returns `out`
 */
export function floatToBfloat(values: Float32Array, out = new Uint16Array(values.length)): Uint16Array {
  const valueBits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < valueBits.length; i++) {
    const bits = valueBits[i]!;
    const magnitude = bits & 0x7fffffff;
    let brain: number;
    if (magnitude > 0x7f800000) {
      const upper = magnitude >>> 16;
      brain = upper === 0x7f80 ? 0x7fc0 : upper;
    } else {
      brain = roundShift(magnitude, 16);
    }
    out[i] = ((bits >>> 16) & 0x8000) | brain;
  }
  return out;
}

/** `value / 2^shift`, rounded to nearest, ties to even; `value` below 2^31, `shift` from 1 to 24. */
function roundShift(value: number, shift: number): number {
  const floor = value >>> shift;
  const rest = value & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return rest > half || (rest === half && (floor & 1) === 1) ? floor + 1 : floor;
}

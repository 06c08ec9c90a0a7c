import { describe, expect, test } from "@jest/globals";
import { bfloatToFloat, floatToBfloat, floatToHalf, halfToFloat } from "../../src/sdk/weights/index.js";

const everyPattern = Uint16Array.from({ length: 65536 }, (_, i) => i);

/** IEEE 754's definition, in doubles. */
function halfByDefinition(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) {
    return fraction === 0 ? sign * Infinity : NaN;
  }
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The single-precision floats right below and right above a positive one. */
function neighbours(value: number): [number, number] {
  const floats = Float32Array.of(value);
  const bits = new Uint32Array(floats.buffer);
  bits[0]!--;
  const below = floats[0]!;
  bits[0]! += 2;
  return [below, floats[0]!];
}

describe("half floats", () => {
  test("widen as IEEE 754 defines them, all 65,536", () => {
    const floats = halfToFloat(everyPattern);
    const wrong = [...everyPattern].filter((bits) => !Object.is(floats[bits], halfByDefinition(bits)));
    expect(wrong).toEqual([]);
  });

  test("survive widening and narrowing bit for bit, all 65,536, NaN payloads included", () => {
    expect(floatToHalf(halfToFloat(everyPattern))).toEqual(everyPattern);
  });

  test("round to nearest at every boundary, and ties to even", () => {
    const wrong: number[] = [];
    for (let bits = 0; bits < 0x7c00; bits++) {
      const low = halfByDefinition(bits);
      const high = bits === 0x7bff ? 65536 : halfByDefinition(bits + 1);
      const middle = (low + high) / 2; // single precision holds it exactly
      const [below, above] = neighbours(middle);
      const even = bits % 2 === 0 ? bits : bits + 1;
      const rounded = floatToHalf(Float32Array.of(below, middle, above, -below, -middle, -above));
      const expected = [bits, even, bits + 1, 0x8000 | bits, 0x8000 | even, 0x8000 | (bits + 1)];
      if (expected.some((value, i) => rounded[i] !== value)) {
        wrong.push(bits);
      }
    }
    expect(wrong).toEqual([]);
  });

  test("overflow to infinity, underflow to zero, and keep NaN a NaN", () => {
    const payloadBelowTheCut = new Float32Array(Uint32Array.of(0x7f800001, 0xffbfffff).buffer);
    expect([
      ...floatToHalf(Float32Array.of(65519.996, 65520, 3e38, -Infinity, 2 ** -25, -(2 ** -26), -0)),
    ]).toEqual([0x7bff, 0x7c00, 0x7c00, 0xfc00, 0, 0x8000, 0x8000]);
    expect(halfToFloat(floatToHalf(payloadBelowTheCut))).toEqual(Float32Array.of(NaN, NaN));
  });

  test("write into the array that they are given", () => {
    const floats = new Float32Array(3);
    expect(halfToFloat(Uint16Array.of(0x3c00, 0xc000), floats)).toBe(floats);
    expect([...floats]).toEqual([1, -2, 0]);
    const bits = new Uint16Array(2);
    expect(floatToHalf(floats.subarray(1, 2), bits)).toBe(bits);
    expect([...bits]).toEqual([0xc000, 0]);
  });
});

describe("brain floats", () => {
  test("are the upper half of a single-precision float, all 65,536", () => {
    const floats = bfloatToFloat(everyPattern);
    const bits = new Uint32Array(floats.buffer);
    expect(bits).toEqual(Uint32Array.from(everyPattern, (pattern) => pattern * 65536));
    expect(floatToBfloat(floats)).toEqual(everyPattern);
  });

  test("round to nearest, ties to even", () => {
    const values = new Float32Array(
      Uint32Array.of(0x3f807fff, 0x3f808000, 0x3f808001, 0x3f818000, 0xbf818000, 0x7f7fffff, 0x7f800001)
        .buffer,
    );
    expect([...floatToBfloat(values)]).toEqual([0x3f80, 0x3f80, 0x3f81, 0x3f82, 0xbf82, 0x7f80, 0x7fc0]);
  });
});

import { expect, test } from "@jest/globals";
import { PixelImage, srgbTonesOf } from "../../src/sdk/image/index.js";
import { makeProfile, primaries, srgbCurve } from "./make-profile.js";

const ramp = Uint16Array.from({ length: 65536 * 3 }, (_, index) => Math.floor(index / 3));
const withProfile = (iccProfile: Uint8Array) =>
  new PixelImage({ width: 256, height: 256, channels: 3, data: ramp, colorSpace: "icc", iccProfile });

test.each([
  ["sRGB", srgbCurve],
  ["gamma 2.2", { gamma: 2.2 }],
  ["gamma 2.4", { gamma: 2.4 }],
] as const)("numbers of %s are taken as they are", (_, curve) => {
  expect(srgbTonesOf(withProfile(makeProfile(curve, primaries.adobeRgb)))).toBeUndefined();
});

test.each([
  ["linear light", { gamma: 1 }],
  ["gamma 1.8", { gamma: 1.8 }],
  ["samples", { samples: [0, 20000, 40000, 65535] }],
] as const)("numbers of %s become sRGB's, and come back", (_, curve) => {
  const image = withProfile(makeProfile(curve, primaries.srgb));
  const tones = srgbTonesOf(image)!;
  const { data, bitDepth, colorSpace } = tones.encode(image);
  expect([bitDepth, colorSpace]).toEqual([16, "srgb"]);
  const rgb = Float32Array.from(data, (value) => value / 65535);
  tones.decode(rgb);
  // Where sRGB's numbers lie closer than the image's, several become one: less than a quarter of a level of 8 bits.
  expect(rgb.every((value, index) => Math.abs(value * 65535 - ramp[index]!) < 64)).toBe(true);
  expect([data[0], data.at(-1)]).toEqual([0, 65535]);
});

test.each([
  ["falls", makeProfile({ samples: [0, 65535, 1000, 65535] }, primaries.srgb)],
  ["has parameters of no kind", makeProfile({ parametric: [1, 1] }, primaries.srgb)],
  ["is overruled by tables", makeProfile({ gamma: 1 }, primaries.srgb, { A2B0: new Uint8Array(32) })],
] as const)("a curve that %s is not followed", (_, profile) => {
  expect(srgbTonesOf(withProfile(profile))).toBeUndefined();
});

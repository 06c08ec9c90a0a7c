import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { PixelImage, psnr } from "../../src/sdk/image/index.js";
import { degradationKinds, degradationNames, degrade, type Fault } from "../../src/sdk/training/index.js";
import { flatPicture, texturedPicture } from "./pictures.js";

const clean = texturedPicture(96, 80);

/** The mean PSNR over a few seeds. */
function strength(degradation: string, severity: number): number {
  const values = (degradationKinds[degradation] ?? [undefined]).flatMap((kind) =>
    [1, 2, 3, 4, 5, 6, 7, 8].map((seed) =>
      psnr(clean, degrade(clean, [{ degradation, severity, kind }], seed)),
    ),
  );
  return values.reduce((total, value) => total + value, 0) / values.length;
}

describe("degrade", () => {
  test("knows the ten degradations, in their physical order", () => {
    expect(degradationNames).toEqual([
      "low-light",
      "shadow",
      "haze",
      "rain",
      "snow",
      "raindrop",
      "blur",
      "noise",
      "jpeg",
      "inpainting",
    ]);
  });

  test.each(degradationNames)("%s grows with its severity", (degradation) => {
    const [mild, middle, strong] = [0, 0.5, 1].map((severity) => strength(degradation, severity));
    expect(mild).toBeGreaterThan(middle! + 1);
    expect(middle).toBeGreaterThan(strong! + 0.5);
  });

  test("makes the kind that is asked for, and draws one of them otherwise", () => {
    expect(Object.keys(degradationKinds).sort()).toEqual([
      "blur",
      "inpainting",
      "low-light",
      "noise",
      "rain",
      "raindrop",
    ]);
    expect(degradationKinds.inpainting).toEqual(["print", "aged", "film", "marks"]);
    const damage = (degradation: string, seed: number, kind?: string) =>
      degrade(clean, [{ degradation, severity: 0.5, kind }], seed).data.join();
    for (const [degradation, kinds] of Object.entries(degradationKinds)) {
      const pictures = kinds.map((kind) => damage(degradation, 3, kind));
      expect(new Set(pictures).size).toBe(kinds.length);
    }
    expect(() => degrade(clean, [{ degradation: "snow", severity: 0.5, kind: "heavy" }], 1)).toThrow(
      'no kind "heavy" of snow; there are none',
    );
  });

  test.each(degradationNames)("%s follows its seed and leaves its input alone", (degradation) => {
    const before = clean.data.slice();
    const faults = [{ degradation, severity: 0.5 }];
    const first = degrade(clean, faults, 4);
    expect(degrade(clean, faults, 4).data).toEqual(first.data);
    expect(degrade(clean, faults, 5).data).not.toEqual(first.data);
    expect(clean.data).toEqual(before);
  });

  test("takes pictures of any size, channels and depth", () => {
    const side = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(
        side,
        side,
        fc.constantFrom<1 | 2 | 3 | 4>(1, 2, 3, 4),
        fc.constantFrom(Uint8Array, Uint16Array, Float32Array),
        fc.constantFrom(...degradationNames),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(),
        (width, height, channels, Samples, degradation, severity, seed) => {
          const image = new PixelImage({
            width,
            height,
            channels,
            data: new Samples(width * height * channels),
          });
          const damaged = degrade(image, [{ degradation, severity }], seed);
          expect(damaged).toMatchObject({ width, height, channels: image.hasAlpha ? 4 : 3, bitDepth: 8 });
        },
      ),
      { seed: 1, numRuns: 300 },
    );
  });

  test("applies several faults in the physical order, whatever order they are given in", () => {
    const faults: Fault[] = [
      { degradation: "jpeg", severity: 0.5 },
      { degradation: "low-light", severity: 0.5 },
      { degradation: "noise", severity: 0.2 },
    ];
    const damaged = degrade(clean, faults, 1);
    expect(degrade(clean, [...faults].reverse(), 1).data).toEqual(damaged.data);
    // Noise comes after the light has gone: black would stay black the other way round.
    const black = degrade(flatPicture(32, 32, 0), faults.slice(1), 1);
    expect(black.data.some((value) => value > 5)).toBe(true);
  });

  test("without faults gives the picture in 8 bits", () => {
    expect(degrade(clean, [], 1).data).toEqual(clean.data);
  });

  test("keeps alpha and a colour profile, and drops a grey one", () => {
    const profile = new Uint8Array([1, 2, 3]);
    const color = new PixelImage({
      width: 1,
      height: 2,
      channels: 4,
      data: new Uint16Array([9000, 9000, 9000, 65535, 9000, 9000, 9000, 32768]),
      iccProfile: profile,
    });
    const damaged = degrade(color, [{ degradation: "haze", severity: 1 }], 1);
    expect([damaged.data[3], damaged.data[7]]).toEqual([255, 128]);
    expect(damaged.iccProfile).toBe(profile);
    const gray = new PixelImage({
      width: 1,
      height: 1,
      channels: 1,
      data: new Uint8Array(1),
      iccProfile: profile,
    });
    expect(degrade(gray, [], 1)).toMatchObject({ colorSpace: "srgb", iccProfile: undefined });
  });

  test.each([
    [{ degradation: "fog", severity: 0.5 }],
    [{ degradation: "rain", severity: -0.1 }],
    [{ degradation: "rain", severity: 1.1 }],
    [{ degradation: "rain", severity: NaN }],
  ])("refuses %p", (fault) => {
    expect(() => degrade(clean, [fault], 1)).toThrow(expect.objectContaining({ code: "InvalidArgument" }));
  });
});

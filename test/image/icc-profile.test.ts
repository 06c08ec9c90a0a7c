import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { colorModelOfProfile, colorSpaceOfProfile } from "../../src/sdk/image/index.js";
import { makeProfile, primaries, srgbCurve, srgbTable } from "./make-profile.js";

describe("colorSpaceOfProfile", () => {
  test.each([
    ["sRGB with a parametric curve", makeProfile(srgbCurve, primaries.srgb), "srgb"],
    ["sRGB with a table", makeProfile(srgbTable, primaries.srgb), "srgb"],
    ["Display P3", makeProfile(srgbCurve, primaries.displayP3), "display-p3"],
    ["Display P3 with a table", makeProfile(srgbTable, primaries.displayP3), "display-p3"],
    ["grey with sRGB's curve", makeProfile(srgbCurve), "srgb"],
    ["grey with gamma 1.8", makeProfile({ gamma: 1.8 }), "icc"],
    ["Adobe RGB", makeProfile({ gamma: 2.2 }, primaries.adobeRgb), "icc"],
    ["Adobe RGB's primaries with sRGB's curve", makeProfile(srgbCurve, primaries.adobeRgb), "icc"],
    ["linear light with sRGB's primaries", makeProfile({ samples: [] }, primaries.srgb), "icc"],
    ["sRGB's primaries with gamma 1.8", makeProfile({ parametric: [1.8] }, primaries.srgb), "icc"],
    ["sRGB's primaries with gamma 2.2", makeProfile({ gamma: 2.2 }, primaries.srgb), "icc"],
    ["a curve of type 1", makeProfile({ parametric: [2.2, 0.97, 0.03] }, primaries.srgb), "icc"],
    ["a curve of type 2", makeProfile({ parametric: [2, 1, -0.1, 0.2] }, primaries.srgb), "icc"],
    ["a lookup table", makeProfile(srgbCurve, primaries.srgb, { A2B0: new Uint8Array(32) }), "icc"],
  ] as const)("%s", (_, profile, expected) => {
    expect(colorSpaceOfProfile(profile)).toBe(expected);
  });

  test("takes a profile that is cut short, or any bytes, for an unknown one", () => {
    const profile = makeProfile(srgbCurve, primaries.displayP3);
    for (let length = 0; length < profile.length; length++) {
      expect(colorSpaceOfProfile(profile.subarray(0, length))).toBe("icc");
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(colorSpaceOfProfile(bytes)).toBe("icc");
      }),
    );
  });

  test("never throws on a damaged profile", () => {
    const profile = makeProfile(srgbCurve, primaries.srgb);
    fc.assert(
      fc.property(fc.nat(profile.length - 1), fc.nat(255), (index, value) => {
        const damaged = profile.slice();
        damaged[index] = value;
        expect(["srgb", "icc"]).toContain(colorSpaceOfProfile(damaged));
      }),
      { numRuns: 500 },
    );
  });

  test("reads a profile that lies within a larger buffer", () => {
    const profile = makeProfile(srgbCurve, primaries.displayP3);
    const buffer = new Uint8Array(profile.length + 20);
    buffer.set(profile, 13);
    expect(colorSpaceOfProfile(buffer.subarray(13, 13 + profile.length))).toBe("display-p3");
  });
});

describe("colorModelOfProfile", () => {
  test("tells RGB, grey and other profiles from what is none", () => {
    const profile = makeProfile(srgbCurve, primaries.adobeRgb);
    expect(colorModelOfProfile(profile)).toBe("rgb");
    expect(colorModelOfProfile(makeProfile({ gamma: 1.8 }))).toBe("gray");
    const cmyk = profile.slice();
    cmyk.set(new TextEncoder().encode("CMYK"), 16);
    expect(colorModelOfProfile(cmyk)).toBe("other");
    expect(colorModelOfProfile(profile.subarray(0, profile.length - 1))).toBeUndefined();
    expect(colorModelOfProfile(new Uint8Array(200))).toBeUndefined();
  });
});

import { expect, test } from "@jest/globals";
import * as tf from "@tensorflow/tfjs-core";
import {
  convertBitDepth,
  PixelImage,
  psnr,
  type ChannelCount,
  type PixelData,
} from "../../src/sdk/image/index.js";
import { createLimpid, type Limpid } from "../../src/sdk/limpid/index.js";
import { modelFromFiles, type RestoreProgress } from "../../src/sdk/restore/index.js";
import { makeProfile, primaries } from "../image/make-profile.js";
import { expectNoLeaks } from "../support/index.js";
import { startLimpid } from "../support/start-limpid.js";
import { makeTinyModel } from "../support/tiny-model.js";

/** A photo-like picture of smooth colours and edges. */
function picture(
  width: number,
  height: number,
  channels: ChannelCount = 3,
  make: (values: number[]) => PixelData = (values) => Uint8Array.from(values, (v) => Math.round(v * 255)),
): PixelImage {
  const values: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < channels; channel++) {
        const wave = 0.5 + 0.4 * Math.sin(x / 7 + channel) * Math.cos(y / 5);
        values.push(channels % 2 === 0 && channel === channels - 1 ? ((x * 13 + y * 7) % 5) / 4 : wave);
      }
    }
  }
  return new PixelImage({ width, height, channels, data: make(values) });
}

const as16Bit = (values: number[]) => Uint16Array.from(values, (v) => Math.round(v * 65535));
const asFloat = (values: number[]) => Float32Array.from(values);
const only = (id: string) => ({ experts: [{ id }] });

test("a restore changes the image and says what it did", async () => {
  const limpid = await startLimpid();
  const photo = picture(88, 70);
  const result = await limpid.restore(photo, { ...only("tiny.first"), tileSize: 16 });
  expect(result.image.data).not.toEqual(photo.data);
  expect([result.image.width, result.image.height, result.image.channels]).toEqual([88, 70, 3]);
  expect(result).toMatchObject({ backend: "wasm", tiles: 6, mixture: [{ expert: "tiny.first", weight: 1 }] });
  expect(result.analysis.degradations.map(({ degradation }) => degradation).sort()).toEqual([
    "jpeg",
    "noise",
    "rain",
  ]);
  expect(result.timings.total).toBeGreaterThan(0);
});

test("the router mixes an expert for each of the two most probable faults", async () => {
  const limpid = await startLimpid({ bias: 20 });
  const { analysis, mixture } = await limpid.restore(picture(24, 24));
  expect(analysis.degradations.every(({ probability }) => probability > 0.99)).toBe(true);
  expect(mixture.map(({ expert }) => expert).sort()).toEqual(["tiny.first", "tiny.second"]);
  expect(mixture.map(({ weight }) => weight)).toEqual([1, 1]);
});

test("both routed experts act in full, whatever their probability", async () => {
  const limpid = await startLimpid();
  const photo = picture(24, 24);
  const { embedding } = await limpid.analyze(photo);
  const degradations = [
    { degradation: "rain", probability: 0.95 }, // has no expert
    { degradation: "jpeg", probability: 0.8 },
    { degradation: "noise", probability: 0.6 },
  ];
  const { mixture } = await limpid.restore(photo, { analysis: { degradations, embedding } });
  expect(mixture).toEqual([
    { expert: "tiny.second", weight: 1 },
    { expert: "tiny.first", weight: 1 },
  ]);
});

const linearLight = makeProfile({ gamma: 1 }, primaries.srgb);
const grayLight = makeProfile({ gamma: 1 });
const fromLight = (light: number) =>
  light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055;

test.each([
  [8, 4, linearLight],
  [16, 3, linearLight],
  [32, 3, linearLight],
  [16, 2, grayLight],
  [8, 1, grayLight],
] as const)(
  "an image of linear light at %i bits, %i channels, is judged and restored as the same photo in sRGB",
  async (bitDepth, channels, iccProfile) => {
    const limpid = await startLimpid();
    const photo = convertBitDepth(picture(40, 30, channels, asFloat), bitDepth);
    const linear = new PixelImage({ ...photo, colorSpace: "icc", iccProfile });
    const isAlpha = (index: number) => channels % 2 === 0 && index % channels === channels - 1;
    const shown = Uint16Array.from(photo.data, (value, index) => {
      const share = value / photo.maximum;
      return Math.round((isAlpha(index) ? share : fromLight(share)) * 65535);
    });
    const expected = await limpid.restore(photo.withData(shown), only("tiny.first"));
    const result = await limpid.restore(linear, only("tiny.first"));
    const { colorSpace, data, maximum } = result.image;
    expect([maximum, colorSpace, result.image.iccProfile]).toEqual([photo.maximum, "icc", iccProfile]);
    expect(result.analysis.degradations).toEqual(
      expected.analysis.degradations.map(({ degradation, probability }) => ({
        degradation,
        probability: expect.closeTo(probability, 4),
      })),
    );
    const off = expected.image.data.map((value, index) => {
      const share = data[index]! / maximum;
      return Math.abs(value / 65535 - (isAlpha(index) ? share : fromLight(share))) * 65535;
    });
    // 8 bits of linear light are few in the shadows: one is 13 of sRGB's.
    expect(Math.max(...off)).toBeLessThan(bitDepth === 8 ? 6.5 * 257 : 16);
    // What a mask protects stays as it is to the last bit.
    const mask = new PixelImage({ width: 40, height: 30, channels: 1, data: new Uint8Array(1200) });
    const masked = await limpid.restore(linear, { ...only("tiny.first"), mask });
    expect(masked.image.data).toEqual(linear.data);
  },
);

test("an image that the router finds clean comes back as it is", async () => {
  const limpid = await startLimpid({ bias: -20 });
  const photo = picture(24, 24);
  const { image, tiles, mixture } = await limpid.restore(photo);
  expect([tiles, mixture]).toEqual([0, []]);
  expect(image.data).toEqual(photo.data);
  expect(image.data).not.toBe(photo.data);
  // Asked for by name, the experts run all the same.
  expect((await limpid.restore(photo, only("tiny.first"))).image.data).not.toEqual(photo.data);
});

test.each<[string, PixelImage]>([
  ["8-bit RGB", picture(21, 17)],
  ["16-bit grey with alpha", picture(21, 17, 2, as16Bit)],
  ["float RGBA", picture(21, 17, 4, asFloat)],
])("strength 0 gives %s back bit for bit", async (_, photo) => {
  const limpid = await startLimpid();
  const { image } = await limpid.restore(photo, { strength: 0, ...only("tiny.first") });
  expect(image.data).toEqual(photo.data);
});

test("strength scales the change", async () => {
  const limpid = await startLimpid();
  const photo = picture(24, 24, 3, asFloat);
  const at = async (strength: number) =>
    (await limpid.restore(photo, { strength, ...only("tiny.first") })).image.data;
  const [half, full] = [await at(0.5), await at(1)];
  // Where nothing was clipped to 0..1, half the strength is half the way.
  const compared = [...full.keys()].filter((i) => full[i]! > 0.001 && full[i]! < 0.999);
  expect(compared.length).toBeGreaterThan(100);
  for (const i of compared) expect(half[i]).toBeCloseTo((photo.data[i]! + full[i]!) / 2, 4);
});

test.each<[string, (values: number[]) => PixelData, ChannelCount]>([
  ["8-bit RGB", (values) => Uint8Array.from(values, (v) => Math.round(v * 255)), 3],
  ["16-bit RGBA", as16Bit, 4],
  ["float grey", asFloat, 1],
])("outside the mask and the region %s stays bit for bit", async (_, make, channels) => {
  const limpid = await startLimpid();
  const photo = picture(40, 32, channels, make);
  const mask = new PixelImage({
    width: 40,
    height: 32,
    channels: 1,
    data: Uint8Array.from({ length: 40 * 32 }, (_value, i) => (i % 40 < 20 ? 0 : 255)),
  });
  const region = { x: 5, y: 3, width: 30, height: 20 };
  const { image } = await limpid.restore(photo, { mask, region, tileSize: 16, ...only("tiny.second") });
  let changed = 0;
  for (let y = 0; y < 32; y++) {
    for (let x = 0; x < 40; x++) {
      const inside = x >= 20 && x < 35 && y >= 3 && y < 23;
      const at = (y * 40 + x) * channels;
      const same = image.data.subarray(at, at + channels).every((v, c) => v === photo.data[at + c]);
      if (!inside) expect(same).toBe(true);
      else if (!same) changed++;
    }
  }
  expect(changed).toBeGreaterThan(200);
});

test("alpha is untouched, and the colour under it does not leak into the visible part", async () => {
  const limpid = await startLimpid();
  const opaque = picture(32, 32, 3);
  const withHole = (hidden: number) => {
    const data = new Uint8Array(32 * 32 * 4);
    for (let i = 0; i < 32 * 32; i++) {
      const isHidden = i % 32 < 8;
      data.set(
        isHidden ? [hidden, 255 - hidden, hidden, 0] : [...opaque.data.subarray(i * 3, i * 3 + 3), 255],
        i * 4,
      );
    }
    return new PixelImage({ width: 32, height: 32, channels: 4, data });
  };
  const [black, white] = await Promise.all(
    [0, 255].map(async (hidden) => (await limpid.restore(withHole(hidden), only("tiny.first"))).image.data),
  );
  for (let i = 0; i < 32 * 32; i++) {
    const isHidden = i % 32 < 8;
    expect(black![i * 4 + 3]).toBe(isHidden ? 0 : 255);
    if (!isHidden) expect(black!.subarray(i * 4, i * 4 + 3)).toEqual(white!.subarray(i * 4, i * 4 + 3));
  }
});

test("grey stays grey, 16 bits stay 16 bits, a profile is kept", async () => {
  const limpid = await startLimpid();
  const grey = await limpid.restore(picture(20, 20, 1, as16Bit), only("tiny.first"));
  expect([grey.image.channels, grey.image.bitDepth]).toEqual([1, 16]);
  // More levels than 8 bits could hold: the result was not squeezed through them.
  expect(new Set([...grey.image.data].map((value) => value % 257)).size).toBeGreaterThan(50);
  const base = picture(20, 20);
  const iccProfile = Uint8Array.from({ length: 64 }, (_, i) => i);
  const tagged = new PixelImage({
    width: 20,
    height: 20,
    channels: 3,
    data: base.data,
    colorSpace: "display-p3",
    iccProfile,
  });
  const { image } = await limpid.restore(tagged, only("tiny.first"));
  expect(image.colorSpace).toBe("display-p3");
  expect(image.iccProfile).toEqual(iccProfile);
});

test.each([
  [1, 1],
  [1, 37],
  [53, 1],
  [7, 3],
  [33, 65],
])("%i x %i pixels are restored to the same size", async (width, height) => {
  const limpid = await startLimpid();
  const { image } = await limpid.restore(picture(width, height), { tileSize: 16, ...only("tiny.first") });
  expect([image.width, image.height]).toEqual([width, height]);
});

test("tilings agree with each other and with the whole image", async () => {
  const limpid = await startLimpid();
  const photo = picture(120, 90);
  const restoreBy = async (tileSize: number) =>
    (await limpid.restore(photo, { tileSize, ...only("tiny.first") })).image;
  const whole = await restoreBy(256);
  // With random weights a pixel sees further than with trained ones, past the margin of its tile.
  for (const tileSize of [32, 64]) expect(psnr(await restoreBy(tileSize), whole)).toBeGreaterThan(42);
});

test("the same input gives the same output, alone or among concurrent runs with other mixtures", async () => {
  const limpid = await startLimpid();
  const photo = picture(48, 48);
  const alone = (await limpid.restore(photo, only("tiny.first"))).image.data;
  const [first, second, again, none] = await Promise.all([
    limpid.restore(photo, only("tiny.first")),
    limpid.restore(photo, only("tiny.second")),
    limpid.restore(photo, { ...only("tiny.first"), tileSize: 256 }),
    limpid.restore(photo, { experts: [] }),
  ]);
  expect(first.image.data).toEqual(alone);
  expect(again.image.data).toEqual(alone);
  expect(second.image.data).not.toEqual(alone);
  expect(none.image.data).not.toEqual(alone);
  expect(none.mixture).toEqual([]);
});

test("progress tells each tile once, with its picture, and they cover the image", async () => {
  const limpid = await startLimpid();
  const seen: RestoreProgress[] = [];
  await limpid.restore(picture(88, 88), {
    tileSize: 16,
    ...only("tiny.first"),
    onProgress: (progress) => progress.tile && seen.push(progress),
  });
  expect(seen.map(({ done }) => done)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(seen.every(({ total, tile, preview }) => total === 9 && preview!.width === tile!.width)).toBe(true);
  expect(seen.reduce((sum, { tile }) => sum + tile!.width * tile!.height, 0)).toBe(88 * 88);
});

test("tiles come from a point outwards, and the result is the same", async () => {
  const limpid = await startLimpid();
  const photo = picture(88, 88);
  const options = { tileSize: 16, ...only("tiny.first") };
  const { image } = await limpid.restore(photo, options);
  const seen: Required<RestoreProgress>["tile"][] = [];
  const fromPoint = await limpid.restore(photo, {
    ...options,
    startAt: { x: 80, y: 44 },
    onProgress: ({ tile }) => tile && seen.push(tile),
  });
  expect(fromPoint.image.data).toEqual(image.data);
  const distances = seen.map(({ x, y, width, height }) =>
    Math.hypot(x + width / 2 - 80, y + height / 2 - 44),
  );
  expect(distances).toEqual([...distances].sort((a, b) => a - b));
  expect(seen[0]!.x + seen[0]!.width).toBe(88);
  expect(seen).toHaveLength(9);
});

test("a signal ends the run soon, frees what it held, and the next run works", async () => {
  const limpid = await startLimpid();
  const photo = picture(96, 96);
  await limpid.restore(picture(16, 16), { experts: [] }); // prepares the backbone, which stays
  await expectNoLeaks(async () => {
    const controller = new AbortController();
    const run = limpid.restore(photo, {
      tileSize: 16,
      experts: [],
      signal: controller.signal,
      onProgress: ({ done }) => {
        if (done === 3) controller.abort("changed my mind");
      },
    });
    await expect(run).rejects.toMatchObject({ code: "Aborted", cause: "changed my mind" });
    await expect(limpid.restore(photo, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "Aborted",
    });
  });
  await expect(limpid.restore(picture(16, 16), { experts: [] })).resolves.toMatchObject({ tiles: 1 });
});

test("small images one after the other leave the thread to other tasks", async () => {
  const limpid = await startLimpid();
  let hasRun = false;
  setTimeout(() => (hasRun = true));
  for (let run = 0; run < 2000 && !hasRun; run++) await limpid.restore(picture(8, 8), { experts: [] });
  expect(hasRun).toBe(true);
});

test("a listener of progress that throws ends the run with its error", async () => {
  const limpid = await startLimpid();
  const run = limpid.restore(picture(16, 16), {
    experts: [],
    onProgress: () => {
      throw new RangeError("on purpose");
    },
  });
  await expect(run).rejects.toThrow("on purpose");
});

test.each<[string, Parameters<Limpid["restore"]>[1], string]>([
  ["an unknown expert", { experts: [{ id: "acme.unknown" }] }, "UnknownExpert"],
  ["an expert named twice", { experts: [{ id: "tiny.first" }, { id: "tiny.first" }] }, "InvalidArgument"],
  ["a negative weight", { experts: [{ id: "tiny.first", weight: -1 }] }, "InvalidArgument"],
  ["a strength above 1", { strength: 1.5 }, "InvalidArgument"],
  ["a strength that is no number", { strength: Number.NaN }, "InvalidArgument"],
  ["a region outside", { region: { x: 10, y: 0, width: 20, height: 4 } }, "InvalidArgument"],
  ["an empty region", { region: { x: 1, y: 1, width: 0, height: 4 } }, "InvalidArgument"],
  ["a start that is no point", { startAt: { x: Number.NaN, y: 0 } }, "InvalidArgument"],
  ["a mask of another size", { mask: picture(8, 8, 1) }, "InvalidArgument"],
  ["a coloured mask", { mask: picture(16, 16, 3) }, "InvalidArgument"],
  ["a tile size off the grid", { experts: [], tileSize: 7 }, "InvalidTileSize"],
])("%s is refused", async (_, options, code) => {
  const limpid = await startLimpid();
  await expect(limpid.restore(picture(16, 16), options)).rejects.toMatchObject({ code });
});

test("a backend that was not the first choice is an event with its reason", async () => {
  const changes: unknown[] = [];
  const limpid = await startLimpid(
    {},
    { backend: "auto", onBackendChange: (change) => changes.push(change) },
  );
  expect(limpid.backend).toBe("wasm");
  expect(changes).toEqual([{ backend: "wasm", reason: expect.stringMatching(/WebGPU/) }]);
  expect(limpid.fallbackReason).toMatch(/WebGPU/);
  const chosen = await startLimpid({}, { backend: "cpu", onBackendChange: (change) => changes.push(change) });
  expect([chosen.backend, chosen.fallbackReason, changes.length]).toEqual(["cpu", undefined, 1]);
});

test.each(["wasm", "cpu"] as const)("everything is freed on %s, however often it ran", async (backend) => {
  await expectNoLeaks(async () => {
    const limpid = await createLimpid({ model: modelFromFiles(makeTinyModel({ bias: 20 })), backend });
    expect(limpid.byteSize).toBeGreaterThan(0);
    for (let run = 0; run < 3; run++) await limpid.restore(picture(40, 40), { tileSize: 16 });
    const held = [limpid.byteSize, backend === "cpu" && tf.memory().numTensors];
    for (let run = 0; run < 3; run++) await limpid.restore(picture(40, 40), { tileSize: 16 });
    expect([limpid.byteSize, backend === "cpu" && tf.memory().numTensors]).toEqual(held);
    limpid.dispose();
    limpid.dispose();
    await expect(limpid.restore(picture(8, 8))).rejects.toMatchObject({ code: "Disposed" });
  });
});

test("disposal in the middle of a run ends it and frees everything", async () => {
  await expectNoLeaks(async () => {
    const limpid = await createLimpid({ model: modelFromFiles(makeTinyModel()), backend: "wasm" });
    const run = limpid.restore(picture(96, 96), {
      tileSize: 16,
      experts: [{ id: "tiny.first" }],
      onProgress: ({ done }) => {
        if (done === 2) limpid.dispose();
      },
    });
    await expect(run).rejects.toMatchObject({ code: "Aborted" });
  });
});

test("two instances do not see each other", async () => {
  const [one, two] = [await startLimpid({ seed: 1 }), await startLimpid({ seed: 2 })];
  const photo = picture(24, 24);
  const before = (await two.restore(photo, only("tiny.first"))).image.data;
  one.dispose();
  expect((await two.restore(photo, only("tiny.first"))).image.data).toEqual(before);
});

test("a promise that onProgress returns is waited for, and its rejection ends the run", async () => {
  const limpid = await startLimpid();
  const photo = picture(88, 70);
  let open = 0;
  let most = 0;
  const onProgress = async (): Promise<void> => {
    most = Math.max(most, ++open);
    await new Promise((resolve) => setTimeout(resolve, 1));
    open--;
  };
  const { tiles } = await limpid.restore(photo, { ...only("tiny.first"), tileSize: 16, onProgress });
  expect([tiles, open, most]).toEqual([6, 0, 1]);
  const told: number[] = [];
  const refused = limpid.restore(photo, {
    ...only("tiny.first"),
    tileSize: 16,
    onProgress: ({ done, tile }) => {
      if (tile === undefined) return;
      told.push(done);
      return done === 2 ? Promise.reject(new Error("enough")) : undefined;
    },
  });
  await expect(refused).rejects.toThrow("enough");
  expect(told).toEqual([1, 2]);
  expect((await limpid.restore(photo, { ...only("tiny.first"), tileSize: 16 })).tiles).toBe(6);
});

test.each(["image", "mask"] as const)(
  "a run whose %s is transferred away ends with an error",
  async (which) => {
    const limpid = await startLimpid();
    const image = picture(88, 70);
    const mask = picture(88, 70, 1);
    const detach = (): unknown =>
      structuredClone(null, { transfer: [{ image, mask }[which].data.buffer as ArrayBuffer] });
    const run = limpid.restore(image, {
      ...only("tiny.first"),
      tileSize: 16,
      mask,
      onProgress: ({ done }) => done === 1 && detach(),
    });
    await expect(run).rejects.toMatchObject({
      code: "InvalidImage",
      message: expect.stringContaining("transferred"),
    });
    if (which === "image") {
      await expect(limpid.restore(image)).rejects.toMatchObject({ code: "InvalidImage" });
      await expect(limpid.analyze(image)).rejects.toMatchObject({ code: "InvalidImage" });
    }
  },
);

test("a picture of one tone has no fault, whatever the router says, unless an expert is named", async () => {
  const limpid = await startLimpid({ bias: 20 });
  for (const [red, green, blue] of [
    [128, 128, 128],
    [0, 0, 0],
    [0, 255, 0],
  ]) {
    const data = Uint8Array.from({ length: 40 * 30 * 3 }, (_, index) => [red, green, blue][index % 3]!);
    const flat = new PixelImage({ width: 40, height: 30, channels: 3, data });
    const { image, tiles, analysis } = await limpid.restore(flat);
    expect([tiles, analysis.present, (await limpid.analyze(flat)).present]).toEqual([0, [], []]);
    expect(image.data).toEqual(data);
    expect((await limpid.restore(flat, only("tiny.first"))).tiles).toBe(1);
  }
});

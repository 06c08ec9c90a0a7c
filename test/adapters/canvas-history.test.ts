import { expect, test } from "@jest/globals";
import { UndoHistory } from "../../src/adapters/canvas/undo-history.js";
import { embeddedProfile } from "../../src/sdk/page/index.js";
import { PixelHash } from "../../src/adapters/canvas/pixel-hash.js";
import sharp from "sharp";

function makeSteps(history: UndoHistory) {
  const log: string[] = [];
  const push = (label: string) =>
    history.push({
      label,
      undo: async () => {
        await Promise.resolve();
        log.push(`undo ${label}`);
      },
      redo: () => {
        log.push(`redo ${label}`);
      },
    });
  return { log, push };
}

test("steps are undone and redone in order, and a new one forgets what was undone", async () => {
  const history = new UndoHistory();
  const { log, push } = makeSteps(history);
  push("a");
  push("b");
  expect([history.undoLabel, history.redoLabel]).toEqual(["b", undefined]);
  expect(await Promise.all([history.undo(), history.undo(), history.undo()])).toEqual([true, true, false]);
  expect(await history.redo()).toBe(true);
  push("c");
  expect([history.undoLabel, history.redoLabel, await history.redo()]).toEqual(["c", undefined, false]);
  expect(log).toEqual(["undo b", "undo a", "redo a"]);
});

test("beyond the limit the oldest step is forgotten, and listeners hear of every change", async () => {
  const history = new UndoHistory(2);
  let changes = 0;
  history.onDidChange(() => changes++);
  const { log, push } = makeSteps(history);
  for (const label of ["a", "b", "c"]) push(label);
  while (await history.undo());
  expect([log, changes]).toEqual([["undo c", "undo b"], 6]);
});

test("a step that cannot be undone is forgotten, and those before it still can be", async () => {
  const history = new UndoHistory();
  const { log, push } = makeSteps(history);
  push("a");
  history.push({ label: "b", undo: () => Promise.reject(new Error("changed")), redo: () => undefined });
  await expect(history.undo()).rejects.toThrow("changed");
  expect([await history.undo(), log]).toEqual([true, ["undo a"]]);
});

test("a profile is found in JPEG and WebP files, whole or not at all", async () => {
  const pixel = sharp({ create: { width: 2, height: 2, channels: 3, background: "red" } });
  for (const tagged of [
    pixel.clone().withIccProfile("p3").jpeg(),
    pixel.clone().withIccProfile("p3").webp(),
  ]) {
    const file = await tagged.toBuffer();
    const { icc } = await sharp(file).metadata();
    expect(Buffer.from(embeddedProfile(new Uint8Array(file))!)).toEqual(icc);
    for (let length = 0; length < file.length; length += 7) {
      const found = embeddedProfile(new Uint8Array(file.subarray(0, length)));
      if (found !== undefined) expect(Buffer.from(found)).toEqual(icc);
    }
  }
  expect(embeddedProfile(new Uint8Array(await pixel.clone().jpeg().toBuffer()))).toBeUndefined();
  expect(embeddedProfile(new Uint8Array())).toBeUndefined();
});

test("a changed sample anywhere gives another hash", () => {
  const pixels = new Uint8ClampedArray(1001).map((_, index) => index * 7);
  const pixelHash = (samples: Uint8ClampedArray): string => new PixelHash().add(samples).toString();
  const hashes = new Set([pixelHash(pixels)]);
  for (let index = 0; index < pixels.length; index++) {
    const edited = pixels.slice();
    edited[index]! ^= 1;
    hashes.add(pixelHash(edited));
  }
  expect(hashes.size).toBe(1002);
  expect(pixelHash(pixels.slice())).toBe(pixelHash(pixels));
  const inParts = new PixelHash().add(pixels.subarray(0, 400)).add(pixels.subarray(400));
  expect(inParts.toString()).toBe(pixelHash(pixels));
});

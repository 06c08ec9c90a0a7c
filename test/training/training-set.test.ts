import { describe, expect, test } from "@jest/globals";
import { PixelImage } from "../../src/sdk/image/index.js";
import { applyRecipe, RandomSource, TrainingSet, type Recipe } from "../../src/sdk/training/index.js";
import { errorOf } from "../support/index.js";
import { darkening, makePhotos } from "./training-suite.js";

/** A picture whose red is the column, green the row. */
function gradient(width: number, height: number): PixelImage {
  const data = new Uint8Array(width * height * 3);
  for (let index = 0; index < width * height; index++) {
    data[3 * index] = index % width;
    data[3 * index + 1] = Math.floor(index / width);
  }
  return new PixelImage({ width, height, channels: 3, data });
}

describe("a training set", () => {
  test("holds out about an eighth, by name, and never none", () => {
    const set = TrainingSet.fromPhotos(makePhotos(400, 32, 32), darkening);
    expect(set.heldOutNames.length).toBeGreaterThan(30);
    expect(set.heldOutNames.length).toBeLessThan(75);
    expect(set.trainingNames.length + set.heldOutNames.length).toBe(400);
    const part = TrainingSet.fromPhotos(makePhotos(100, 32, 32), darkening);
    expect(part.heldOutNames).toEqual(set.heldOutNames.filter((name) => part.heldOutNames.includes(name)));
    for (const count of [2, 3, 5]) {
      const few = TrainingSet.fromPhotos(makePhotos(count), darkening);
      expect(few.heldOutNames.length).toBeGreaterThanOrEqual(1);
      expect(few.trainingNames.length).toBeGreaterThanOrEqual(1);
    }
  });

  test("cuts and turns both pictures of a pair alike", () => {
    const image = gradient(60, 45);
    const pairs = ["a", "b"].map((name) => ({ name, before: image, after: image }));
    const set = TrainingSet.fromPairs(pairs);
    const turned = new Set<string>();
    for (let seed = 0; seed < 60; seed++) {
      const { before, after } = set.draw(new RandomSource(seed), 32);
      expect(before).toEqual(after);
      const at = (x: number, y: number) => [...before.rgb.slice(3 * (32 * y + x), 3 * (32 * y + x) + 2)];
      const [origin, right] = [at(0, 0), at(1, 0)];
      turned.add([0, 1].map((axis) => Math.round(255 * (right[axis]! - origin[axis]!))).join());
      const down = at(0, 1);
      turned.add([0, 1].map((axis) => Math.round(255 * (down[axis]! - origin[axis]!))).join());
    }
    expect([...turned].sort()).toEqual(["-1,0", "0,-1", "0,1", "1,0"]);
    const straight = TrainingSet.fromPairs(pairs, { turn: false });
    const { before } = straight.draw(new RandomSource(3), 32);
    expect(before.rgb[3]! - before.rgb[0]!).toBeCloseTo(1 / 255, 6);
  });

  test("draws the same part from the same state, damaged and in 8 bits", () => {
    const set = TrainingSet.fromPhotos(makePhotos(4), darkening);
    const view = set.draw(new RandomSource(5), 32);
    expect(set.draw(new RandomSource(5), 32)).toEqual(view);
    expect(set.trainingNames).toContain(view.name);
    expect(set.heldOutNames).toContain(set.drawHeldOut(7, new RandomSource(1), 32).name);
    expect(view.before.rgb.every((value) => Math.abs(value * 255 - Math.round(value * 255)) < 1e-4)).toBe(
      true,
    );
    expect(view.before.rgb[0]).toBeLessThan(view.after.rgb[0]!);
    expect(set.draw(new RandomSource(5), 4096).before.width).toBe(40);
  });

  test("refuses pictures that it cannot learn from", () => {
    const [photo, other] = makePhotos(2) as [
      ReturnType<typeof makePhotos>[0],
      ReturnType<typeof makePhotos>[0],
    ];
    const messages = [
      () => TrainingSet.fromPhotos([photo], darkening),
      () => TrainingSet.fromPhotos([photo, photo], darkening),
      () => TrainingSet.fromPhotos([photo, ...makePhotos(3, 20, 40).slice(2)], darkening),
      () =>
        TrainingSet.fromPairs([
          { name: "a", before: photo.image, after: gradient(47, 40) },
          { name: "b", before: other.image, after: other.image },
        ]),
    ].map((make) => errorOf(make));
    expect(messages.map(({ code }) => code)).toEqual(Array.from({ length: 4 }, () => "InvalidArgument"));
    expect(messages.map(({ message }) => message).join()).toMatch(
      /two are needed.*named.*too short.*one size/s,
    );
  });

  test("a recipe that makes no numbers is named", () => {
    const recipe: Recipe = {
      degradation: "void",
      apply: (picture) => ({ ...picture, rgb: picture.rgb.map(() => NaN) }),
    };
    const picture = { width: 2, height: 1, rgb: new Float32Array(6) };
    expect(errorOf(() => applyRecipe(recipe, picture, 0.5, new RandomSource(1))).message).toContain("void");
  });
});

import { expect, test } from "@jest/globals";
import { contentRect, isOneTone, PixelImage, type ChannelCount } from "../../src/sdk/image/index.js";

/** A picture whose samples a function of x, y and the channel gives. */
function draw(
  width: number,
  height: number,
  channels: ChannelCount,
  sample: (x: number, y: number, channel: number) => number,
): PixelImage {
  const data = new Uint8Array(width * height * channels);
  for (let index = 0; index < data.length; index++) {
    const pixel = Math.floor(index / channels);
    data[index] = sample(pixel % width, Math.floor(pixel / width), index % channels);
  }
  return new PixelImage({ width, height, channels, data });
}

const texture = (x: number, y: number): number => (x * 37 + y * 91) % 251;

test("a picture without a border is content from edge to edge", () => {
  expect(contentRect(draw(20, 10, 3, texture))).toEqual({ x: 0, y: 0, width: 20, height: 10 });
});

test("a frame of nearly one tone and bars of another are left out", () => {
  const framed = draw(40, 30, 3, (x, y, channel) => {
    if (y < 4 || y >= 28) return 0;
    if (x < 5 || x >= 33) return 250 + ((x + y + channel) % 3);
    return texture(x, y);
  });
  expect(contentRect(framed)).toEqual({ x: 5, y: 4, width: 28, height: 24 });
});

test("transparent margins are left out whatever colour lies under them", () => {
  const cutOut = draw(40, 30, 4, (x, y, channel) =>
    channel === 3 ? (x >= 10 && x < 30 && y >= 8 && y < 25 ? 255 : 0) : texture(x, y),
  );
  expect(contentRect(cutOut)).toEqual({ x: 10, y: 8, width: 20, height: 17 });
});

test("a flat or empty picture, and one that is nearly all border, is looked at whole", () => {
  const whole = { x: 0, y: 0, width: 40, height: 30 };
  expect(contentRect(draw(40, 30, 3, () => 90))).toEqual(whole);
  expect(contentRect(draw(40, 30, 4, (x, y, channel) => (channel === 3 ? 0 : texture(x, y))))).toEqual(whole);
  expect(contentRect(draw(40, 30, 1, (x, y) => (x < 4 && y < 4 ? texture(x, y) : 255)))).toEqual(whole);
});

test("other depths are judged by the same share of their range", () => {
  const data = new Float32Array(16 * 16).fill(1);
  for (let y = 4; y < 12; y++) for (let x = 2; x < 14; x++) data[y * 16 + x] = texture(x, y) / 255;
  const image = new PixelImage({ width: 16, height: 16, channels: 1, data });
  expect(contentRect(image)).toEqual({ x: 2, y: 4, width: 12, height: 8 });
});

test("stripes are no border, though each column is of one tone", () => {
  const striped = draw(20, 10, 1, (x) => (x % 2 === 0 ? 20 : 230));
  expect(contentRect(striped)).toEqual({ x: 1, y: 0, width: 18, height: 10 });
});

test.each<[string, (x: number, y: number) => boolean]>([
  ["an ellipse", (x, y) => ((x - 150) / 120) ** 2 + ((y - 100) / 80) ** 2 < 1],
  ["a lopsided shape", (x, y) => x > 40 && y > 20 && x + y < 330],
  ["a shape with a hole", (x, y) => x > 60 && x < 260 && y > 20 && !(x > 70 && x < 110 && y > 40 && y < 90)],
])("of a cut-out that is %s a part is looked at that is hardly transparent", (_, isVisible) => {
  const cutOut = draw(300, 200, 4, (x, y, channel) =>
    channel === 3 ? (isVisible(x, y) ? 255 : 0) : texture(x, y),
  );
  const { x, y, width, height } = contentRect(cutOut);
  let visible = 0;
  for (let row = y; row < y + height; row++) {
    for (let column = x; column < x + width; column++) visible += isVisible(column, row) ? 1 : 0;
  }
  expect(visible / (width * height)).toBeGreaterThan(0.9);
  expect(Math.min(width / 300, height / 200)).toBeGreaterThan(0.25);
});

test("one tone is told from a picture, whatever lies under transparent pixels", () => {
  for (const color of [0, 128, 255]) {
    expect(isOneTone(draw(20, 10, 3, (x, y) => Math.max(0, color - ((x + y) % 3))))).toBe(true);
  }
  expect(isOneTone(draw(20, 10, 3, (x, y, channel) => (channel === 1 ? 255 : 0)))).toBe(true);
  expect(isOneTone(draw(20, 10, 3, (x) => x * 2))).toBe(false);
  const hidden = (alpha: number) =>
    draw(20, 10, 4, (x, y, channel) => (channel === 3 ? (x > 9 ? 255 : alpha) : x > 9 ? 9 : x));
  expect([isOneTone(hidden(0)), isOneTone(hidden(1))]).toEqual([true, false]);
});

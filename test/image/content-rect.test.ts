import { expect, test } from "@jest/globals";
import { contentRect, PixelImage, type ChannelCount } from "../../src/sdk/image/index.js";

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

import { expect, test } from "@jest/globals";
import * as tf from "@tensorflow/tfjs-core";
import { BackboneWeights, runBackbone, type BackboneConfig } from "../../src/sdk/backbone/index.js";
import { TfjsBackend } from "../../src/sdk/engine/index.js";
import { compactConfig, randomArray, randomWeights } from "./networks.js";

/** Where a number of an image of two rows of squares lies among the squares, as PyTorch's `PixelUnshuffle` puts it. */
function placeInSquares(index: number, width: number, side: number): number {
  const [channel, x, y] = [index % 3, Math.floor(index / 3) % width, Math.floor(index / 3 / width)];
  const square = Math.floor(y / side) * (width / side) + Math.floor(x / side);
  return (square * 3 + channel) * side * side + (y % side) * side + (x % side);
}

test.each([2, 4] as const)(
  "a network on squares of %d pixels sees them as pixels of more channels",
  async (side) => {
    const [width, height] = [8 * side, 4 * side];
    const config: BackboneConfig = { ...compactConfig, unshuffle: side };
    const { unshuffle: _unshuffle, ...onPixels } = { ...config, imageChannels: 3 * side * side };
    const pixels = randomArray(width * height * 3, 2);
    const squares = new Float32Array(pixels.length);
    pixels.forEach((value, index) => (squares[placeInSquares(index, width, side)] = value));
    const backend = await TfjsBackend.start("wasm");
    const [restored, expected] = backend.run(() => {
      const embedding = tf.tensor2d(randomArray(5, 3), [1, 5]);
      return (
        [
          [config, tf.tensor4d(pixels, [1, height, width, 3])],
          [onPixels, tf.tensor4d(squares, [1, height / side, width / side, 3 * side * side])],
        ] as const
      ).map(([network, image]) => {
        const weights = BackboneWeights.fromTensorFile(randomWeights(config), network);
        return runBackbone(weights, image, embedding).dataSync<"float32">();
      });
    });
    const wanted = pixels.map((_, index) => expected![placeInSquares(index, width, side)]!);
    expect(restored).toHaveLength(wanted.length);
    expect(Math.max(...wanted.map((value, index) => Math.abs(value - restored![index]!)))).toBeLessThan(1e-5);
    expect(Math.max(...wanted.map((value, index) => Math.abs(value - pixels[index]!)))).toBeGreaterThan(0.1);
    backend.dispose();
  },
);

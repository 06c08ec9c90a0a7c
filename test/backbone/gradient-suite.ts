import { beforeAll, describe, expect, test } from "@jest/globals";
import * as tf from "@tensorflow/tfjs-core";
import {
  listBackboneParameters,
  localPooling,
  registerGradientKernels,
  runBackbone,
  type BackboneConfig,
} from "../../src/sdk/backbone/index.js";
import type { NodeBackendName } from "../../src/node/index.js";
import { expectNoLeaks, useBackend } from "../support/index.js";
import { compactConfig, lookUp, randomArray, uploadParameters } from "./networks.js";

const config: BackboneConfig = { ...compactConfig, encoderBlocks: [1], decoderBlocks: [0] };
const imageShape: [number, number, number, number] = [2, 5, 6, 3];
const step = 1e-2;

/** Image, embedding and every parameter. */
function makeInputs(): tf.Tensor[] {
  const image = tf.tensor4d(randomArray(2 * 5 * 6 * 3, 7), imageShape);
  const embedding = tf.tensor2d(randomArray(2 * config.embeddingSize, 8), [2, config.embeddingSize]);
  return [image, embedding, ...uploadParameters(config)];
}

/** A smooth number that depends on every output. */
function loss([image, embedding, ...parameters]: readonly tf.Tensor[], window?: number): tf.Scalar {
  const target = tf.tensor4d(randomArray(2 * 5 * 6 * 3, 9), imageShape);
  const restored = runBackbone(
    lookUp(config, parameters),
    image as tf.Tensor4D,
    embedding as tf.Tensor2D,
    window === undefined ? {} : { pooling: localPooling(window) },
  );
  return tf.mean(tf.square(tf.sub(restored, target)));
}

async function gradients(window?: number): Promise<Float32Array[]> {
  const inputs = makeInputs();
  const results = tf.grads((...tensors: tf.Tensor[]) => loss(tensors, window))(inputs);
  const values = await Promise.all(results.map(async (result) => (await result.data<"float32">()).slice()));
  tf.dispose([inputs, results]);
  return values;
}

/** That the gradient of each input is right on a backend. */
export function describeGradients(backend: NodeBackendName): void {
  describe(`the backbone's gradients on ${backend}`, () => {
    beforeAll(async () => {
      await import("@tensorflow/tfjs"); // registers the gradients of tfjs's kernels
      registerGradientKernels();
      await useBackend(backend);
      // Wasm copies the tensors that a custom gradient saves, which tfjs's check of single kernels takes for a leak.
      if (backend === "wasm") tf.env().set("IS_TEST", false);
    });

    test.each([
      ["global", undefined],
      ["local", 3],
    ])("agree with finite differences for every input, with %s pooling", async (_name, window) => {
      const names = ["image", "embedding", ...listBackboneParameters(config).map(({ name }) => name)];
      await expectNoLeaks(async () => {
        const analytic = await gradients(window);
        const inputs = makeInputs();
        for (const [position, gradient] of analytic.entries()) {
          // The slope along a random direction, over two steps.
          const direction = randomArray(gradient.length, 100 + position);
          const length = Math.sqrt(direction.reduce((sum, value) => sum + value * value, 0));
          const slope = gradient.reduce((sum, value, index) => sum + value * direction[index]!, 0) / length;
          const lossAt = async (distance: number): Promise<number> => {
            const moved = tf.tidy(() => {
              const change = tf.tensor(
                direction.map((value) => (value * distance) / length),
                inputs[position]!.shape,
              );
              return loss(inputs.with(position, tf.add(inputs[position]!, change)), window);
            });
            const [value] = await moved.data();
            moved.dispose();
            return value!;
          };
          const measured = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step);
          const isRight = Math.abs(measured - slope) < 1e-4 + 1e-3 * Math.abs(slope);
          expect({ name: names[position], isRight }).toEqual({ name: names[position], isRight: true });
        }
        tf.dispose(inputs);
      });
    });
  });
}

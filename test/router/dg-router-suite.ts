import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import * as tf from "@tensorflow/tfjs-core";
import type { NodeBackendName } from "../../src/node/index.js";
import { DgRouter, inferDgRouterConfig } from "../../src/sdk/router/index.js";
import { difference, randomArray } from "../backbone/networks.js";
import { expectNoLeaks, useBackend } from "../support/index.js";
import { readReference } from "../support/reference.js";

/** What the published router promises on every backend, besides the reference's numbers. */
export function describeDgRouter(backend: NodeBackendName): void {
  describe(`the published router on ${backend}`, () => {
    const file = readReference("router.weights.safetensors");
    const config = inferDgRouterConfig(file, { num_attention_heads: 4 });
    let router: DgRouter;
    beforeAll(async () => {
      await useBackend(backend);
      router = DgRouter.fromTensorFile(file, config);
    });
    afterAll(() => {
      router.dispose();
    });

    const randomViews = (count: number): tf.Tensor4D =>
      tf.tensor4d(randomArray(count * 56 * 56 * 3, 70), [count, 56, 56, 3]);

    test("judges each image of a batch by its own views, and leaves nothing behind", async () => {
      await expectNoLeaks(async () => {
        const views = randomViews(10);
        const together = router.run(views);
        expect([together.imageEmbeddings.shape, together.embedding.shape, together.logits.shape]).toEqual([
          [10, 32],
          [2, 16],
          [2, 4],
        ]);
        const second = tf.tidy(() => ({ ...router.run(tf.slice(views, [5, 0, 0, 0], [5, 56, 56, 3])) }));
        const logits = tf.tidy(() => tf.slice(together.logits, [1, 0], [1, 4]));
        expect(await difference(logits, second.logits)).toBeLessThan(1e-5);
        tf.dispose([views, together.imageEmbeddings, together.embedding, together.logits]);
        tf.dispose([second.imageEmbeddings, second.embedding]);
      });
    });

    test("tells the whole image from its windows, but not the windows' order", async () => {
      const views = randomViews(5);
      const logits = [
        [0, 1, 2, 3, 4],
        [0, 3, 1, 4, 2],
        [1, 0, 2, 3, 4],
      ].map((order) => {
        const shuffled = tf.concat(order.map((index) => tf.slice(views, [index, 0, 0, 0], [1, 56, 56, 3])));
        return router.run(shuffled).logits;
      });
      expect(await difference(logits[0]!.clone(), logits[1]!)).toBeLessThan(1e-5);
      expect(await difference(logits[0]!, logits[2]!)).toBeGreaterThan(1e-3);
    });

    test("refuses views of another number or size", () => {
      expect(() => router.run(randomViews(4))).toThrow("the router takes 5 views per image, not 4");
      expect(() => router.run(tf.zeros([5, 42, 42, 3]))).toThrow(
        "the vision tower embeds images of shape [n, 56, 56, 3], not [5, 42, 42, 3]",
      );
    });

    test("frees its weights when disposed", async () => {
      await expectNoLeaks(() => {
        const own = DgRouter.fromTensorFile(file, config);
        const elements = [...file.tensors.values()].reduce((sum, tensor) => sum + tensor.size, 0);
        expect(own.byteSize).toBe(4 * elements);
        own.dispose();
        own.dispose();
        expect(own.byteSize).toBe(0);
        const views = randomViews(5);
        expect(() => own.run(views)).toThrow(expect.objectContaining({ code: "Disposed" }));
        views.dispose();
      });
    });
  });
}

import { expect, test } from "@jest/globals";
import { decodePng, encodePng } from "../../src/sdk/image/index.js";
import { pseudoRandomImageOfDepth } from "../image/pseudo-random.js";
import { startLimpid } from "../support/start-limpid.js";

test("a PNG file is restored to a PNG file, with its 16 bits", async () => {
  const limpid = await startLimpid({ bias: 20 });
  const photo = pseudoRandomImageOfDepth(3, 24, 16, 3, 16);
  const file = new Blob([new Uint8Array(await encodePng(photo))]);
  const options = { experts: [], tileSize: 8 } as const;
  const { image } = await limpid.restore(file, options);
  expect([image.type, image instanceof Blob]).toEqual(["image/png", true]);
  const { image: restored } = await decodePng(new Uint8Array(await image.arrayBuffer()));
  expect(restored.bitDepth).toBe(16);
  expect(restored.data).toEqual((await limpid.restore(photo, options)).image.data);
});

test("what is no image is refused with a code", async () => {
  const limpid = await startLimpid();
  await expect(limpid.restore(new Blob(["not a picture"]))).rejects.toMatchObject({
    code: "UnsupportedImage",
  });
});

test("an analysis says what counts as found, by the thresholds of the model", async () => {
  const photo = pseudoRandomImageOfDepth(3, 24, 16, 3, 8);
  const eager = await (await startLimpid({ bias: 20 })).analyze(photo);
  expect(eager.present).toEqual(eager.degradations);
  expect(eager.present.length).toBeGreaterThan(0);
  const calm = await startLimpid({ bias: -20 });
  expect((await calm.analyze(photo)).present).toEqual([]);
  expect((await calm.restore(photo)).analysis.present).toEqual([]);
});

import { expect, test } from "@jest/globals";
import { modelFromFiles } from "../../src/sdk/restore/index.js";
import {
  HeadlessHost,
  runOnHost,
  type HostNotification,
  type HostProgress,
} from "../../src/sdk/host/index.js";
import { createLimpid } from "../../src/sdk/index.js";
import { PixelImage } from "../../src/sdk/image/index.js";
import { makeTinyModel } from "../support/tiny-model.js";

const photo = new PixelImage({
  width: 88,
  height: 70,
  channels: 3,
  data: new Uint8Array(88 * 70 * 3).map((_, index) => (index * 37) % 251),
});

/** A real engine on a document of its own. */
async function setUp(bias: number) {
  const limpid = await createLimpid({ model: modelFromFiles(makeTinyModel({ bias })), backend: "cpu" });
  const host = HeadlessHost.ofImage(photo);
  const told: HostNotification[] = [];
  const progress: (HostProgress | undefined)[] = [];
  host.onDidNotify((notification) => told.push(notification));
  host.onDidProgress((step) => progress.push(step));
  return { limpid, host, told, progress };
}

test("restores a layer with a real engine as one step, and says how far it is", async () => {
  const { limpid, host, told, progress } = await setUp(20);
  const { result, commit } = await runOnHost(limpid, host, { restore: { tileSize: 16 } });
  expect(commit).toMatchObject({ mode: "replace", isConflict: false, undoSteps: 1 });
  expect(host.layers[0]!.image.data).toEqual(result.image.data);
  expect(result.image.data).not.toEqual(photo.data);
  const fractions = progress.map((step) => step?.fraction).filter((value) => value !== undefined);
  expect(fractions.length).toBeGreaterThan(8); // while it looks at the layer, and after each of six tiles
  expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
  expect([fractions[0], fractions.at(-1)]).toEqual([0, 1]);
  host.undo();
  expect(host.layers[0]!.image.data).toEqual(photo.data);
  expect(told).toEqual([]);
  limpid.dispose();
});

test("restores only the selection; the rest stays bit for bit", async () => {
  const { limpid, host } = await setUp(20);
  host.select({ x: 8, y: 4, width: 10, height: 6 });
  const { result } = await runOnHost(limpid, host, { target: "selection", mode: "mask", label: "Repair" });
  expect(host.layers.map(({ name }) => name)).toEqual(["Background", "Repair"]);
  let changed = 0;
  for (let pixel = 0; pixel < photo.width * photo.height; pixel++) {
    const [x, y] = [pixel % photo.width, Math.floor(pixel / photo.width)];
    const isSame = [0, 1, 2].every((c) => result.image.data[pixel * 3 + c] === photo.data[pixel * 3 + c]);
    if (!isSame) changed++;
    if (!isSame) expect([x >= 8 && x < 18, y >= 4 && y < 10]).toEqual([true, true]);
  }
  expect(changed).toBeGreaterThan(0);
  limpid.dispose();
});

test("tells people when nothing was found, when a result became a layer, and what failed", async () => {
  const clean = await setUp(-20);
  await runOnHost(clean.limpid, clean.host);
  expect(clean.told).toEqual([{ text: expect.stringMatching(/^Nothing to repair/) }]);
  clean.limpid.dispose();

  const { limpid, host, told } = await setUp(20);
  const run = runOnHost(limpid, host, {
    restore: { onProgress: () => host.updateLayer(host.layers[0]!.id, { image: photo.clone() }) },
  });
  expect((await run).commit).toMatchObject({ mode: "new-layer", isConflict: true });
  expect(told).toEqual([{ text: expect.stringMatching(/new layer/), level: "warning" }]);
  limpid.dispose();
  await expect(runOnHost(limpid, host)).rejects.toMatchObject({ code: "Disposed" });
  expect(told.at(-1)).toEqual({ text: expect.any(String), level: "error" });
});

test("a person who cancels ends the run, and nothing is told or changed", async () => {
  const { limpid, host, told } = await setUp(20);
  const run = runOnHost(limpid, host, { restore: { tileSize: 16, onProgress: () => host.cancel() } });
  await expect(run).rejects.toMatchObject({ code: "Aborted" });
  expect([host.layers[0]!.image.data, host.undo(), told]).toEqual([photo.data, false, []]);
  limpid.dispose();
});

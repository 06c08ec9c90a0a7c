import { getEventListeners } from "node:events";
import { expect, test } from "@jest/globals";
import { toDisposable } from "../../src/sdk/base/index.js";
import { ExpertSet } from "../../src/sdk/experts/index.js";
import { PixelImage } from "../../src/sdk/image/index.js";
import {
  loadModel,
  modelFromFiles,
  RestoreSession,
  type RestoreOptions,
  type RestoreProgress,
} from "../../src/sdk/restore/index.js";
import { startLimpid } from "../support/start-limpid.js";
import { makeTinyModel } from "../support/tiny-model.js";
import { baseOf, makeExpert, makeTinyPack } from "../support/tiny-pack.js";

const model = makeTinyModel();
const photo = new PixelImage({
  width: 24,
  height: 16,
  channels: 3,
  data: Uint8Array.from({ length: 24 * 16 * 3 }, (_, i) => 128 + 90 * Math.sin(i / 17) * Math.cos(i / 301)),
});
const byName = (...ids: string[]): RestoreOptions => ({ experts: ids.map((id) => ({ id })), tileSize: 8 });

/** Acts once, in the middle of a restore, after its first tile. */
const afterFirstTile = (act: () => void) => ({
  onProgress: ({ done }: RestoreProgress) => {
    if (done === 1) act();
  },
});

test("a run that is under way or waits takes the experts as they were when it was asked for", async () => {
  const limpid = await startLimpid();
  const expected = await limpid.restore(photo, byName("tiny.first"));
  const change = (): void => {
    limpid.experts.replace(makeExpert(model, "tiny.first"));
    limpid.experts.remove("tiny.second");
  };
  const running = limpid.restore(photo, { ...byName("tiny.first"), ...afterFirstTile(change) });
  const waiting = limpid.restore(photo, byName("tiny.first", "tiny.second"));
  const both = await waiting;
  expect((await running).image.data).toEqual(expected.image.data);
  expect(both.mixture.map(({ expert }) => expert)).toEqual(["tiny.first", "tiny.second"]);
  expect((await limpid.restore(photo, byName("tiny.first"))).image.data).not.toEqual(expected.image.data);
  await expect(limpid.restore(photo, byName("tiny.second"))).rejects.toMatchObject({ code: "UnknownExpert" });
});

test("the router chooses among the experts that were there when the run was asked for", async () => {
  const limpid = await startLimpid({ bias: 20 });
  const queued = limpid.restore(photo);
  limpid.experts.update({ remove: ["tiny.first", "tiny.second"] });
  expect((await queued).mixture).toHaveLength(2);
  // Something is wrong, and nobody knows what to do about it: the backbone alone runs.
  expect((await limpid.restore(photo, { tileSize: 8 })).mixture).toEqual([]);
});

test("a removed expert's device memory is freed when the last run that may use it has ended", async () => {
  const limpid = await startLimpid();
  await limpid.restore(photo, byName());
  const empty = limpid.byteSize;
  await limpid.restore(photo, byName("tiny.first"));
  const one = limpid.byteSize - empty;
  expect(one).toBeGreaterThan(0);
  let during = 0;
  const remove = (): void => {
    limpid.experts.remove("tiny.first");
    during = limpid.byteSize;
  };
  const running = limpid.restore(photo, { ...byName("tiny.first"), ...afterFirstTile(remove) });
  const waiting = limpid.restore(photo, byName("tiny.first"));
  await running;
  expect(during).toBe(empty + one);
  await waiting;
  expect(limpid.byteSize).toBe(empty);
  // Without a run it is freed at once.
  await limpid.restore(photo, byName("tiny.second"));
  limpid.experts.remove("tiny.second");
  expect(limpid.byteSize).toBe(empty);
});

test("experts keep to the device memory that they were given, pinned ones apart", async () => {
  const limpid = await startLimpid({}, { expertMemory: 0 });
  await limpid.restore(photo, byName());
  const empty = limpid.byteSize;
  await limpid.restore(photo, byName("tiny.first", "tiny.second"));
  expect(limpid.byteSize).toBe(empty);
  const pin = limpid.experts.pin("tiny.second");
  await limpid.restore(photo, byName("tiny.first", "tiny.second"));
  expect(limpid.byteSize).toBeGreaterThan(empty);
  pin.dispose();
  await limpid.restore(photo, byName("tiny.first"));
  expect(limpid.byteSize).toBe(empty);
  await expect(startLimpid({}, { expertMemory: -1 })).rejects.toMatchObject({ code: "InvalidArgument" });
});

test("strength is the weight of an expert unless the run says otherwise, and scales what the router gives", async () => {
  const limpid = await startLimpid({ degradations: ["noise", "jpeg"], bias: 20 });
  const first = limpid.experts.get("tiny.first")!.expert;
  limpid.experts.replace(first, { strength: 0.5 });
  const { mixture } = await limpid.restore(photo, byName("tiny.first", "tiny.second"));
  expect(mixture.map(({ weight }) => weight)).toEqual([0.5, 1]);
  const said = await limpid.restore(photo, { experts: [{ id: "tiny.first", weight: 0.5 }], tileSize: 8 });
  const meant = await limpid.restore(photo, byName("tiny.first"));
  expect(meant.image.data).toEqual(said.image.data);
  const routed = await limpid.restore(photo, { tileSize: 8 });
  expect(routed.mixture.find(({ expert }) => expert === "tiny.first")!.weight).toBeCloseTo(0.5, 3);
});

test("an expert for two faults of one image is mixed in once", async () => {
  const limpid = await startLimpid();
  const { embedding } = await limpid.analyze(photo);
  limpid.experts.remove("tiny.first");
  limpid.experts.remove("tiny.second");
  limpid.experts.add(makeExpert(model, "acme.both", { degradations: ["noise", "jpeg"] }));
  const degradations = [
    { degradation: "noise", probability: 0.9 },
    { degradation: "jpeg", probability: 0.8 },
  ];
  const { mixture } = await limpid.restore(photo, { analysis: { degradations, embedding }, tileSize: 8 });
  expect(mixture).toEqual([{ expert: "acme.both", weight: 1 }]);
});

test("installing everything and taking it out again leaves results bit for bit", async () => {
  const limpid = await startLimpid({ bias: 20 });
  const options: RestoreOptions[] = [byName(), byName("tiny.first"), { tileSize: 8 }];
  const run = () => Promise.all(options.map(async (one) => (await limpid.restore(photo, one)).image.data));
  const before = await run();
  const analysis = await limpid.analyze(photo);
  await limpid.packs.install(
    makeTinyPack(model, {
      routerRow: { weight: new Float32Array(8).fill(1), bias: 30, threshold: 0.5 },
    }),
  );
  const changed = await run();
  expect(changed[2]).not.toEqual(before[2]);
  await limpid.packs.uninstall("acme.limpid-descreen");
  expect(await run()).toEqual(before);
  expect(await limpid.analyze(photo)).toEqual(analysis);
});

test("a thousand installations and removals leave bytes and listeners where they began", async () => {
  const { config, sha256 } = baseOf(model);
  const experts = new ExpertSet({ sha256, config });
  let listeners = 0;
  const { onDidChange } = experts;
  Object.defineProperty(experts, "onDidChange", {
    value: (listener: () => void) => {
      listeners++;
      const listening = onDidChange(listener);
      return toDisposable(() => {
        listeners--;
        listening.dispose();
      });
    },
  });
  const session = await RestoreSession.start({
    model: await loadModel(modelFromFiles(model)),
    experts,
    backend: "wasm",
  });
  const { signal } = new AbortController();
  const analysis = await session.analyze(photo);
  const pool = ["a", "b", "c", "d"].map((name) => makeExpert(model, `acme.${name}`));
  const restore = (id: string) =>
    session.restore(photo, {
      experts: [{ id }],
      region: { x: 0, y: 0, width: 2, height: 2 },
      analysis,
      signal,
    });
  const swap = async (index: number, runs: boolean): Promise<void> => {
    const expert = pool[index % pool.length]!;
    const installed = experts.add(expert);
    if (runs) await restore(expert.id);
    installed.dispose();
  };
  await swap(0, true);
  await session.restore(photo, { experts: [], tileSize: 8, analysis });
  const settled = session.byteSize;
  for (let index = 0; index < 1000; index++) await swap(index, index % 20 === 0);
  expect(session.byteSize).toBe(settled);
  expect(listeners).toBe(1);
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
  session.dispose();
  expect(listeners).toBe(0);
  experts.dispose();
});

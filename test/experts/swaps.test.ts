import { afterAll, beforeAll, expect, test } from "@jest/globals";
import * as tf from "@tensorflow/tfjs-core";
import { BackboneWeights, listBackboneParameters } from "../../src/sdk/backbone/index.js";
import { FactorStore, mergeExperts, type Expert } from "../../src/sdk/experts/index.js";
import { parseSafetensors, sha256Hex } from "../../src/sdk/weights/index.js";
import { useBackend } from "../support/index.js";
import { makeTinyModel } from "../support/tiny-model.js";
import { baseOf, makeExpert } from "../support/tiny-pack.js";

const model = makeTinyModel();
const { config } = baseOf(model);
const experts = ["a", "b", "c"].map((name) => makeExpert(model, `acme.${name}`));
const [a, b, c] = experts as [Expert, Expert, Expert];
let base: BackboneWeights;

beforeAll(async () => {
  await useBackend("wasm");
  base = BackboneWeights.fromTensorFile(parseSafetensors(model.get("backbone.safetensors")!), config);
});
afterAll(() => base.dispose());

/** Bytes that an expert takes on the device, as float32. */
const deviceBytes = (expert: Expert): number =>
  [...expert.factors.values()].reduce(
    (sum, factors) => sum + 4 * (factors.a.toFloat32().length + factors.b.toFloat32().length),
    0,
  );
const size = deviceBytes(a);

const merge = (store: FactorStore, ...mixture: Expert[]): void => {
  const merged = mergeExperts(
    base,
    mixture.map((expert) => ({ expert, weight: 1 })),
    { store },
  );
  merged.dispose();
  store.trim();
};

/** SHA-256 of every tensor of the base, read back from the device. */
const hashBase = (): string[] =>
  listBackboneParameters(config).map(({ name }) => {
    const { buffer, byteOffset, byteLength } = base.get(name).dataSync<"float32">();
    return sha256Hex(new Uint8Array(buffer, byteOffset, byteLength));
  });

/** Bytes that a run uploads to the backend. */
function uploadedBytes(run: () => void): number {
  const backend = tf.backend() as unknown as { write(...args: unknown[]): unknown };
  const write = backend.write.bind(backend);
  let bytes = 0;
  backend.write = (values, ...rest) => {
    bytes += (values as Float32Array | null)?.byteLength ?? 0; // null makes room for a result
    return write(values, ...rest);
  };
  try {
    run();
  } finally {
    backend.write = write;
  }
  return bytes;
}

test("a swap uploads the factors that are not there yet and one number an expert, nothing else", () => {
  const store = new FactorStore();
  expect(uploadedBytes(() => merge(store, a))).toBe(size + 4);
  expect(uploadedBytes(() => merge(store, a, b))).toBe(size + 8);
  expect(uploadedBytes(() => merge(store, b))).toBe(4);
  store.dispose();
});

test("a thousand swaps leave the base bit for bit, and no tensor or byte", () => {
  const store = new FactorStore({ byteBudget: 2 * size });
  const before = hashBase();
  merge(store, a, b);
  const { numTensors, numBytes, numDataBuffers } = tf.memory();
  for (let swap = 0; swap < 1000; swap++) merge(store, experts[swap % 3]!);
  expect(tf.memory()).toMatchObject({ numTensors, numBytes, numDataBuffers });
  expect(hashBase()).toEqual(before);
  expect(store.byteSize).toBe(2 * size);
  store.dispose();
  expect(tf.memory().numBytes).toBe(numBytes - 2 * size);
});

test("over its budget a store lets go of the experts that were used least recently", () => {
  const store = new FactorStore({ byteBudget: 2 * size });
  merge(store, a);
  merge(store, b);
  merge(store, a);
  merge(store, c);
  expect(store.residents).toEqual([a, c]);
  expect(store.byteSize).toBe(2 * size);
  // A mixture may take more than the budget while it is merged.
  merge(store, a, b, c);
  expect(store.residents).toEqual([b, c]);
  store.dispose();
  expect([store.residents, store.byteSize]).toEqual([[], 0]);
});

test("a budget of nothing keeps nothing, pinned experts stay, and those that nobody needs go", () => {
  const pinned = new Set([a]);
  const store = new FactorStore({ byteBudget: 0, isPinned: (expert) => pinned.has(expert) });
  merge(store, a, b);
  expect(store.residents).toEqual([a]);
  pinned.clear();
  pinned.add(b);
  merge(store, b);
  expect(store.residents).toEqual([b]);
  store.trim((expert) => expert !== b);
  expect([store.residents, store.byteSize]).toEqual([[], 0]);
});

import { beforeAll, expect, test } from "@jest/globals";
import { BackboneWeights, listBackboneParameters } from "../../src/sdk/backbone/index.js";
import { TfjsBackend } from "../../src/sdk/engine/index.js";
import { FactorStore, mergeExperts, type Expert } from "../../src/sdk/experts/index.js";
import { PixelImage } from "../../src/sdk/image/index.js";
import { createLimpid } from "../../src/sdk/limpid/index.js";
import { modelFromFiles } from "../../src/sdk/restore/index.js";
import { parseSafetensors, sha256Hex } from "../../src/sdk/weights/index.js";
import { useBackend } from "../support/index.js";
import { makeTinyModel } from "../support/tiny-model.js";
import { baseOf, makeExpert, makeTinyPack } from "../support/tiny-pack.js";

// Somebody else's backend, active before and after.
beforeAll(() => useBackend("cpu"));

const model = makeTinyModel();
const photo = new PixelImage({
  width: 24,
  height: 16,
  channels: 3,
  data: Uint8Array.from({ length: 24 * 16 * 3 }, (_, i) => 128 + 90 * Math.sin(i / 11) * Math.cos(i / 501)),
});

/** What is done to the devices that Limpid asks for. */
interface Traffic {
  /** Shader modules and pipelines that were made. */
  compiled: number;
  /** Bytes that were written to buffers. */
  uploaded: number;
}

/** Counts on every device from now on. */
function watchDevices(): { readonly traffic: Traffic; restore: () => void } {
  const traffic: Traffic = { compiled: 0, uploaded: 0 };
  const { gpu } = navigator;
  const request = gpu.requestAdapter.bind(gpu);
  gpu.requestAdapter = async (...args) => {
    const adapter = (await request(...args))!;
    const requestDevice = adapter.requestDevice.bind(adapter);
    adapter.requestDevice = async (descriptor) => watch(await requestDevice(descriptor), traffic);
    return adapter;
  };
  return { traffic, restore: () => (gpu.requestAdapter = request) };
}

function watch(device: GPUDevice, traffic: Traffic): GPUDevice {
  for (const name of [
    "createShaderModule",
    "createComputePipeline",
    "createComputePipelineAsync",
    "createRenderPipeline",
  ] as const) {
    const create = device[name].bind(device) as (...args: unknown[]) => unknown;
    Object.assign(device, {
      [name]: (...args: unknown[]) => {
        traffic.compiled++;
        return create(...args);
      },
    });
  }
  const createBuffer = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) => {
    if (descriptor.mappedAtCreation === true) traffic.uploaded += descriptor.size;
    return createBuffer(descriptor);
  };
  const { queue } = device;
  const writeBuffer = queue.writeBuffer.bind(queue) as (...args: unknown[]) => undefined;
  const writes = {
    writeBuffer(buffer: unknown, offset: unknown, data: ArrayBufferView, start?: number, size?: number) {
      traffic.uploaded += size ?? data.byteLength;
      return writeBuffer(buffer, offset, data, start, size);
    },
  };
  Object.assign(queue, writes);
  return device;
}

/** Bytes that an expert takes on the device, as float32; a row of A may have one more column, for the bias. */
const deviceBytes = (expert: Expert): number =>
  [...expert.factors.values()].reduce(
    (sum, { a, b, rank = expert.rank }) => sum + 4 * (a.toFloat32().length + b.toFloat32().length + rank),
    0,
  );

test("a pack that is swapped in compiles no shader and uploads no more than its own expert", async () => {
  const { traffic, restore } = watchDevices();
  try {
    const limpid = await createLimpid({ model: modelFromFiles(model), backend: "webgpu" });
    const { analysis } = await limpid.restore(photo, { experts: [{ id: "tiny.first" }], tileSize: 16 });
    const run = async (id: string): Promise<Traffic> => {
      const before = { ...traffic };
      await limpid.restore(photo, { experts: [{ id }], tileSize: 16, analysis });
      return {
        compiled: traffic.compiled - before.compiled,
        uploaded: traffic.uploaded - before.uploaded,
      };
    };
    expect(traffic.compiled).toBeGreaterThan(0);
    const again = await run("tiny.first");
    expect(again.uploaded).toBeGreaterThan(photo.data.length); // the pixels, at least

    await limpid.packs.install(makeTinyPack(model));
    const swapped = await run("acme.descreen");
    const bytes = deviceBytes(limpid.experts.get("acme.descreen")!.expert);
    expect(swapped.compiled).toBe(0);
    expect(swapped.uploaded - again.uploaded).toBeGreaterThan(0);
    expect(swapped.uploaded - again.uploaded).toBeLessThanOrEqual(bytes);
    // It stays on the device, beside the one before it.
    for (const id of ["acme.descreen", "tiny.first"]) {
      expect(await run(id)).toEqual({ compiled: 0, uploaded: again.uploaded });
    }
    limpid.dispose();
  } finally {
    restore();
  }
});

test("swaps leave the base's bytes on the GPU as they were", async () => {
  const { config } = baseOf(model);
  const backend = await TfjsBackend.start("webgpu");
  const base = backend.run(() =>
    BackboneWeights.fromTensorFile(parseSafetensors(model.get("backbone.safetensors")!), config),
  );
  const hash = () =>
    Promise.all(
      listBackboneParameters(config).map(async ({ name }) => {
        const { buffer, byteOffset, byteLength } = await backend.read(base.get(name));
        return sha256Hex(new Uint8Array(buffer, byteOffset, byteLength));
      }),
    );
  const before = await hash();
  const store = new FactorStore({ byteBudget: 0 });
  for (let swap = 0; swap < 30; swap++) {
    const expert = makeExpert(model, `acme.${swap % 3}`);
    backend.run(() => mergeExperts(base, [{ expert, weight: 1 }], { store }).dispose());
    store.trim();
  }
  expect(await hash()).toEqual(before);
  expect(new Set(before).size).toBeGreaterThan(10);
  base.dispose();
  backend.dispose();
});

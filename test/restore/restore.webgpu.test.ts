import { beforeAll, expect, test } from "@jest/globals";
import { WgslExecutor } from "../../src/sdk/engine/index.js";
import { PixelImage, psnr } from "../../src/sdk/image/index.js";
import { createLimpid } from "../../src/sdk/limpid/index.js";
import { modelFromFiles, type BackendChange } from "../../src/sdk/restore/index.js";
import { expectNoLeaks, useBackend } from "../support/index.js";
import { makeTinyModel } from "../support/tiny-model.js";

// Somebody else's backend, active before and after: its memory is what tfjs counts when no other is.
beforeAll(() => useBackend("cpu"));

const model = modelFromFiles(makeTinyModel());
const photo = new PixelImage({
  width: 72,
  height: 72,
  channels: 3,
  data: Uint8Array.from({ length: 72 * 72 * 3 }, (_, i) => 128 + 90 * Math.sin(i / 11) * Math.cos(i / 501)),
});
const options = { experts: [{ id: "tiny.first" }], tileSize: 8 };

test("WebGPU and WebAssembly restore the same image alike", async () => {
  const [gpu, wasm] = await Promise.all(
    (["webgpu", "wasm"] as const).map((backend) => createLimpid({ model, backend })),
  );
  const [a, b] = [await gpu!.restore(photo, options), await wasm!.restore(photo, options)];
  expect([a.backend, b.backend]).toEqual(["webgpu", "wasm"]);
  expect(psnr(a.image, b.image)).toBeGreaterThan(60);
  expect(psnr(a.image, photo)).toBeLessThan(50);
  a.analysis.degradations.forEach(({ probability }, i) =>
    expect(probability).toBeCloseTo(b.analysis.degradations[i]!.probability, 4),
  );
  gpu!.dispose();
  wasm!.dispose();
});

/** Collects the devices that Limpid asks for, so that a test can lose them. */
function watchDevices(): { readonly devices: GPUDevice[]; restore: () => void } {
  const devices: GPUDevice[] = [];
  const { gpu } = navigator;
  const request = gpu.requestAdapter.bind(gpu);
  gpu.requestAdapter = async (...args) => {
    const adapter = (await request(...args))!;
    const requestDevice = adapter.requestDevice.bind(adapter);
    adapter.requestDevice = async (descriptor) => {
      const device = await requestDevice(descriptor);
      devices.push(device);
      return device;
    };
    return adapter;
  };
  return { devices, restore: () => (gpu.requestAdapter = request) };
}

test("a device lost in the middle of a run is replaced once, with the same result and an event", async () => {
  const { devices, restore } = watchDevices();
  const changes: BackendChange[] = [];
  try {
    await expectNoLeaks(async () => {
      const limpid = await createLimpid({
        model,
        backend: "webgpu",
        onBackendChange: (c) => changes.push(c),
      });
      const expected = (await limpid.restore(photo, options)).image.data;
      let lost = 0;
      const result = await limpid.restore(photo, {
        ...options,
        onProgress: ({ done }) => {
          if (done === 2 && lost++ === 0) devices[0]!.destroy();
        },
      });
      expect(devices.length).toBe(2);
      expect(result.image.data).toEqual(expected);
      expect(changes).toEqual([{ backend: "webgpu", reason: expect.stringMatching(/lost/) }]);
      limpid.dispose();
    });
  } finally {
    restore();
  }
});

test("a device lost again fails the run with its code, and the next run has a new one", async () => {
  const { devices, restore } = watchDevices();
  try {
    const limpid = await createLimpid({ model, backend: "webgpu" });
    let losses = 0;
    const run = limpid.restore(photo, {
      ...options,
      onProgress: ({ done }) => {
        if (done === 2 && losses < 2) devices[losses++]!.destroy();
      },
    });
    await expect(run).rejects.toMatchObject({ code: "DeviceLost" });
    await expect(limpid.restore(photo, options)).resolves.toMatchObject({ backend: "webgpu" });
    limpid.dispose();
  } finally {
    restore();
  }
});

test("a lost device that cannot be replaced is asked for again by the next run", async () => {
  const { devices, restore } = watchDevices();
  const { gpu } = navigator;
  const request = gpu.requestAdapter.bind(gpu);
  try {
    const limpid = await createLimpid({ model, backend: "webgpu" });
    devices[0]!.destroy();
    gpu.requestAdapter = () => Promise.resolve(null);
    for (let time = 0; time < 2; time++) {
      await expect(limpid.restore(photo, options)).rejects.toMatchObject({ code: "DeviceLost" });
    }
    gpu.requestAdapter = request;
    await expect(limpid.restore(photo, options)).resolves.toMatchObject({ backend: "webgpu" });
    limpid.dispose();
  } finally {
    restore();
  }
});

test("device memory nets to zero, and every device is destroyed", async () => {
  const { devices, restore } = watchDevices();
  try {
    await expectNoLeaks(async () => {
      const limpid = await createLimpid({ model, backend: "webgpu" });
      await limpid.restore(photo, options);
      limpid.dispose();
    });
    await expect(devices[0]!.lost).resolves.toMatchObject({ reason: "destroyed" });
  } finally {
    restore();
  }
});

/** Lets no device have buffers above a size until `restore` is called; `refused` counts those that were asked for. */
function limitBuffers(bytes: number): { refused: number; restore: () => void } {
  const device = GPUDevice.prototype;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with their own `this` below
  const { createBuffer, popErrorScope } = device;
  const state = {
    refused: 0,
    restore: () => void Object.assign(device, { createBuffer, popErrorScope }),
  };
  let isTooLarge = false;
  device.createBuffer = function (descriptor) {
    isTooLarge ||= descriptor.size > bytes;
    return createBuffer.call(this, descriptor);
  };
  device.popErrorScope = async function () {
    const error = await popErrorScope.call(this);
    if (!isTooLarge) return error;
    isTooLarge = false;
    state.refused++;
    return new GPUOutOfMemoryError("there is none left");
  };
  return state;
}

test("a device without memory for a tile restores in smaller ones, says so, and begins with those the next time", async () => {
  const side = 320;
  const large = new PixelImage({
    ...{ width: side, height: side, channels: 3 },
    data: Uint8Array.from(
      { length: side * side * 3 },
      (_, i) => 128 + 90 * Math.sin(i / 11) * Math.cos(i / 501),
    ),
  });
  const { experts } = options;
  const limpid = await createLimpid({ model, backend: "webgpu" });
  const whole = await limpid.restore(large, { experts });
  expect([whole.tiles, whole.tileSize]).toEqual([1, 896]);
  limpid.dispose();

  const poor = await createLimpid({ model, backend: "webgpu" });
  const limit = limitBuffers(side * side * 8);
  try {
    const tiled = await poor.restore(large, { experts });
    expect(limit.refused).toBeGreaterThan(0);
    expect([tiled.tiles, tiled.tileSize]).toEqual([4, 224]);
    expect(psnr(tiled.image, whole.image)).toBeGreaterThan(40);
    limit.refused = 0;
    const again = await poor.restore(large, { experts });
    expect([again.tileSize, limit.refused]).toEqual([224, 0]);
    expect(again.image.data).toEqual(tiled.image.data);
    await expect(poor.restore(large, { experts, tileSize: 512 })).rejects.toMatchObject({
      code: "OutOfMemory",
    });
  } finally {
    limit.restore();
    poor.dispose();
  }
});

/** What happens on every device until `restore` is called: submissions, reads that are done, buffers that are made. */
function watchQueue(): { readonly events: string[]; restore: () => void } {
  const events: string[] = [];
  const [queue, buffer, device] = [GPUQueue.prototype, GPUBuffer.prototype, GPUDevice.prototype];
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with their own `this` below
  const [submit, mapAsync, createBuffer] = [queue.submit, buffer.mapAsync, device.createBuffer];
  queue.submit = function (...commands) {
    events.push("submit");
    return submit.apply(this, commands);
  };
  buffer.mapAsync = async function (...range) {
    await mapAsync.apply(this, range);
    events.push("read");
    return undefined;
  };
  device.createBuffer = function (descriptor) {
    events.push("buffer");
    return createBuffer.call(this, descriptor);
  };
  const restore = () =>
    Object.assign(queue, { submit }) &&
    Object.assign(buffer, { mapAsync }) &&
    Object.assign(device, { createBuffer });
  return { events, restore };
}

test("tiles overlap, with a submission each and no new buffer, and give the same bytes as one by one", async () => {
  const limpid = await createLimpid({ model, backend: "webgpu" });
  // With the analysis given, nothing but tiles is computed.
  const settings = { ...options, analysis: await limpid.analyze(photo) };
  await limpid.restore(photo, settings);
  const { events, restore } = watchQueue();
  let overlapped;
  try {
    overlapped = await limpid.restore(photo, settings);
  } finally {
    restore();
  }
  expect(overlapped.tiles).toBe(9);
  // One submission merges the experts, one measures the image's statistics; the others are tiles.
  const merge = events.indexOf("submit");
  const tiles = events.slice(events.indexOf("submit", merge + 1) + 1);
  expect(tiles.filter((event) => event === "submit")).toHaveLength(9);
  let underWay = 0;
  const atOnce = tiles.map((event) => (underWay += event === "submit" ? 1 : event === "read" ? -1 : 0));
  expect([Math.max(...atOnce), underWay]).toEqual([2, 0]);
  // The first tile makes the buffers of all, the second one more to be read from while the next is computed.
  const second = tiles.indexOf("submit", tiles.indexOf("submit") + 1);
  expect(tiles.slice(second)).not.toContain("buffer");

  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own `this` below
  const { begin } = WgslExecutor.prototype;
  WgslExecutor.prototype.begin = function (...arguments_) {
    return Object.assign(begin.apply(this, arguments_), { overlap: 1 });
  };
  try {
    const alone = await limpid.restore(photo, settings);
    expect(Buffer.compare(alone.image.data as Uint8Array, overlapped.image.data as Uint8Array)).toBe(0);
  } finally {
    WgslExecutor.prototype.begin = begin;
  }
  limpid.dispose();
});

test("an abort with two tiles under way ends the run with Aborted, and the next one works", async () => {
  const limpid = await createLimpid({ model, backend: "webgpu" });
  const settings = { ...options, analysis: await limpid.analyze(photo) };
  const whole = await limpid.restore(photo, settings);
  const controller = new AbortController();
  const seen: number[] = [];
  const aborted = limpid.restore(photo, {
    ...settings,
    signal: controller.signal,
    onProgress: ({ done, tile }) => {
      if (tile !== undefined) seen.push(done);
      if (done === 3) controller.abort();
    },
  });
  await expect(aborted).rejects.toMatchObject({ code: "Aborted" });
  expect(seen).toEqual([1, 2, 3]);
  const again = await limpid.restore(photo, settings);
  expect(again.image.data).toEqual(whole.image.data);
  limpid.dispose();
});

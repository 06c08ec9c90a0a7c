import { expect, test } from "@jest/globals";
import {
  serveTiles,
  TfjsBackend,
  TileWorkersExecutor,
  WasmExecutor,
  type TileWorkerFactory,
  type TileWorkerOptions,
} from "../../src/sdk/engine/index.js";
import { EventEmitter, toDisposable, type WorkerPort } from "../../src/sdk/base/index.js";
import { PixelImage } from "../../src/sdk/image/index.js";
import type { Limpid } from "../../src/sdk/limpid/index.js";
import type { ExpertChoice } from "../../src/sdk/restore/index.js";
import { sha256Hex } from "../../src/sdk/weights/index.js";
import { compactConfig, randomWeights } from "../backbone/networks.js";
import { expectNoLeaks } from "../support/index.js";
import { startLimpid } from "../support/start-limpid.js";
import { describeExecutor, randomBlock } from "./executor-suite.js";
import { frameNamer } from "./tile-frames.js";
import { WatchedThreads } from "./tile-worker-threads.js";

const suiteThreads = new WatchedThreads();

async function startWithThreads(
  threads: WatchedThreads,
  ...[file, config]: Parameters<typeof WasmExecutor.prepare>
): Promise<TileWorkersExecutor> {
  const executor = new TileWorkersExecutor(await WasmExecutor.prepare(file, config), { factory: threads });
  const run = executor.begin([], new Float32Array(config.embeddingSize));
  run.announce?.(9);
  await threads.seen("ready", 2);
  // The message is seen before the pool receives it; until it has, this thread would restore blocks too.
  await new Promise(setImmediate);
  run.dispose();
  return executor;
}

describeExecutor({
  name: "fused WebAssembly kernels in two workers",
  start: () => TfjsBackend.start("cpu"),
  make: (_backend, file, config) => startWithThreads(suiteThreads, file, config),
  reference: "wasm",
  tolerance: 1e-5,
});

test("what every executor promises was promised by the workers", () => {
  expect(suiteThreads.count("restored")).toBeGreaterThanOrEqual(10);
});

/** 15 tiles of 40, each of which sees a part of the image with its margin, so that statistics are measured. */
const photo = new PixelImage({
  width: 248,
  height: 168,
  channels: 3,
  data: Float32Array.from({ length: 248 * 168 * 3 }, (_, index) => ((index * 7919) % 997) / 997),
});
const [tileSize, tiles] = [40, 15];
const mixtures: readonly (readonly ExpertChoice[])[] = [
  [],
  [{ id: "tiny.first" }],
  [
    { id: "tiny.first", weight: 0.7 },
    { id: "tiny.second", weight: 0.3 },
  ],
  [],
  [{ id: "tiny.second" }],
];

async function restore(limpid: Limpid, experts: readonly ExpertChoice[] = mixtures[2]!) {
  const order: number[] = [];
  const { image, tiles } = await limpid.restore(photo, {
    experts,
    tileSize,
    onProgress: ({ done, tile }) => tile && order.push(done, tile.x, tile.y),
  });
  const { buffer, byteOffset, byteLength } = image.data;
  return { data: sha256Hex(new Uint8Array(buffer, byteOffset, byteLength)), order, tiles };
}

const expected = async (): Promise<Awaited<ReturnType<typeof restore>>> => restore(await startLimpid());

/** Limpid with tile workers, and the reasons why some of them were given up. */
async function startPooled(
  tileWorkers: TileWorkerOptions,
): Promise<{ limpid: Limpid; told: string[]; toldOf: (times: number) => Promise<void> }> {
  const told: string[] = [];
  const toldEvent = new EventEmitter<void>();
  const limpid = await startLimpid(
    {},
    {
      tileWorkers,
      onBackendChange: ({ backend, reason }) => {
        told.push(`${backend}: ${reason}`);
        toldEvent.fire();
      },
    },
  );
  const toldOf = (times: number): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (told.length >= times) resolve();
      };
      toldEvent.event(check);
      check();
    });
  return { limpid, told, toldOf };
}

/** Starts threads by a first image, and waits for them. */
async function startWarm(threads: WatchedThreads, options: Partial<TileWorkerOptions> = {}) {
  const pooled = await startPooled({ factory: threads, ...options });
  await restore(pooled.limpid);
  await threads.seen("ready", threads.traffic.length);
  return pooled;
}

test("workers restore every tile, bit for bit and in the order of one thread, image after image", async () => {
  const single = await startLimpid();
  const threads = new WatchedThreads();
  const { limpid, told } = await startWarm(threads, { count: 3 });
  expect(threads.traffic).toHaveLength(3);
  const before = threads.count("restored");
  for (const experts of mixtures) {
    const there = await restore(limpid, experts);
    expect(there).toEqual(await restore(single, experts));
    expect(there.tiles).toBe(tiles);
  }
  expect(threads.count("restored") - before).toBe(mixtures.length * tiles);
  for (const traffic of threads.traffic) {
    const count = (type: string): number => traffic.filter((other) => other === type).length;
    expect(count("restored")).toBeGreaterThan(0);
    // The base alone stays; a mixture is sent once, and let go of when its image is done.
    expect(count("weights") - count("release")).toBe(1);
    expect(count("weights")).toBeLessThanOrEqual(mixtures.length);
  }
  expect(told).toEqual([]);
  expect(limpid.byteSize).toBeLessThanOrEqual(single.byteSize);
});

test("workers start only when an image has two tiles, no more than it has tiles, and end with Limpid", async () => {
  const threads = new WatchedThreads();
  const { limpid } = await startPooled({ factory: threads, count: 4 });
  await limpid.restore(photo, { experts: [], tileSize: 200 });
  expect(threads.traffic).toHaveLength(0);
  await limpid.restore(photo, { experts: [], tileSize: 100 });
  expect(threads.traffic).toHaveLength(4);
  const few = new WatchedThreads();
  const other = await startPooled({ factory: few, count: 4 });
  await other.limpid.restore(photo, {
    experts: [],
    tileSize: 100,
    region: { x: 0, y: 0, width: 200, height: 9 },
  });
  expect(few.traffic).toHaveLength(2);
  for (const count of [0, 1]) {
    const none = new WatchedThreads();
    await restore((await startPooled({ factory: none, count })).limpid);
    expect(none.traffic).toHaveLength(0);
  }
  const ended = Promise.all([threads.ended(), few.ended()]);
  limpid.dispose();
  other.limpid.dispose();
  await ended;
});

test("a number of workers that is none is refused", async () => {
  for (const count of [-1, 1.5, Number.NaN]) {
    const start = startPooled({ factory: new WatchedThreads(), count });
    await expect(start).rejects.toMatchObject({ code: "InvalidArgument" });
  }
});

test("aborting ends the run at once, the worker drops its block, and goes on", async () => {
  const threads = new WatchedThreads();
  const executor = await startWithThreads(threads, randomWeights(compactConfig), compactConfig);
  const run = executor.begin([], new Float32Array(compactConfig.embeddingSize));
  const controller = new AbortController();
  const { signal } = controller;
  // More than there are places for: some wait. Each takes longer than a worker goes without looking at its messages.
  const blocks = Array.from({ length: 5 }, (_, index) => randomBlock(800, 800, index));
  const errors = Promise.all(
    blocks.map((block) =>
      run.restore(block, { signal }).then(
        () => "nothing was thrown",
        (error: unknown) => error,
      ),
    ),
  );
  await threads.seen("restore", 2);
  controller.abort("enough");
  const answered = ["restored", "aborted"].map((type) => threads.count(type));
  for (const error of await errors) expect(error).toMatchObject({ code: "Aborted", cause: "enough" });
  // Nobody waited for the workers.
  expect(["restored", "aborted"].map((type) => threads.count(type))).toEqual(answered);
  await threads.seen("aborted", 2);
  expect(threads.count("restored")).toBe(0);
  const alone = await WasmExecutor.prepare(randomWeights(compactConfig), compactConfig);
  const reference = alone.begin([], new Float32Array(compactConfig.embeddingSize));
  const restored = await Promise.all(blocks.slice(0, 2).map((block) => run.restore(block)));
  for (const [index, { rgb }] of restored.entries()) {
    const { rgb: wanted } = await reference.restore(blocks[index]!);
    expect(rgb.every((value, place) => value === wanted[place])).toBe(true);
  }
  expect(threads.count("restored")).toBe(2);
  for (const owned of [run, reference, alone, executor]) owned.dispose();
});

test("an image that is aborted in the middle leaves the next one right", async () => {
  const threads = new WatchedThreads();
  const { limpid, told } = await startWarm(threads);
  const controller = new AbortController();
  const aborted = limpid.restore(photo, {
    experts: mixtures[1]!,
    tileSize,
    signal: controller.signal,
    onProgress({ done }) {
      if (done === 3) controller.abort();
    },
  });
  await expect(aborted).rejects.toMatchObject({ code: "Aborted" });
  expect(await restore(limpid)).toEqual(await expected());
  expect(told).toEqual([]);
});

test("a worker that dies with a tile is given up, the tile is restored elsewhere, and that is said", async () => {
  const threads = new WatchedThreads();
  const { limpid, told } = await startWarm(threads);
  let posted = 0;
  threads.onMessage((type, thread) => {
    if (type === "restore" && thread === 1 && ++posted === 3) threads.kill(1);
  });
  expect(await restore(limpid)).toEqual(await expected());
  const said =
    "wasm: a tile worker was given up, and its tiles are restored elsewhere: the thread ended with 1";
  expect(told).toEqual([said]);
  threads.onMessage((type) => type === "restore" && threads.kill(0));
  expect(await restore(limpid)).toEqual(await expected());
  expect(told).toEqual([said, said]);
  // Both had restored tiles, so the next images have two workers again.
  while (!(
    threads.traffic[2]?.includes("restored") === true && threads.traffic[3]?.includes("restored") === true
  )) {
    expect(await restore(limpid)).toEqual(await expected());
  }
  expect(threads.traffic).toHaveLength(4);
  expect(told).toHaveLength(2);
});

test("workers that cannot be started leave the work to this thread, and that is said", async () => {
  const { limpid, told } = await startPooled({
    factory: {
      defaultCount: 2,
      start() {
        throw new Error("there are no threads here");
      },
    },
  });
  expect(await restore(limpid)).toEqual(await expected());
  const said =
    "wasm: a tile worker was given up, and its tiles are restored elsewhere: there are no threads here";
  expect(told).toEqual([said, said]);
});

/**
 * A worker of this thread: `answer` decides what comes of a message, by what it is about; `serve` has the real program answer it,
 * `fail` says that it cannot go on.
 */
function localWorkers(
  answer: (type: string, serve: () => void, fail: (reason: string) => void) => void,
): TileWorkerFactory {
  return {
    defaultCount: 2,
    start(): WorkerPort {
      const [received, failed, heard] = [
        new EventEmitter<unknown>(),
        new EventEmitter<Error>(),
        new EventEmitter<unknown>(),
      ];
      const name = frameNamer();
      const reply = (message: unknown): void => void setTimeout(() => received.fire(message), 0);
      serveTiles({
        onMessage: heard.event,
        onDidFail: new EventEmitter<Error>().event,
        post: (message) => reply(structuredClone(message)),
        ...toDisposable(() => undefined),
      });
      return {
        onMessage: received.event,
        onDidFail: failed.event,
        post(message, transfer) {
          const clone: { id?: number } = structuredClone(message, { transfer: [...transfer] }) as object;
          const fail = (reason: string): void =>
            reply({ type: "refusal", id: clone.id, error: { message: reason, details: {} } });
          setTimeout(() => answer(name(clone), () => heard.fire(clone), fail), 0);
        },
        ...toDisposable(() => {
          received.dispose();
          failed.dispose();
          heard.dispose();
        }),
      };
    },
  };
}

test("a worker that never says that it is ready is given up, and tiles do not wait for it", async () => {
  const { limpid, told, toldOf } = await startPooled({
    factory: localWorkers(() => undefined),
    startTime: 300,
  });
  expect(await restore(limpid)).toEqual(await expected());
  await toldOf(2);
  expect(told[0]).toMatch(
    /^wasm: a tile worker was given up.*: the worker does not answer within 0.3 seconds$/,
  );
  expect(await restore(limpid)).toEqual(await expected());
});

test.each<[string, TileWorkerFactory, string]>([
  [
    "falls silent",
    localWorkers((type, serve) => {
      if (type !== "restore" && type !== "ping") serve();
    }),
    "the worker does not answer within 0.3 seconds",
  ],
  [
    "says that it cannot go on",
    localWorkers((type, serve, fail) => (type === "restore" ? fail("out of memory") : serve())),
    "out of memory",
  ],
])("a worker that %s with a tile is given up", async (_, factory, reason) => {
  const { limpid, told } = await startPooled({ factory, hangTime: 300 });
  // In the first run the workers may not be ready yet.
  while (told.length < 2) expect(await restore(limpid)).toEqual(await expected());
  for (const said of told) expect(said).toMatch(new RegExp(`was given up.*: ${reason}$`));
});

test("a worker that takes longer than that, but answers when it is asked, is waited for", async () => {
  const held: (() => void)[] = [];
  let pings = 0;
  const factory = localWorkers((type, serve) => {
    if (type === "restore") held.push(serve);
    else serve();
    // Three times as long as silence is put up with.
    if (type === "ping" && ++pings % 30 === 0) held.splice(0).forEach((restore) => restore());
  });
  const { limpid, told } = await startPooled({ factory, hangTime: 100 });
  const region = { x: 64, y: 64, width: 32, height: 16 };
  while (pings < 30) await limpid.restore(photo, { experts: [], tileSize: 16, region });
  expect(told).toEqual([]);
});

test("neither this thread nor the workers keep anything of a run", async () => {
  const { limpid } = await startPooled({ factory: localWorkers((_, serve) => serve()) });
  const plain = (): Promise<unknown> => restore(limpid, []);
  // What stays between runs is there: the workers, the plain backbone, the expert's factors.
  await plain();
  await restore(limpid, mixtures[1]);
  await plain();
  await expectNoLeaks(async () => {
    await restore(limpid, mixtures[1]);
    const controller = new AbortController();
    const aborted = limpid.restore(photo, {
      experts: mixtures[1]!,
      tileSize,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(aborted).rejects.toMatchObject({ code: "Aborted" });
    // Behind what the workers are told to free.
    await plain();
  });
});

test("disposing Limpid in the middle of an image ends the run and the workers", async () => {
  const threads = new WatchedThreads();
  const { limpid } = await startWarm(threads);
  const ended = threads.ended();
  const disposed = limpid.restore(photo, {
    experts: [],
    tileSize,
    onProgress: () => limpid.dispose(),
  });
  await expect(disposed).rejects.toMatchObject({ code: "Aborted" });
  await ended;
});

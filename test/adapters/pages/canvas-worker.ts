// Limpid in a worker: places, results, errors, deaths.
import {
  createLimpid,
  createWorkerLimpid,
  pageTileWorkers,
  type WorkerLimpid,
  type WorkerLimpidOptions,
} from "../../../src/adapters/canvas/index.js";
import { LimpidError } from "../../../src/sdk/base/index.js";
import { PixelImage } from "../../../src/sdk/image/index.js";
import { modelFromFiles, type TileWorkerFactory } from "../../../src/sdk/index.js";
import { makeTinyModel } from "../../support/tiny-model.js";
import { makeTinyPack } from "../../support/tiny-pack.js";

const model = makeTinyModel({ bias: 20 });
const photo = new PixelImage({
  width: 88,
  height: 70,
  channels: 4,
  data: new Uint8Array(88 * 70 * 4).map((_, index) => (index * 37) % 251),
});

/** 12 tiles of 40, each of which sees a part of the image. */
const wide = new PixelImage({
  width: 208,
  height: 138,
  channels: 3,
  data: new Uint8Array(208 * 138 * 3).map((_, index) => (index * 37) % 251),
});

/** The workers that this page has started. */
const workers: Worker[] = [];
const PlainWorker = globalThis.Worker;
globalThis.Worker = class extends PlainWorker {
  constructor(url: string | URL, options?: WorkerOptions) {
    super(url, options);
    workers.push(this);
  }
};

function open(options: Partial<WorkerLimpidOptions> = {}): Promise<WorkerLimpid> {
  return createWorkerLimpid({ script: "/dist/limpid-worker.js", model, backend: "cpu", ...options });
}

async function codeOf(run: Promise<unknown>): Promise<string> {
  try {
    await run;
    return "nothing was thrown";
  } catch (error) {
    return LimpidError.is(error) ? error.code : String(error);
  }
}

const cases = {
  /** The same run at each place. */
  async places() {
    const outcomes = [];
    for (const place of ["worker", "data-worker", "page"] as const) {
      const limpid = await open({ places: [place] });
      const steps: number[] = [];
      const { image, backend, mixture } = await limpid.restore(photo, {
        tileSize: 16,
        onProgress: ({ done, preview }) => steps.push(done * preview.channels),
      });
      const { degradations } = await limpid.analyze(photo);
      outcomes.push({
        place: limpid.place,
        backend,
        reasons: limpid.fallbackReasons,
        steps,
        experts: mixture.length,
        degradations: degradations.length,
        data: [...image.data].join(),
        isImage: image instanceof PixelImage,
        isKept: photo.data.length,
      });
      limpid.dispose();
    }
    return outcomes;
  },
  /** A script that is not there. */
  async missingScript() {
    const told: string[] = [];
    const limpid = await open({
      script: "/dist/nothing-is-here.js",
      onFallback: (reason) => told.push(reason),
    });
    const outcome = { place: limpid.place, told, isSame: told.join() === limpid.fallbackReasons.join() };
    limpid.dispose();
    return outcome;
  },
  /** A page whose GPU its workers do not have. */
  async gpuOnPageOnly() {
    const gpu = { requestAdapter: () => Promise.resolve({ info: { isFallbackAdapter: false } }) };
    Object.defineProperty(navigator, "gpu", { value: gpu, configurable: true });
    try {
      const limpid = await open({
        backend: "auto",
        places: ["worker"],
        wasmPath: "/node_modules/@tensorflow/tfjs-backend-wasm/dist/",
      });
      const outcome = { place: limpid.place, backend: limpid.backend, first: limpid.fallbackReasons[0] };
      limpid.dispose();
      return outcome;
    } finally {
      Reflect.deleteProperty(navigator, "gpu");
    }
  },
  /** The first place that works in this frame. */
  async firstPlace() {
    const limpid = await open();
    const { image } = await limpid.restore(photo);
    const outcome = { place: limpid.place, reasons: limpid.fallbackReasons, width: image.width };
    limpid.dispose();
    return outcome;
  },
  async errors() {
    const limpid = await open({ places: ["worker"] });
    const codes = [
      await codeOf(limpid.restore(photo, { experts: [{ id: "nobody.knows" }] as never })),
      await codeOf(limpid.restore(photo, { signal: AbortSignal.abort() })),
    ];
    const controller = new AbortController();
    const aborted = limpid.restore(photo, {
      tileSize: 8,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    codes.push(await codeOf(aborted));
    const thrown = limpid.restore(photo, {
      onProgress: () => {
        throw new Error("the listener failed");
      },
    });
    codes.push(await codeOf(thrown));
    codes.push(await codeOf(limpid.restore(photo)));
    const waiting = codeOf(limpid.restore(photo));
    limpid.dispose();
    codes.push(await waiting, await codeOf(limpid.restore(photo)));
    return codes;
  },
  /** A worker that throws, and one that the browser ends without a word. */
  async deaths() {
    const limpid = await open({ places: ["worker"], hangTime: 2_000 });
    const outcomes: string[] = [];
    const died = () =>
      workers.at(-1)!.dispatchEvent(new ErrorEvent("error", { message: "out of memory", cancelable: true }));
    outcomes.push(await codeOf(limpid.restore(photo, { tileSize: 16, onProgress: died })));
    const together = await Promise.all([limpid.restore(photo), limpid.analyze(photo)]);
    outcomes.push(`${together[0].image.width} ${together[1].degradations.length}`);
    const count = workers.length;
    const silent = limpid.restore(photo);
    workers.at(-1)!.terminate();
    outcomes.push(await codeOf(silent));
    outcomes.push(String((await limpid.restore(photo)).image.width), String(workers.length - count));
    limpid.dispose();
    return outcomes;
  },
  /** Packs, windows and what the engine has, in a worker and on the page. */
  async packs() {
    const outcomes = [];
    for (const place of ["worker", "page"] as const) {
      const limpid = await open({ places: [place], packs: { maximumBytes: 200_000 } });
      const files = makeTinyPack(model);
      const progress: number[] = [];
      const before = await limpid.describe();
      const pack = await limpid.installPack(files, {
        onProgress: ({ loaded, total }) => progress.push(loaded / total),
      });
      const after = await limpid.describe();
      const { windows } = await limpid.analyze(photo, { windows: true });
      const { mixture } = await limpid.restore(photo, { experts: [{ id: "acme.descreen" }] });
      const codes = [
        await codeOf(limpid.installPack("https://")),
        await codeOf(limpid.installPack(new Map([["package.json", Uint8Array.of(1)]]))),
        await codeOf(limpid.installPack(makeTinyPack(model, { name: "limpid-big", ballast: 300_000 }))),
        await codeOf(limpid.installPack(files, { signal: AbortSignal.abort() })),
        await codeOf(limpid.uninstallPack("acme.nothing")),
      ];
      await limpid.uninstallPack(pack.id);
      outcomes.push({
        model: before.model.id,
        had: before.experts.map(({ id }) => id),
        pack: `${pack.id} ${pack.version} ${pack.files.size}`,
        progress: progress.at(-1),
        has: after.experts.map(({ id, owner }) => `${id} of ${owner}`),
        packs: after.packs.map(({ id, manifest }) => `${id} ${manifest.contributes.experts[0]?.title}`),
        isMeasured: after.byteSize > 0,
        windows: windows?.map(({ rect, degradations }) => `${rect.x} ${rect.y} ${degradations.length}`),
        ran: mixture.map(({ expert }) => expert),
        codes,
        left: (await limpid.describe()).experts.length,
      });
      limpid.dispose();
    }
    return outcomes;
  },
  /** A pack is there for the worker after the one that it was installed in. */
  async packsOutliveWorkers() {
    const limpid = await open({ places: ["worker"] });
    await limpid.installPack(makeTinyPack(model));
    const restored = limpid.restore(photo, {
      tileSize: 16,
      onProgress: () => {
        workers
          .at(-1)!
          .dispatchEvent(new ErrorEvent("error", { message: "out of memory", cancelable: true }));
      },
    });
    const outcome = [await codeOf(restored), ...(await limpid.describe()).packs.map(({ id }) => id)];
    await limpid.uninstallPack("acme.limpid-descreen");
    limpid.dispose();
    return outcome;
  },
  /** Samples of every type, and a mask, come to the worker as they are, and the page keeps its own. */
  async everyType() {
    const outcomes = [];
    const mask = new PixelImage({
      width: photo.width,
      height: photo.height,
      channels: 1,
      data: new Uint8Array(photo.width * photo.height).fill(255, 300),
    });
    const [inWorker, onPage] = [await open({ places: ["worker"] }), await open({ places: ["page"] })];
    const whole = photo.data;
    for (const data of [
      Uint8Array.from(whole),
      // A part of a larger buffer.
      Uint8Array.from([0, 0, 0, 0, ...whole]).subarray(4),
      Uint16Array.from(whole, (value) => value * 257),
      Float32Array.from(whole, (value) => value / 255),
    ]) {
      const image = photo.withData(data);
      const [there, here] = [await inWorker.restore(image, { mask }), await onPage.restore(image, { mask })];
      outcomes.push([
        there.image.bitDepth,
        there.image.data.join() === here.image.data.join() && there.image.data.join() !== data.join(),
        data.length,
      ]);
    }
    inWorker.dispose();
    onPage.dispose();
    return { outcomes, mask: mask.data.length };
  },
  /** A restore that was asked for before its expert is removed still has it. */
  async inOrder() {
    const limpid = await open({ places: ["worker"] });
    const pack = await limpid.installPack(makeTinyPack(model));
    const large = new PixelImage({
      width: 700,
      height: 500,
      channels: 4,
      data: new Uint8Array(700 * 500 * 4).fill(200),
    });
    const region = { x: 0, y: 0, width: 16, height: 16 };
    const restored = limpid.restore(large, { experts: [{ id: "acme.descreen" }], region });
    await Promise.all([restored, limpid.uninstallPack(pack.id)]);
    const outcome = (await restored).mixture.map(({ expert }) => expert);
    limpid.dispose();
    return outcome;
  },
  /** Cancelled while its pixels are still being copied, a run never reaches the worker, and the next one works. */
  async abortedOnTheWay() {
    const limpid = await open({ places: ["worker"] });
    const controller = new AbortController();
    const first = codeOf(limpid.restore(photo, { signal: controller.signal }));
    const second = limpid.restore(photo);
    controller.abort();
    const outcome = [await first, (await second).image.width];
    limpid.dispose();
    return outcome;
  },
  /** Tiles of the engine's worker in two workers that it starts, and in none. */
  async nestedTileWorkers() {
    const outcomes = [];
    for (const tileWorkers of [0, 2]) {
      const limpid = await open({
        backend: "wasm",
        places: ["worker"],
        script: `/counted-scripts/${tileWorkers}/limpid-worker.js`,
        wasmPath: "/node_modules/@tensorflow/tfjs-backend-wasm/dist/",
        tileWorkers,
      });
      const { image, tiles } = await limpid.restore(wide, { tileSize: 40 });
      // Time for workers to start, and to fail.
      for (let run = 0; run < 20; run++) await limpid.restore(wide, { tileSize: 40 });
      const again = await limpid.restore(wide, { tileSize: 40 });
      outcomes.push({
        tiles,
        data: [image.data.join(), again.image.data.join()],
        reasons: limpid.fallbackReasons,
      });
      // By now their scripts were asked for.
      while (
        (await (await fetch(`/counted-scripts/${tileWorkers}/count`)).text()) !== String(tileWorkers + 1)
      );
      limpid.dispose();
    }
    return outcomes;
  },
  /** Tiles of an engine on the page in two workers, and in ones whose script fails. */
  async pageTileWorkers() {
    const outcomes = [];
    for (const script of ["/dist/limpid-worker.js", "/dist/nothing-is-here.js"]) {
      const types: string[] = [];
      const reasons: string[] = [];
      const real = pageTileWorkers(script);
      const factory: TileWorkerFactory = {
        ...real,
        start() {
          const worker = real.start();
          worker.onMessage((message) => types.push((message as { type: string }).type));
          return worker;
        },
      };
      const limpid = await createLimpid({
        model: modelFromFiles(model),
        backend: "wasm",
        wasmPath: "/node_modules/@tensorflow/tfjs-backend-wasm/dist/",
        tileWorkers: { factory, count: 2 },
        onBackendChange: ({ reason }) => reasons.push(reason),
      });
      const count = (type: string): number => types.filter((other) => other === type).length;
      const { image } = await limpid.restore(wide, { tileSize: 40 });
      while (count("ready") + reasons.length < 2) await limpid.restore(wide, { tileSize: 40 });
      const before = count("restored");
      const again = await limpid.restore(wide, { tileSize: 40 });
      outcomes.push({
        isSame: image.data.join() === again.image.data.join(),
        data: again.image.data.join(),
        tiles: again.tiles,
        inWorkers: count("restored") - before,
        reasons,
        isDefault: real.defaultCount === Math.min(4, Math.max(1, navigator.hardwareConcurrency >> 1)),
      });
      limpid.dispose();
    }
    return outcomes;
  },
  async nowhere() {
    return codeOf(open({ script: "/dist/nothing-is-here.js", places: ["worker"] }));
  },
  async brokenModel() {
    return codeOf(open({ places: ["worker"], model: new Map([["model.json", Uint8Array.of(1)]]) }));
  },
};

Object.assign(globalThis, { cases });

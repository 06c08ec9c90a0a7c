// Limpid in a worker of a page: places, errors, deaths, tile workers.
import { pageTileWorkers } from "../../../src/sdk/engine/index.js";
import { PixelImage } from "../../../src/sdk/image/index.js";
import { createLimpid, modelFromFiles, type Limpid, type LimpidOptions } from "../../../src/sdk/index.js";
import { makeTinyPack } from "../../support/tiny-pack.js";
import { cases as conformance, codeOf, model, photo, type CaseName } from "../limpid-conformance.js";

/** 12 tiles of 40, each of which sees a part of the image. */
const wide = new PixelImage({
  width: 208,
  height: 138,
  channels: 3,
  data: new Uint8Array(208 * 138 * 3).map((_, index) => (index * 37) % 251),
});

const wasmPath = "/node_modules/@tensorflow/tfjs-backend-wasm/dist/";

/** The workers that this page has started. */
const workers: { readonly worker: Worker; readonly url: string; readonly name: string }[] = [];
const PlainWorker = globalThis.Worker;
globalThis.Worker = class extends PlainWorker {
  constructor(url: string | URL, options?: WorkerOptions) {
    super(url, options);
    workers.push({ worker: this, url: String(url), name: options?.name ?? "" });
  }
};

const lastWorker = (): Worker => workers.at(-1)!.worker;
const lastScheme = (): string => new URL(workers.at(-1)!.url, location.href).protocol;
const tileWorkersOf = (address: string) => pageTileWorkers(new URL(address, location.href).href);
const script = "/dist/limpid-worker-tfjs.js"; // these tests compute on `cpu`
const missing = "/dist/nothing-is-here.js";

function open(options: LimpidOptions = {}): Promise<Limpid> {
  return createLimpid({
    model: modelFromFiles(model),
    backend: "cpu",
    worker: { script, required: true },
    ...options,
  });
}

const die = (): void =>
  void lastWorker().dispatchEvent(new ErrorEvent("error", { message: "out of memory", cancelable: true }));

const cases = {
  /** A case of the suite, in a worker or on the page. */
  async conforms({ name, isInWorker }: { readonly name: CaseName; readonly isInWorker: boolean }) {
    const opened: Limpid[] = [];
    const outcome = await conformance[name](async (options) => {
      const limpid = await open({ ...options, ...(!isInWorker && { worker: false }) });
      if (limpid.isInWorker !== isInWorker) throw new Error("it computes elsewhere");
      opened.push(limpid);
      return limpid;
    });
    for (const limpid of opened) limpid.dispose();
    return outcome;
  },
  /** A script that is not there. */
  async missingScript() {
    const told: string[] = [];
    const limpid = await open({
      worker: { script: missing },
      onBackendChange: ({ reason }) => told.push(reason),
    });
    const outcome = {
      isInWorker: limpid.isInWorker,
      told,
      isSame: told.join("; ") === limpid.fallbackReason,
    };
    limpid.dispose();
    return outcome;
  },
  /** Nobody said where the script is. */
  async unknownScript() {
    const limpid = await createLimpid({ model: modelFromFiles(model), backend: "cpu" });
    const outcome = { isInWorker: limpid.isInWorker, reason: limpid.fallbackReason };
    limpid.dispose();
    return outcome;
  },
  /** A page whose GPU its workers do not have. */
  async gpuOnPageOnly() {
    const gpu = { requestAdapter: () => Promise.resolve({ info: { isFallbackAdapter: false } }) };
    Object.defineProperty(navigator, "gpu", { value: gpu, configurable: true });
    try {
      const limpid = await open({ backend: "auto", wasmPath });
      const outcome = [limpid.isInWorker, limpid.backend, limpid.fallbackReason!.split("; ")[0]];
      limpid.dispose();
      return outcome;
    } finally {
      Reflect.deleteProperty(navigator, "gpu");
    }
  },
  /** The first place that works in this frame. */
  async firstPlace() {
    const limpid = await open({ worker: { script } });
    const { image } = await limpid.restore(photo);
    const outcome = { scheme: lastScheme(), reason: limpid.fallbackReason, width: image.width };
    limpid.dispose();
    return outcome;
  },
  /** A worker that throws, and one that the browser ends without a word. Packs and experts outlive both. */
  async deaths() {
    const reasons: string[] = [];
    const limpid = await open({
      worker: { script, hangTime: 2_000 },
      onBackendChange: ({ reason }) => reasons.push(reason),
    });
    await limpid.packs.install(makeTinyPack(model));
    const own = { experts: [{ id: "acme.descreen" }] };
    const outcomes: string[] = [];
    outcomes.push(await codeOf(limpid.restore(photo, { tileSize: 8, onProgress: die })));
    const together = await Promise.all([limpid.restore(photo, own), limpid.analyze(photo)]);
    outcomes.push(`${together[0].mixture[0]?.expert} ${together[1].degradations.length}`);
    const count = workers.length;
    const silent = limpid.restore(photo);
    lastWorker().terminate();
    outcomes.push(await codeOf(silent));
    outcomes.push(String((await limpid.restore(photo, own)).image.width), String(workers.length - count));
    await limpid.packs.uninstall("acme.limpid-descreen");
    limpid.dispose();
    return { outcomes, reasons };
  },
  /** Cancelled while its pixels are still being copied, a run never reaches the worker, and the next one works. */
  async abortedOnTheWay() {
    const limpid = await open();
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
    for (const count of [0, 2]) {
      const limpid = await open({
        ...{ backend: "wasm", wasmPath },
        worker: { script: `/counted-scripts/${count}/limpid-worker.js`, required: true },
        tileWorkers: { count },
      });
      const { image, tiles } = await limpid.restore(wide, { tileSize: 40 });
      // Time for workers to start, and to fail.
      for (let run = 0; run < 20; run++) await limpid.restore(wide, { tileSize: 40 });
      const again = await limpid.restore(wide, { tileSize: 40 });
      outcomes.push({
        tiles,
        data: [image.data.join(), again.image.data.join()],
        reason: limpid.fallbackReason,
      });
      // By now their scripts were asked for.
      while ((await (await fetch(`/counted-scripts/${count}/count`)).text()) !== String(count + 1));
      limpid.dispose();
    }
    return outcomes;
  },
  /** Tiles of an engine on the page in two workers, and in ones whose script fails. */
  async pageTileWorkers() {
    const outcomes = [];
    for (const own of [script, missing]) {
      const reasons: string[] = [];
      const before = workers.length;
      const limpid = await open({
        ...{ backend: "wasm", wasmPath },
        worker: false,
        tileWorkers: { count: 2, factory: tileWorkersOf(own) },
        onBackendChange: ({ reason }) => reasons.push(reason),
      });
      const { image } = await limpid.restore(wide, { tileSize: 40 });
      for (let run = 0; run < 20 || (own === missing && reasons.length < 2); run++)
        await limpid.restore(wide, { tileSize: 40 });
      const again = await limpid.restore(wide, { tileSize: 40 });
      outcomes.push({
        isSame: image.data.join() === again.image.data.join(),
        data: again.image.data.join(),
        tiles: again.tiles,
        started: workers.slice(before).map(({ name }) => name),
        reasons,
      });
      limpid.dispose();
    }
    return outcomes;
  },
  async nowhere() {
    return codeOf(open({ worker: { script: missing, required: true } }));
  },
  async brokenModel() {
    return codeOf(open({ model: modelFromFiles(new Map([["model.json", Uint8Array.of(1)]])) }));
  },
  /** Everything from one folder, below a path: the shipped model, in a worker. */
  async assets({ address }: { readonly address: string }) {
    const limpid = await createLimpid({ assets: address, backend: "wasm" });
    const { image, mixture } = await limpid.restore(photo, { experts: [{ id: "limpid.denoise" }] });
    const outcome = {
      ...{ isInWorker: limpid.isInWorker, reason: limpid.fallbackReason, backend: limpid.backend },
      changed: image.data.join() !== photo.data.join(),
      ran: mixture.map(({ expert }) => expert),
    };
    limpid.dispose();
    return outcome;
  },
  /** Where the folder of assets has what computes on a backend. */
  async fromAssets({ address, backend }: { readonly address: string; readonly backend: "wasm" | "cpu" }) {
    const limpid = await createLimpid({ assets: address, backend, worker: true });
    const { image } = await limpid.restore(photo, { experts: [] });
    const file = workers.at(-1)!.url.split("/").at(-1);
    const outcome = { backend: limpid.backend, reason: limpid.fallbackReason, file, width: image.width };
    limpid.dispose();
    return outcome;
  },
  /** What a start says whose assets are not what they should be. */
  async badAssets({ address, hasSimd }: { readonly address: string; readonly hasSimd: boolean }) {
    const { validate } = WebAssembly;
    try {
      // Without SIMD tfjs computes, which has `.wasm` files of its own.
      if (!hasSimd) WebAssembly.validate = () => false;
      await createLimpid({ assets: address, backend: "wasm", worker: hasSimd });
      return "nothing was thrown";
    } catch (error) {
      return error instanceof Error ? error.message : error;
    } finally {
      WebAssembly.validate = validate;
    }
  },
};

Object.assign(globalThis, { cases });

import { CanvasHost, createLimpid } from "../../../../src/adapters/canvas/index.js";

/** What {@link prepare} is told. */
interface Request {
  /** Size of the photo, in pixels. */
  readonly width: number;
  readonly height: number;
  /** Side of the square in its middle that is restored, in pixels: all of the photo if left out. */
  readonly side?: number;
}

/** What it saw on the page's thread. Times are in milliseconds. */
interface Measurement {
  /** From the capture to the finished commit. */
  readonly total: number;
  /** Tasks of 50 ms or more, by the browser's own count. */
  readonly longTasks: readonly number[];
  /** The longest times between two frames, the longest first. */
  readonly frameGaps: readonly number[];
  /** The same without a restore, for five seconds. */
  readonly idleGaps: readonly number[];
  /** What single calls of the browser take, of the whole photo and of a band of 1 MB: each the median of its times. */
  readonly calls: readonly { readonly call: string; readonly whole: number; readonly band: number }[];
  readonly tiles: number;
  readonly isInWorker: boolean;
  readonly backend: string;
}

/** Opens the photo and starts the engine; what the first use compiles and loads is not the photo's. */
async function prepare({ width, height, side }: Request): Promise<void> {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  document.body.append(canvas);
  paint(canvas);
  const limpid = await createLimpid({
    worker: { script: "/dist/limpid-worker.js" },
    model: "/models/",
    backend: "wasm",
    wasmPath: "/wasm/",
  });
  const host = new CanvasHost(canvas);
  const restore = { experts: [{ id: "limpid.denoise" }] };
  await limpid.restoreOn(new CanvasHost(smallCanvas()), { restore });
  const region = side === undefined ? {} : { region: middle(width, height, side) };
  const calls = await timeCalls(canvas);
  const idle = watch();
  await new Promise((resolve) => setTimeout(resolve, 5000));
  const { frameGaps: idleGaps } = idle.stop();
  /** Restores the photo, and watches the page's thread. */
  const measure = async (): Promise<Measurement> => {
    const watching = watch();
    const started = performance.now();
    const capture = await host.capture();
    const result = await limpid.restore(capture.image, { ...restore, ...region });
    await host.commit(capture, result.image, { mode: "replace", label: "Restore", onConflict: "refuse" });
    const total = performance.now() - started;
    const seen = watching.stop();
    const { isInWorker, backend } = limpid;
    return { total, ...seen, idleGaps, calls, tiles: result.tiles, isInWorker, backend };
  };
  Object.assign(globalThis, { measure });
}

function middle(width: number, height: number, side: number) {
  return { x: (width - side) >> 1, y: (height - side) >> 1, width: side, height: side };
}

function watch(): { stop(): { longTasks: number[]; frameGaps: number[] } } {
  const longTasks: number[] = [];
  const frameGaps: number[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longTasks.push(duration);
  });
  observer.observe({ type: "longtask" });
  let last = performance.now();
  let frame = requestAnimationFrame(function tick() {
    const now = performance.now();
    frameGaps.push(now - last);
    last = now;
    frame = requestAnimationFrame(tick);
  });
  const longestFirst = (values: number[]) => values.sort((a, b) => b - a).slice(0, 8);
  return {
    stop() {
      cancelAnimationFrame(frame);
      for (const { duration } of observer.takeRecords()) longTasks.push(duration);
      observer.disconnect();
      return { longTasks: longestFirst(longTasks), frameGaps: longestFirst(frameGaps) };
    },
  };
}

/** Times what no code of ours can make faster: the browser's calls that a photo has to go through. */
async function timeCalls(canvas: HTMLCanvasElement): Promise<Measurement["calls"]> {
  const { width, height } = canvas;
  const context = canvas.getContext("2d")!;
  const rows = Math.max(1, Math.floor(2 ** 20 / (width * 4)));
  const whole = context.getImageData(0, 0, width, height);
  const band = context.getImageData(0, 0, width, rows);
  const calls: [string, (pixels: ImageData) => unknown][] = [
    ["getImageData", (pixels) => context.getImageData(0, 0, width, pixels.height)],
    ["putImageData", (pixels) => context.putImageData(pixels, 0, 0)],
    ["structuredClone", (pixels) => structuredClone(pixels.data)],
  ];
  const timed = [];
  for (const [call, run] of calls) {
    const medianOf = async (pixels: ImageData, count: number): Promise<number> => {
      const times: number[] = [];
      for (let index = 0; index < count; index++) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        const started = performance.now();
        run(pixels);
        times.push(performance.now() - started);
      }
      return times.sort((a, b) => a - b)[count >> 1]!;
    };
    timed.push({ call, whole: await medianOf(whole, 5), band: await medianOf(band, 25) });
  }
  return timed;
}

function smallCanvas(): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 64;
  paint(canvas);
  return canvas;
}

function paint(canvas: HTMLCanvasElement): void {
  const context = canvas.getContext("2d")!;
  const gradient = context.createLinearGradient(0, 0, canvas.width, canvas.height);
  gradient.addColorStop(0, "#123");
  gradient.addColorStop(0.5, "#c95");
  gradient.addColorStop(1, "#8cf");
  context.fillStyle = gradient;
  context.fillRect(0, 0, canvas.width, canvas.height);
}

Object.assign(globalThis, { prepare });

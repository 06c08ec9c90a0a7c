import { LimpidError, throwIfAborted, TurnQueue, type Disposable } from "../../../sdk/base/index.js";
import { PixelImage, type PixelData, type PixelImageInit } from "../../../sdk/image/index.js";
import type { BackendName } from "../../../sdk/engine/index.js";
import type {
  Analysis,
  AnalyzeOptions,
  BackendChange,
  RestoreOptions,
  RestoreResult,
} from "../../../sdk/restore/index.js";
import type { InstalledPack } from "../../../sdk/packs/index.js";
import { copyBands } from "../../../sdk/page/index.js";
import type { EngineState, InstallInWorkerOptions } from "./engine-state.js";
import type { FromWorker, PostedError, ToWorker, WorkerStart } from "./messages.js";

/** How long a worker may take to say that it is there, in milliseconds: its script is large and may come over a network. */
const readyTime = 30_000;

/** How often a worker that computes is asked whether it is alive, in milliseconds. */
const pingInterval = 1_000;

/** What is told how a call goes: each call has one of them, or none. */
interface Listeners {
  readonly onProgress?: RestoreOptions["onProgress"];
  readonly onInstalling?: InstallInWorkerOptions["onProgress"];
}

interface PendingCall extends Listeners {
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Makes an image ready for the way: its samples are copied a band at a time and the copy is handed over, since a copy that the
 * browser makes of a large image holds the page's thread.
 */
type Carry = (image: PixelImage) => Promise<PixelImageInit>;

/** One worker with an engine in it. When it dies, every call fails with `WorkerFailed`, and so do all later ones. */
export class WorkerConnection implements Disposable {
  /** Why WebGPU cannot be had in the worker; undefined if it can. */
  readonly gpuProblem: string | undefined;
  readonly #worker: Worker;
  readonly #hangTime: number;
  readonly #onChange: (change: BackendChange) => void;
  readonly #calls = new Map<number, PendingCall>();
  readonly #sending = new TurnQueue();
  #start: ((message: Extract<FromWorker, { type: "started" | "failed" }>) => void) | undefined;
  #failure: LimpidError | undefined;
  #lastCall = 0;
  #lastSign = 0;
  #watch: ReturnType<typeof setInterval> | undefined;

  private constructor(
    worker: Worker,
    gpuProblem: string | undefined,
    hangTime: number,
    onChange: (change: BackendChange) => void,
  ) {
    this.#worker = worker;
    this.gpuProblem = gpuProblem;
    this.#hangTime = hangTime;
    this.#onChange = onChange;
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#receive(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(`the worker died: ${event.message || "its script failed"}`);
    };
    worker.onmessageerror = () => this.#fail("the worker sent what cannot be read");
  }

  /**
   * Starts a worker and waits until it says that it is there.
   *
   * @param url - of the worker's script
   * @param hangTime - how long a worker that computes may be silent, in milliseconds
   * @param onChange - told when the engine changes its backend
   * @throws {@link LimpidError} `WorkerFailed` with the reason
   */
  static async open(
    url: string,
    hangTime: number,
    onChange: (change: BackendChange) => void,
  ): Promise<WorkerConnection> {
    let worker: Worker | undefined;
    try {
      const started = new Worker(url, { name: "limpid" });
      worker = started;
      const gpuProblem = await new Promise<string | undefined>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error("it did not answer")), readyTime);
        started.onmessage = ({ data }: MessageEvent<FromWorker>) => {
          if (data.type === "ready") resolve(data.gpuProblem);
          clearTimeout(timer);
        };
        started.onerror = (event) => {
          event.preventDefault();
          clearTimeout(timer);
          reject(new Error(event.message || "its script cannot be loaded here"));
        };
      });
      return new WorkerConnection(started, gpuProblem, hangTime, onChange);
    } catch (cause) {
      worker?.terminate();
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new LimpidError("WorkerFailed", `the worker does not start: ${reason}`, { cause });
    }
  }

  /** Whether the worker can still be asked. */
  get isAlive(): boolean {
    return this.#failure === undefined;
  }

  /** Starts the engine in the worker. */
  async start(
    options: WorkerStart,
  ): Promise<{ readonly backend: BackendName; readonly fallbackReason: string | undefined }> {
    if (this.#failure !== undefined) throw this.#failure;
    const answer = new Promise<Extract<FromWorker, { type: "started" | "failed" }>>((resolve) => {
      this.#start = resolve;
    });
    this.#post({ type: "start", options });
    const message = await answer;
    if (message.type === "failed") throw revive(message.error);
    return message;
  }

  /** As `Limpid.analyze`. */
  analyze(image: PixelImage, { signal, windows = false }: AnalyzeOptions): Promise<Analysis> {
    return this.#call(signal, {}, async (call, carry) => ({
      type: "analyze",
      call,
      image: await carry(image),
      windows,
    }));
  }

  /** As `Limpid.restore`. */
  restore(image: PixelImage, { signal, onProgress, mask, ...rest }: RestoreOptions): Promise<RestoreResult> {
    return this.#call(signal, { onProgress }, async (call, carry) => ({
      type: "restore",
      call,
      image: await carry(image),
      options: { ...rest, ...(mask && { mask: await carry(mask) }) },
      hasProgress: onProgress !== undefined,
    }));
  }

  /** As `Packs.install`, from an absolute address or of files. */
  installPack(
    source: string | ReadonlyMap<string, Uint8Array>,
    { signal, onProgress, ...options }: InstallInWorkerOptions,
  ): Promise<InstalledPack> {
    return this.#call(signal, { onInstalling: onProgress }, (call) => ({
      type: "install",
      call,
      source,
      options,
    }));
  }

  /** As `Packs.uninstall`. */
  uninstallPack(id: string): Promise<void> {
    return this.#call(undefined, {}, (call) => ({ type: "uninstall", call, id }));
  }

  /** What the engine has. */
  describe(): Promise<EngineState> {
    return this.#call(undefined, {}, (call) => ({ type: "describe", call }));
  }

  /** Ends the worker. Calls that wait fail with `Disposed`. */
  dispose(): void {
    this.#end(new LimpidError("Disposed", "Limpid was disposed"));
  }

  async #call<T>(
    signal: AbortSignal | undefined,
    listeners: Listeners,
    message: (call: number, carry: Carry) => ToWorker | Promise<ToWorker>,
  ): Promise<T> {
    throwIfAborted(signal);
    if (this.#failure !== undefined) throw this.#failure;
    const call = ++this.#lastCall;
    const abort = () => this.#post({ type: "abort", call });
    signal?.addEventListener("abort", abort, { once: true });
    try {
      return await new Promise<T>((resolve, reject) => {
        this.#calls.set(call, { resolve, reject, ...listeners });
        // One after the other, so that what is asked first is what the worker hears first.
        this.#sending
          .add(async () => {
            const carried: ArrayBuffer[] = [];
            const carry: Carry = async (image) => {
              const samples = await copyBands(image.data, signal);
              carried.push(samples);
              return { ...image, data: overSamples(image.data, samples) };
            };
            const posted = await message(call, carry);
            throwIfAborted(signal);
            this.#post(posted, carried);
          })
          .catch(reject);
        this.#watchOver();
      });
    } catch (error) {
      throwIfAborted(LimpidError.is(error, "Aborted") ? signal : undefined);
      throw error;
    } finally {
      signal?.removeEventListener("abort", abort);
      this.#calls.delete(call);
      if (this.#calls.size === 0) this.#stopWatching();
    }
  }

  #receive(message: FromWorker): void {
    this.#lastSign = performance.now();
    switch (message.type) {
      case "started":
      case "failed":
        this.#start?.(message);
        break;
      case "changed":
        this.#onChange(message.change);
        break;
      case "progress":
        void this.#tell(message.call, ({ onProgress }) => {
          const { progress } = message;
          return onProgress?.({ ...progress, preview: new PixelImage(progress.preview) });
        });
        break;
      case "installing":
        void this.#tell(message.call, ({ onInstalling }) => onInstalling?.(message.progress));
        break;
      case "answered":
        this.#calls.get(message.call)?.resolve(message.value as never);
        break;
      case "analyzed":
        this.#calls.get(message.call)?.resolve(message.analysis as never);
        break;
      case "restored": {
        const image = new PixelImage(message.result.image);
        this.#calls.get(message.call)?.resolve({ ...message.result, image } as never);
        break;
      }
      case "rejected":
        this.#calls.get(message.call)?.reject(revive(message.error));
        break;
      case "ready":
      case "pong":
        break;
    }
  }

  /** What a listener throws ends its run, as it does without a worker. */
  async #tell(call: number, tell: (listeners: Listeners) => unknown): Promise<void> {
    const pending = this.#calls.get(call);
    if (pending === undefined) return;
    try {
      await tell(pending);
    } catch (error) {
      this.#post({ type: "abort", call });
      pending.reject(error);
    }
  }

  #post(message: ToWorker, carried: ArrayBuffer[] = []): void {
    if (this.#failure === undefined) this.#worker.postMessage(message, carried);
  }

  /** A worker that the browser ended, for want of memory, says nothing: it is asked as long as something is waited for. */
  #watchOver(): void {
    if (this.#watch !== undefined) return;
    this.#lastSign = performance.now();
    this.#watch = setInterval(() => {
      const silence = performance.now() - this.#lastSign;
      if (silence > this.#hangTime)
        this.#fail(`the worker has not answered for ${Math.round(silence / 1000)} seconds`);
      else this.#post({ type: "ping" });
    }, pingInterval);
  }

  #stopWatching(): void {
    clearInterval(this.#watch);
    this.#watch = undefined;
  }

  #fail(message: string): void {
    this.#end(new LimpidError("WorkerFailed", message));
  }

  #end(reason: LimpidError): void {
    if (this.#failure !== undefined) return;
    this.#failure = reason;
    this.#stopWatching();
    this.#worker.terminate();
    const { code, message, details } = reason;
    this.#start?.({ type: "failed", error: { code, message, details } });
    for (const { reject } of [...this.#calls.values()]) reject(reason);
  }
}

/** Samples of the same type in another buffer. */
function overSamples(data: PixelData, samples: ArrayBuffer): PixelData {
  if (data instanceof Uint16Array) return new Uint16Array(samples);
  return data instanceof Float32Array ? new Float32Array(samples) : new Uint8Array(samples);
}

/** An error as it was in the worker. */
function revive({ code, message, details }: PostedError): Error {
  return code === undefined ? new Error(message) : new LimpidError(code, message, { details });
}

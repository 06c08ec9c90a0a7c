import {
  Channel,
  EventEmitter,
  LimpidError,
  TurnQueue,
  type Disposable,
  type WorkerPort,
} from "../../base/index.js";
import type { BackendName } from "../../engine/index.js";
import type { Expert, ExpertSet } from "../../experts/index.js";
import { PixelImage, type PixelData, type PixelImageInit } from "../../image/index.js";
import { copyBands } from "../../page/index.js";
import type {
  Analysis,
  AnalyzeOptions,
  BackendChange,
  ModelSource,
  RestoreOptions,
  RestoreResult,
} from "../../restore/index.js";
import type {
  EngineMethods,
  OpenedEngine,
  PageMethods,
  PostedExpert,
  PostedExperts,
  PostedStart,
  WorkerGreeting,
} from "./engine-methods.js";
import { toPostedExpert } from "./posted-expert.js";

/** How long a worker may take to say that it is there, in milliseconds: its script is large and may come over a network. */
const greetingTime = 30_000;

/**
 * The page's side of an engine in a worker. What is asked of it reaches the worker in the order in which it was asked, changes
 * of the installed experts included.
 */
export class WorkerSession {
  readonly #changed = new EventEmitter<BackendChange>();
  /** Fired when a backend replaces another. */
  readonly onDidChangeBackend = this.#changed.event;
  readonly #channel: Channel<EngineMethods, PageMethods>;
  readonly #sending = new TurnQueue();
  /** What the worker calls the experts that it has. */
  #keys = new Map<Expert, number>();
  #lastKey = 0;
  #experts: ExpertSet | undefined;
  #listening: Disposable | undefined;
  #backend: BackendName = "cpu";
  #byteSize = 0;

  /**
   * @param port - the way to a worker that runs `serveEngine`; it belongs to this object from here on
   * @param hangTime - how long a worker that computes may be silent, in milliseconds
   * @param source - a model that the worker is to read from here; undefined if it finds its own
   */
  constructor(port: WorkerPort, hangTime: number, source: ModelSource | undefined) {
    this.#channel = new Channel<EngineMethods, PageMethods>(port, {
      hangTime,
      handlers: {
        async readModel({ path, size }, { signal }) {
          if (source === undefined) throw new Error("the worker was to read the model itself");
          return source.read(path, signal, size);
        },
        changeBackend: (change) => {
          this.#backend = change.backend;
          this.#changed.fire(change);
        },
        setState: ({ backend, byteSize }) => {
          this.#backend = backend;
          this.#byteSize = byteSize;
        },
      },
    });
  }

  /** Why the worker can be asked no more; undefined if it can. */
  get failure(): LimpidError | undefined {
    return this.#channel.failure;
  }

  /** The backend that runs. */
  get backend(): BackendName {
    return this.#backend;
  }

  /** Bytes of device memory held between runs. */
  get byteSize(): number {
    return this.#byteSize;
  }

  /** Waits until the worker says that it is there. */
  greet(): Promise<WorkerGreeting> {
    return this.#channel.call("hello", undefined, { hangTime: greetingTime });
  }

  /** Starts the engine in the worker; {@link WorkerSession.attach} is to follow. */
  async open(start: PostedStart, signal: AbortSignal | undefined): Promise<OpenedEngine> {
    const opened = await this.#channel.call("open", start, { signal });
    this.#backend = opened.backend;
    this.#byteSize = opened.byteSize;
    return opened;
  }

  /**
   * Keeps the worker told of the experts that are installed.
   *
   * @param experts - the set, which stays the caller's
   * @param known - those that the worker has, in the order of {@link OpenedEngine.experts}
   */
  attach(experts: ExpertSet, known: readonly Expert[]): void {
    this.#experts = experts;
    this.#keys = new Map(known.map((expert, key) => [expert, key]));
    this.#lastKey = known.length;
    this.#listening = experts.onDidChange(() => this.#tellExperts());
    this.#tellExperts();
  }

  /** As `Limpid.analyze`. */
  analyze(image: PixelImage, { signal, onProgress, ...options }: AnalyzeOptions = {}): Promise<Analysis> {
    return this.#inOrder(async () => {
      const [posted, samples] = await carry(image, signal);
      const call = { ...options, image: posted, hasProgress: onProgress !== undefined };
      return () => this.#channel.call("analyze", call, { signal, onProgress, transfer: [samples] });
    });
  }

  /** As `Limpid.restore`. */
  async restore(
    image: PixelImage,
    { signal, onProgress, mask, ...options }: RestoreOptions = {},
  ): Promise<RestoreResult> {
    // Pins are no change of the set.
    this.#tellExperts();
    const result = await this.#inOrder(async () => {
      const [posted, samples] = await carry(image, signal);
      const [postedMask, maskSamples] = mask === undefined ? [] : await carry(mask, signal);
      const call = {
        image: posted,
        options: { ...options, ...(postedMask && { mask: postedMask }) },
        hasProgress: onProgress !== undefined,
      };
      const transfer = maskSamples === undefined ? [samples] : [samples, maskSamples];
      return () =>
        this.#channel.call("restore", call, {
          ...{ signal, transfer },
          onProgress: ({ preview, ...step }) =>
            onProgress?.({ ...step, ...(preview && { preview: new PixelImage(preview) }) }),
        });
    });
    return { ...result, image: new PixelImage(result.image) };
  }

  /** Ends the worker. Calls that wait or are under way fail with `Aborted`. */
  dispose(): void {
    this.#listening?.dispose();
    this.#changed.dispose();
    this.#channel.dispose(new LimpidError("Aborted", "Limpid was disposed"));
  }

  /** Prepares and posts what is asked first before what is asked later, and waits for nothing but that. */
  async #inOrder<T>(prepare: () => Promise<() => Promise<T>>): Promise<T> {
    const answer = await this.#sending.add(async () => {
      if (this.failure !== undefined) throw this.failure;
      const answer = (await prepare())();
      // Whoever asked waits for it; here it may only not be without anybody.
      answer.catch(() => undefined);
      return { answer };
    });
    return answer.answer;
  }

  #tellExperts(): void {
    if (this.#experts === undefined) return;
    const installed = this.#experts.list();
    const keys = new Map<Expert, number>();
    const fresh = new Map<number, PostedExpert>();
    const entries = installed.map(({ expert, strength, routerRow, owner }) => {
      let key = this.#keys.get(expert);
      if (key === undefined) {
        key = this.#lastKey++;
        fresh.set(key, toPostedExpert(expert));
      }
      keys.set(expert, key);
      return { key, strength, ...(routerRow && { routerRow }), ...(owner !== undefined && { owner }) };
    });
    this.#keys = keys;
    const pinned = installed.map(({ id }) => id).filter((id) => this.#experts?.isPinned(id));
    const posted: PostedExperts = { entries, fresh, pinned };
    void this.#sending.add(() => Promise.resolve(this.#channel.tell("setExperts", posted)));
  }
}

/**
 * Makes an image ready for the way: its samples are copied a band at a time and the copy is handed over, since a copy that the
 * browser makes of a large image holds the page's thread.
 */
async function carry(
  image: PixelImage,
  signal: AbortSignal | undefined,
): Promise<[PixelImageInit, ArrayBuffer]> {
  const samples = await copyBands(image.data, signal);
  return [{ ...image, data: overSamples(image.data, samples) }, samples];
}

/** Samples of the same type in another buffer. */
function overSamples(data: PixelData, samples: ArrayBuffer): PixelData {
  if (data instanceof Uint16Array) return new Uint16Array(samples);
  return data instanceof Float32Array ? new Float32Array(samples) : new Uint8Array(samples);
}

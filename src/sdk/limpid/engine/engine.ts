import {
  EventEmitter,
  LimpidError,
  startPageWorker,
  throwIfAborted,
  version,
  type Event,
  type WorkerPort,
} from "../../base/index.js";
import { lacksTfjs, type BackendName } from "../../engine/index.js";
import { ExpertSet } from "../../experts/index.js";
import type { PixelImage } from "../../image/index.js";
import type {
  Analysis,
  AnalyzeOptions,
  BackendChange,
  ModelManifest,
  RestoreOptions,
  RestoreResult,
  RestoreSession,
} from "../../restore/index.js";
import type { LimpidOptions } from "../options.js";
import { prepareStart, type EngineStart } from "./engine-start.js";
import { fromPostedExpert } from "./posted-expert.js";
import { whyNoWebgpu } from "./probe-webgpu.js";
import { WorkerSession } from "./worker-session.js";

/** How long a worker that computes may be silent before it counts as dead, in milliseconds. */
const defaultHangTime = 60_000;

/** What analyses and restores: on this thread, or in a worker, which may die. */
type Session = Pick<
  RestoreSession,
  "backend" | "byteSize" | "onDidChangeBackend" | "analyze" | "restore" | "dispose"
> & { readonly failure?: LimpidError | undefined };

/** An engine that was started somewhere, with its experts, which are disposed after the session. */
export interface Seat {
  readonly manifest: ModelManifest;
  readonly experts: ExpertSet;
  readonly session: Session;
  readonly isInWorker: boolean;
}

/** Starts a worker of a script's address. */
export type StartWorker = (url: string) => WorkerPort;

/** In a page there are workers; in Node, and in workers, the engine runs on the thread that asks for it. */
function pageWorkers(): StartWorker | undefined {
  if (typeof document === "undefined" || typeof Worker !== "function") return undefined;
  return (url) => startPageWorker(url, { name: "limpid" });
}

/**
 * A model, its experts, and what computes with them: in a worker whenever that can be had, so that the page stays smooth, else
 * on the calling thread. If the worker dies, its calls fail with `WorkerFailed`, and the next call starts another one, in which
 * the same experts are installed.
 */
export class Engine {
  readonly manifest: ModelManifest;
  readonly experts: ExpertSet;
  /** Fired when a backend replaces another, and when the engine had to be started anew, with the reason. */
  readonly onDidChangeBackend: Event<BackendChange>;
  /** Why a faster backend, or a worker, was passed over; undefined if none was. */
  readonly fallbackReason: string | undefined;
  readonly #start: EngineStart;
  readonly #startWorker: StartWorker | undefined;
  readonly #changed: EventEmitter<BackendChange>;
  #seat: Seat;
  #reopening: Promise<Session> | undefined;
  #disposed = false;

  private constructor(
    start: EngineStart,
    startWorker: StartWorker | undefined,
    changed: EventEmitter<BackendChange>,
    seat: Seat,
    reasons: readonly string[],
  ) {
    this.#start = start;
    this.#startWorker = startWorker;
    this.#changed = changed;
    this.#seat = seat;
    this.onDidChangeBackend = changed.event;
    this.manifest = seat.manifest;
    this.experts = seat.experts;
    this.fallbackReason = reasons.length === 0 ? undefined : reasons.join("; ");
    seat.session.onDidChangeBackend((change) => changed.fire(change));
  }

  /**
   * Starts an engine.
   *
   * @param options - of `createLimpid`
   * @param startWorker - as the platform does, if left out; for tests, which have no pages
   * @returns the engine, for the caller to dispose
   */
  static async open(options: LimpidOptions, startWorker = pageWorkers()): Promise<Engine> {
    const { onBackendChange, signal, worker } = options;
    const start = await prepareStart(options);
    const changed = new EventEmitter<BackendChange>();
    if (onBackendChange !== undefined) changed.event(onBackendChange);
    const reasons: string[] = [];
    const note = (reason: string): void => void reasons.push(reason);
    const seat = await takeSeat({ start, startWorker, worker, note });
    const { session } = seat;
    if (signal?.aborted) session.dispose();
    throwIfAborted(signal);
    for (const reason of reasons) changed.fire({ backend: session.backend, reason });
    return new Engine(start, startWorker, changed, seat, reasons);
  }

  /** Whether it computes in a worker. */
  get isInWorker(): boolean {
    return this.#seat.isInWorker;
  }

  /** The backend that runs. */
  get backend(): BackendName {
    return this.#seat.session.backend;
  }

  /** Bytes of device memory held between runs. */
  get byteSize(): number {
    return this.#seat.session.byteSize;
  }

  /** As `Limpid.analyze`. */
  analyze(image: PixelImage, options: AnalyzeOptions = {}): Promise<Analysis> {
    return this.#ask((session) => session.analyze(image, options));
  }

  /** As `Limpid.restore`. */
  restore(image: PixelImage, options: RestoreOptions = {}): Promise<RestoreResult> {
    return this.#ask((session) => session.restore(image, options));
  }

  /** Ends what runs and waits, then frees everything. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#changed.dispose();
    this.#seat.session.dispose();
    this.experts.dispose();
  }

  /** At once, so that a run has the experts of the moment in which it was asked for; later only if a worker has died. */
  async #ask<T>(run: (session: Session) => Promise<T>): Promise<T> {
    if (this.#disposed) throw new LimpidError("Disposed", "Limpid was used after disposal");
    const { session } = this.#seat;
    if (session.failure === undefined) return run(session);
    // Of several calls that find it dead, the first one starts another.
    this.#reopening ??= this.#reopen(session.failure).finally(() => (this.#reopening = undefined));
    return run(await this.#reopening);
  }

  async #reopen(failure: LimpidError): Promise<Session> {
    const reasons = [`the engine was started anew: ${failure.message}`];
    const seat = await takeSeat({
      ...{ start: this.#start, startWorker: this.#startWorker, experts: this.experts, worker: undefined },
      note: (reason) => void reasons.push(reason),
    });
    const { session } = seat;
    if (this.#disposed) {
      session.dispose();
      throw new LimpidError("Disposed", "Limpid was disposed");
    }
    this.#seat = seat;
    session.onDidChangeBackend((change) => this.#changed.fire(change));
    for (const reason of reasons) this.#changed.fire({ backend: session.backend, reason });
    return session;
  }
}

/** What {@link takeSeat} starts an engine with. */
interface SeatOptions {
  readonly start: EngineStart;
  /** Undefined where there are no workers. */
  readonly startWorker: StartWorker | undefined;
  readonly worker: LimpidOptions["worker"];
  /** The experts that are installed already; those of the model if left out. */
  readonly experts?: ExpertSet;
  /** Told why a place or a backend was passed over. */
  readonly note: (reason: string) => void;
}

/** Starts an engine in a worker of the script's address, else in one of a `data:` address, else on this thread. */
async function takeSeat(options: SeatOptions): Promise<Seat> {
  const { start, worker, note } = options;
  const isRequired = worker === true || start.worker.required === true;
  if (worker !== false) {
    const obstacle = obstacleOf(options);
    const seat = obstacle === undefined && (await takeWorkerOfEither(options, isRequired));
    if (seat) return seat;
    if (isRequired) {
      throw new LimpidError(
        "WorkerFailed",
        `the engine starts in no worker${obstacle ? `: ${obstacle}` : ""}`,
      );
    }
    if (obstacle !== "") note(`the engine runs on the page's thread: ${obstacle ?? "no worker starts"}`);
  }
  // Loaded only where no worker is to be had: the page of the usual case does without the engine.
  const { openLocal } = await import("./open-local.js");
  return openLocal(start, note, options.experts);
}

/** Why no worker is tried; empty where nobody expects one, as in Node. */
function obstacleOf({ start, startWorker }: SeatOptions): string | undefined {
  if (startWorker === undefined) return "";
  if (start.script === undefined) return "neither `assets` nor `worker.script` say where its script is";
  if (start.hasOwnFactory) return "a `tileWorkers.factory` cannot be handed to a worker";
  return undefined;
}

/** The engine in the first worker that starts; one without the page's WebGPU only if there must be a worker. */
async function takeWorker(
  options: SeatOptions,
  isRequired: boolean,
  asset: string | undefined,
): Promise<Seat | undefined> {
  const { start } = options;
  const { backend } = start.posted;
  const wantsGpu = backend !== "wasm" && backend !== "cpu" && (await whyNoWebgpu()) === undefined;
  const addresses = scriptAddresses(start, asset);
  const withoutGpu: (typeof addresses)[number][] = [];
  for (const place of addresses) {
    throwIfAborted(start.options.signal);
    const session = await greet(place, options, (gpuProblem) => {
      if (!wantsGpu || gpuProblem === undefined) return undefined;
      withoutGpu.push(place);
      return `the page has WebGPU, and this worker does not: ${gpuProblem}`;
    });
    if (session !== undefined) return openIn(session, options);
  }
  if (!isRequired) return undefined;
  for (const place of withoutGpu) {
    const session = await greet(place, options, () => undefined);
    if (session !== undefined) return openIn(session, options);
  }
  return undefined;
}

/** The same; where only tfjs computes, in a worker that has it. */
async function takeWorkerOfEither(options: SeatOptions, isRequired: boolean): Promise<Seat | undefined> {
  const { start } = options;
  const { assets } = start;
  if (assets === undefined || start.worker.script !== undefined) {
    return takeWorker(options, isRequired, undefined);
  }
  try {
    // tfjs alone computes on `cpu`.
    if (start.posted.backend !== "cpu") return await takeWorker(options, isRequired, "limpid-worker.js");
  } catch (error) {
    if (!LimpidError.is(error) || error.details[lacksTfjs] !== true) throw error;
  }
  // Which says itself why nothing faster computes.
  return takeWorker(options, isRequired, "limpid-worker-tfjs.js");
}

/** A way to the script of the worker, and what people call it. */
interface ScriptAddress {
  readonly name: string;
  readonly find: () => Promise<string>;
}

/** In sandboxed frames, which have no origin, only workers of a `data:` address start, and only these have WebGPU. */
function scriptAddresses(
  { assets, script = "" }: EngineStart,
  asset: string | undefined,
): readonly ScriptAddress[] {
  const find = async (): Promise<string> => (asset === undefined ? script : assets!.check(asset));
  const own = { name: "worker", find };
  if (script.startsWith("data:")) return [own];
  return [own, { name: "data: worker", find: async () => dataUrl(await find()) }];
}

/** A worker that answers, and is fit; undefined, with a note, if there is none. */
async function greet(
  { name, find }: ScriptAddress,
  { start, startWorker, note }: SeatOptions,
  objection: (gpuProblem: string | undefined) => string | undefined,
): Promise<WorkerSession | undefined> {
  let session: WorkerSession | undefined;
  try {
    const url = await find();
    const { hangTime = defaultHangTime } = start.worker;
    const source = typeof start.source === "string" ? undefined : start.source;
    session = new WorkerSession(startWorker!(url), hangTime, source);
    const greeting = await session.greet();
    const reason =
      greeting.version === version
        ? objection(greeting.gpuProblem)
        : `its script is of Limpid ${greeting.version}, and this is ${version}`;
    if (reason === undefined) return session;
    note(`${name}: ${reason}`);
  } catch (error) {
    if (LimpidError.is(error, "AssetsMissing")) throw error;
    note(`${name}: it does not start: ${error instanceof Error ? error.message : String(error)}`);
  }
  session?.dispose();
  return undefined;
}

async function openIn(session: WorkerSession, { start, experts: given, note }: SeatOptions): Promise<Seat> {
  try {
    const { manifest, experts, fallbackReasons } = await session.open(start.posted, start.options.signal);
    for (const reason of fallbackReasons) note(reason);
    const known = experts.map(({ expert, ...options }) => ({ ...options, expert: fromPostedExpert(expert) }));
    const { config, tensorSha256: sha256 } = manifest.backbone;
    const set = given ?? new ExpertSet({ sha256, config });
    if (given === undefined) set.update({ add: known });
    const own = known.map(({ expert }) => expert);
    session.attach(set, own);
    return { manifest, experts: set, session, isInWorker: true };
  } catch (error) {
    session.dispose();
    throw error;
  }
}

/** The worker's script within its own address. */
async function dataUrl(script: string): Promise<string> {
  const response = await fetch(script);
  if (!response.ok) throw new Error(`its script answers ${response.status}`);
  // Chromium takes addresses of 2 MiB at most, so only what has a meaning in an address is escaped.
  const text = (await response.text()).replace(/[%#?\t\n\r]/g, encodeURIComponent);
  return `data:text/javascript;charset=utf-8,${text}`;
}

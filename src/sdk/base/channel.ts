import { throwIfAborted } from "./abort.js";
import type { Disposable } from "./disposable.js";
import { LimpidError, type LimpidErrorCode } from "./error.js";
import type { WorkerPort } from "./worker-port.js";

/** The methods of one side: what each takes, what it tells while it runs, and what it gives back. */
export type ChannelMethods<M> = { readonly [N in keyof M]: (params: never, progress: never) => unknown };

type ParamsOf<F> = F extends (params: infer P, ...rest: never[]) => unknown ? P : never;
type ProgressOf<F> = F extends (params: never, progress: infer P) => unknown ? P : never;
type ResultOf<F> = F extends (...args: never[]) => infer R ? R : never;

/** What a handler has of the call that it answers. */
export interface CallControl<Progress = never> {
  /** Fires when the caller gives up. */
  readonly signal: AbortSignal;
  /** Buffers of the result whose memory moves instead of being copied; the handler adds them. */
  readonly transfer: ArrayBuffer[];
  /**
   * Tells the caller how far the call is.
   *
   * @returns resolves when the caller's listener has dealt with it
   */
  readonly progress: (progress: Progress) => Promise<void>;
}

/** What does the work of each method. */
export type ChannelHandlers<M> = {
  readonly [N in keyof M]: (
    params: ParamsOf<M[N]>,
    control: CallControl<ProgressOf<M[N]>>,
  ) => ResultOf<M[N]> | Promise<ResultOf<M[N]>>;
};

/** What a call can be told. */
export interface CallOptions<Progress = never> {
  /** Asks the other side to give up. The call ends when that has answered. */
  readonly signal?: AbortSignal | undefined;
  /** Told how far the call is. What it throws or rejects with ends the call. */
  readonly onProgress?: ((progress: Progress) => unknown) | undefined;
  /** Buffers of the parameters whose memory moves instead of being copied. */
  readonly transfer?: readonly ArrayBuffer[] | undefined;
  /** Takes the place of {@link ChannelOptions.hangTime} if no other call waits: for a worker that is still being loaded. */
  readonly hangTime?: number | undefined;
}

/** How a {@link Channel} is made. */
export interface ChannelOptions<Own> {
  /** What the other side may call. */
  readonly handlers: ChannelHandlers<Own>;
  /**
   * How long the other side may be silent while a call waits for it, in milliseconds. It is asked whether it is alive
   * meanwhile, since a worker that a browser ended for want of memory says nothing. As long as it likes, if left out.
   */
  readonly hangTime?: number;
  /** Told once why the channel failed. */
  readonly onFail?: (error: LimpidError) => void;
}

/** An error on its way: its stack and cause stay where they are. */
export interface PostedError {
  /** The code, or undefined if it was no `LimpidError`. */
  readonly code: LimpidErrorCode | undefined;
  readonly message: string;
  /** The offending values that can be posted. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** What goes over the wire. A call whose id is 0 is not answered. */
type Frame =
  | { readonly type: "call"; readonly id: number; readonly method: string; readonly params: unknown }
  | { readonly type: "abort"; readonly id: number }
  | { readonly type: "progress"; readonly id: number; readonly step: number; readonly progress: unknown }
  | { readonly type: "heard"; readonly step: number }
  | { readonly type: "answer"; readonly id: number; readonly result: unknown }
  | { readonly type: "refusal"; readonly id: number; readonly error: PostedError }
  | { readonly type: "fault"; readonly error: PostedError }
  | { readonly type: "ping" }
  | { readonly type: "pong" };

interface Pending {
  readonly onProgress: ((progress: never) => unknown) | undefined;
  resolve(result: never): void;
  reject(error: unknown): void;
}

/** Silence is measured in so many parts: while this thread is held, or the machine asleep, none of them pass. */
const watchParts = 10;

/**
 * Typed methods across threads that trust each other: calls with transfer, abort and progress, in both directions and in
 * their order. When the other end dies or falls silent, every call fails with `WorkerFailed`, and so do all later ones. Nothing
 * that comes in is checked: extensions talk over the bridge, which is.
 *
 * Why not comlink: it has neither abort nor progress nor an end for calls whose worker died, and it exposes objects instead of
 * a table of methods.
 *
 * @typeParam Remote - the methods of the other side
 * @typeParam Own - the methods of this side
 */
export class Channel<
  Remote extends ChannelMethods<Remote>,
  Own extends ChannelMethods<Own> = object,
> implements Disposable {
  readonly [Symbol.dispose] = (): void => this.dispose();
  readonly #port: WorkerPort;
  readonly #options: ChannelOptions<Own>;
  readonly #calls = new Map<number, Pending>();
  readonly #answering = new Map<number, AbortController>();
  /** What waits for the caller to hear of progress, by step. */
  readonly #unheard = new Map<number, () => void>();
  #lastCall = 0;
  #lastStep = 0;
  #failure: LimpidError | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;
  #silence = 0;

  /**
   * Opens the channel: calls are answered from here on.
   *
   * @param port - it belongs to the channel from here on
   */
  constructor(port: WorkerPort, options: ChannelOptions<Own>) {
    this.#port = port;
    this.#options = options;
    port.onMessage((message) => this.#receive(message as Frame));
    port.onDidFail((error) => this.#fail(error.message));
  }

  /** Why the channel failed or was closed; undefined if it is open. */
  get failure(): LimpidError | undefined {
    return this.#failure;
  }

  /**
   * Calls a method of the other side.
   *
   * @param params - structured-cloned
   * @throws {@link LimpidError} `Aborted`, `WorkerFailed`, `Disposed`; what the method throws
   */
  async call<N extends keyof Remote & string>(
    method: N,
    params: ParamsOf<Remote[N]>,
    options: CallOptions<ProgressOf<Remote[N]>> = {},
  ): Promise<ResultOf<Remote[N]>> {
    const { signal, onProgress, transfer = [], hangTime = this.#options.hangTime } = options;
    throwIfAborted(signal);
    if (this.#failure !== undefined) throw this.#failure;
    const id = ++this.#lastCall;
    const abort = (): void => this.#post({ type: "abort", id });
    signal?.addEventListener("abort", abort, { once: true });
    try {
      return await new Promise<ResultOf<Remote[N]>>((resolve, reject) => {
        this.#calls.set(id, { onProgress, resolve, reject });
        this.#port.post({ type: "call", id, method, params } satisfies Frame, transfer);
        this.#watchOver(hangTime);
      });
    } catch (error) {
      if (LimpidError.is(error, "Aborted")) throwIfAborted(signal);
      throw error;
    } finally {
      signal?.removeEventListener("abort", abort);
      this.#calls.delete(id);
      if (this.#calls.size === 0) this.#endWatch();
    }
  }

  /**
   * Tells the other side something that needs no answer. If its handler throws, the channel fails on this side.
   *
   * @param params - structured-cloned
   * @param transfer - buffers whose memory moves instead of being copied
   */
  tell<N extends keyof Remote & string>(
    method: N,
    params: ParamsOf<Remote[N]>,
    transfer: readonly ArrayBuffer[] = [],
  ): void {
    if (this.#failure === undefined) {
      this.#port.post({ type: "call", id: 0, method, params } satisfies Frame, transfer);
    }
  }

  /**
   * Closes the channel and ends the other side.
   *
   * @param reason - what calls that wait fail with
   */
  dispose(reason = new LimpidError("Disposed", "a channel was closed")): void {
    this.#end(reason);
  }

  #receive(frame: Frame): void {
    this.#silence = 0;
    switch (frame.type) {
      case "call":
        void this.#answer(frame.id, frame.method, frame.params);
        break;
      case "abort":
        this.#answering.get(frame.id)?.abort();
        break;
      case "progress":
        void this.#tellProgress(frame.id, frame.step, frame.progress as never);
        break;
      case "heard":
        this.#unheard.get(frame.step)?.();
        this.#unheard.delete(frame.step);
        break;
      case "answer":
        this.#calls.get(frame.id)?.resolve(frame.result as never);
        break;
      case "refusal":
        this.#calls.get(frame.id)?.reject(reviveError(frame.error));
        break;
      case "fault":
        this.#fail(frame.error.message);
        break;
      case "ping":
        this.#post({ type: "pong" });
        break;
      case "pong":
        break;
    }
  }

  async #answer(id: number, method: string, params: unknown): Promise<void> {
    const controller = new AbortController();
    if (id !== 0) this.#answering.set(id, controller);
    const transfer: ArrayBuffer[] = [];
    const control: CallControl<unknown> = {
      signal: controller.signal,
      transfer,
      progress: (progress) => {
        const step = ++this.#lastStep;
        this.#post({ type: "progress", id, step, progress });
        return new Promise((resolve) => {
          if (this.#failure === undefined) this.#unheard.set(step, resolve);
          else resolve();
        });
      },
    };
    try {
      const handlers = this.#options.handlers as Readonly<
        Record<string, (params: unknown, control: CallControl<unknown>) => unknown>
      >;
      const result = await handlers[method]!(params, control);
      if (id !== 0) this.#post({ type: "answer", id, result }, transfer);
    } catch (error) {
      if (id === 0) this.#post({ type: "fault", error: toPostedError(error) });
      else this.#post({ type: "refusal", id, error: toPostedError(error) });
    } finally {
      this.#answering.delete(id);
    }
  }

  /** What a listener throws ends its call, as it would on one thread. */
  async #tellProgress(id: number, step: number, progress: never): Promise<void> {
    const pending = this.#calls.get(id);
    try {
      await pending?.onProgress?.(progress);
    } catch (error) {
      this.#post({ type: "abort", id });
      pending?.reject(error);
    }
    this.#post({ type: "heard", step });
  }

  #post(frame: Frame, transfer: readonly ArrayBuffer[] = []): void {
    if (this.#failure === undefined) this.#port.post(frame, transfer);
  }

  #watchOver(hangTime: number | undefined): void {
    if (hangTime === undefined || this.#watch !== undefined || this.#failure !== undefined) return;
    this.#silence = 0;
    this.#watch = setInterval(() => {
      if (++this.#silence > watchParts)
        this.#fail(`the worker does not answer within ${hangTime / 1000} seconds`);
      else this.#post({ type: "ping" });
    }, hangTime / watchParts);
  }

  #endWatch(): void {
    clearInterval(this.#watch);
    this.#watch = undefined;
  }

  #fail(reason: string): void {
    if (this.#failure !== undefined) return;
    const failure = new LimpidError("WorkerFailed", reason);
    this.#end(failure);
    this.#options.onFail?.(failure);
  }

  #end(reason: LimpidError): void {
    if (this.#failure !== undefined) return;
    this.#failure = reason;
    this.#endWatch();
    this.#port.dispose();
    for (const controller of this.#answering.values()) controller.abort();
    for (const hear of this.#unheard.values()) hear();
    for (const pending of [...this.#calls.values()]) pending.reject(reason);
  }
}

/** An error as it can be posted. */
function toPostedError(error: unknown): PostedError {
  const message = error instanceof Error ? error.message : String(error);
  if (!LimpidError.is(error)) return { code: undefined, message, details: {} };
  const details: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(error.details)) {
    try {
      details[name] = structuredClone(value);
    } catch {
      details[name] = String(value);
    }
  }
  return { code: error.code, message, details };
}

/** An error as it was on the other side. */
function reviveError({ code, message, details }: PostedError): Error {
  return code === undefined ? new Error(message) : new LimpidError(code, message, { details });
}

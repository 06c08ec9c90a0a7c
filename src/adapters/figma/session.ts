import * as v from "valibot";
import {
  EventEmitter,
  LimpidError,
  throwIfAborted,
  TurnQueue,
  untilAborted,
  type Disposable,
  type Event,
} from "../../sdk/base/index.js";
import { disconnected, isSilence, makeNonce, silent } from "../frame/index.js";
import type { FigmaEndpoint } from "./endpoint.js";
import { failureOf, malformed } from "./failure.js";
import {
  chunkLength,
  describeIssues,
  maximumFileLength,
  methods,
  protocolVersion,
  replySchema,
  type Method,
  type Params,
  type Reply,
  type Request,
  type Result,
  type SelectionState,
} from "./protocol.js";

/** How long to wait for Figma. */
export interface FigmaSessionOptions {
  /** Milliseconds that one call may take, the drawing of a large layer included; 60,000 if left out. */
  readonly timeout?: number;
  /** Milliseconds that the sandbox may take to answer for the first time; 20,000 if left out. */
  readonly startTimeout?: number;
}

/** Milliseconds after which the first call is made again, since the sandbox may not listen yet; doubled each time, since it may be slow. */
const greetingInterval = 1_000;

interface PendingCall {
  readonly method: Method;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: LimpidError) => void;
}

/** What may be asked within one turn. */
export interface FigmaTurn {
  /** Calls a method of the sandbox's. */
  call<M extends Method>(method: M, params: Params<M>): Promise<Result<M>>;
  /** Reads all of a file that the sandbox gives out. */
  download(transfer: number, length: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
  /** Makes a file an image of Figma's; answers with its hash. */
  upload(file: Uint8Array): Promise<string>;
}

/**
 * The page's side of the messages: numbered calls of one session, each of which is answered once. What belongs to another
 * session, answers nothing that was asked, or has another form is passed over or refused; nothing is ever sent twice, since it
 * could be done twice.
 */
export class FigmaSession {
  /** Fires when something else is selected in Figma. */
  readonly onDidChangeSelection: Event<SelectionState>;
  readonly #endpoint: FigmaEndpoint;
  readonly #timeout: number;
  readonly #startTimeout: number;
  readonly #selectionChanged = new EventEmitter<SelectionState>();
  readonly #turns = new TurnQueue();
  readonly #listening: Disposable;
  readonly #pending = new Map<number, PendingCall>();
  #session = makeNonce();
  #lastCall = 0;
  #disposed = false;

  /** @param endpoint - owned by the session from here on */
  constructor(
    endpoint: FigmaEndpoint,
    { timeout = 60_000, startTimeout = 20_000 }: FigmaSessionOptions = {},
  ) {
    this.#endpoint = endpoint;
    this.#timeout = timeout;
    this.#startTimeout = startTimeout;
    this.onDidChangeSelection = this.#selectionChanged.event;
    this.#listening = endpoint.onMessage((message) => this.#receive(message));
  }

  /**
   * Waits until the sandbox answers.
   *
   * @returns why the plugin was started, and what is selected
   * @throws {@link LimpidError} `HostFailed` if it does not answer, `Aborted`, `Disposed`
   */
  async start(signal?: AbortSignal): Promise<Result<"hello">> {
    const end = performance.now() + this.#startTimeout;
    for (let interval = greetingInterval; ; interval *= 2) {
      throwIfAborted(signal);
      // A session that was never answered is given up, so that its late answer means nothing.
      this.#session = makeNonce();
      const left = Math.max(1, end - performance.now());
      try {
        const hello = this.#call("hello", { version: protocolVersion }, Math.min(left, interval));
        return await untilAborted(hello, signal);
      } catch (error) {
        if (!isSilence(error)) throw error;
        if (performance.now() < end) continue;
        throw silent("Figma", this.#startTimeout);
      }
    }
  }

  /**
   * Does something in Figma while nobody else on this page does. A turn that waits is given up when the signal fires; one that
   * runs goes on to its end behind the caller's back, unless it looks at the signal itself.
   *
   * @throws {@link LimpidError} `Aborted`, `Disposed`; and what the task throws
   */
  turn<T>(task: (turn: FigmaTurn) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const run = async (): Promise<T> => {
      throwIfAborted(signal);
      this.#throwIfDisposed();
      return task({
        call: (method, params) => this.#call(method, params, this.#timeout),
        download: (transfer, length, wanted) => this.#download(transfer, length, wanted),
        upload: (file) => this.#upload(file),
      });
    };
    return untilAborted(this.#turns.add(run), signal);
  }

  /** Tells the sandbox something without waiting. If that fails, nobody is told. */
  tell<M extends Method>(method: M, params: Params<M>): void {
    if (!this.#disposed) this.#call(method, params, this.#timeout).catch(() => undefined);
  }

  /** Ends what waits or runs with `Disposed`, and stops listening. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const { reject } of [...this.#pending.values()]) reject(disconnected("Figma"));
    this.#listening.dispose();
    this.#selectionChanged.dispose();
    this.#endpoint.dispose();
  }

  async #download(
    transfer: number,
    length: number,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const file = new Uint8Array(length);
    try {
      for (let offset = 0; offset < length;) {
        throwIfAborted(signal);
        const { bytes } = await this.#call("read", { transfer, offset }, this.#timeout);
        if (bytes.length !== Math.min(chunkLength, length - offset)) {
          throw malformed(`${bytes.length} bytes at ${offset} of ${length}`);
        }
        file.set(bytes, offset);
        offset += bytes.length;
      }
    } catch (error) {
      this.tell("close", { transfer });
      throw error;
    }
    return file;
  }

  async #upload(file: Uint8Array): Promise<string> {
    if (file.length > maximumFileLength) {
      throw new LimpidError(
        "ImageTooLarge",
        `a file of ${file.length} bytes is more than is given to Figma: ${maximumFileLength}`,
        { details: { length: file.length, maximumFileLength } },
      );
    }
    const { transfer } = await this.#call("begin", { length: file.length }, this.#timeout);
    try {
      for (let offset = 0; offset < file.length; offset += chunkLength) {
        const bytes = file.slice(offset, offset + chunkLength);
        await this.#call("write", { transfer, offset, bytes }, this.#timeout);
      }
      return (await this.#call("finish", { transfer }, this.#timeout)).hash;
    } catch (error) {
      this.tell("close", { transfer });
      throw error;
    }
  }

  async #call<M extends Method>(method: M, params: Params<M>, timeout: number): Promise<Result<M>> {
    this.#throwIfDisposed();
    const call = ++this.#lastCall;
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      const result = await new Promise<unknown>((resolve, reject) => {
        this.#pending.set(call, { method, resolve, reject });
        timer = setTimeout(() => reject(silent("Figma", timeout)), timeout);
        const message: Request = { limpid: protocolVersion, session: this.#session, call, method, params };
        this.#endpoint.post(message);
      });
      const checked = v.safeParse(methods[method].result, result);
      if (!checked.success) {
        throw malformed(`something else than was asked: ${method}: ${describeIssues(checked.issues)}`);
      }
      return checked.output;
    } finally {
      clearTimeout(timer);
      this.#pending.delete(call);
    }
  }

  #receive(message: unknown): void {
    const checked = v.safeParse(replySchema, message);
    if (!checked.success || checked.output.session !== this.#session) return;
    const reply: Reply = checked.output;
    if ("selection" in reply) {
      this.#selectionChanged.fire(reply.selection);
      return;
    }
    const pending = this.#pending.get(reply.call);
    if ("error" in reply) pending?.reject(failureOf(reply.error.reason, reply.error.message));
    else pending?.resolve(reply.result);
  }

  #throwIfDisposed(): void {
    if (this.#disposed) throw disconnected("Figma");
  }
}

import { throwIfAborted, TurnQueue, untilAborted, type Disposable } from "../../sdk/base/index.js";
import { disconnected, isSilence, makeNonce, silent } from "../frame/index.js";
import type { PhotopeaEndpoint } from "./endpoint.js";
import { PhotopeaExchange, type PhotopeaAnswer } from "./exchange.js";
import { failed } from "./failure.js";
import { script, type PhotopeaScript } from "./script.js";
import { closeScratchDocuments } from "./scripts/close-scratch.js";

/** How long a session waits. */
export interface PhotopeaSessionOptions {
  /** Milliseconds until a script or a file counts as lost; 60,000 if left out. */
  readonly timeout?: number;
  /** Milliseconds until Photopea must have started; 60,000 if left out. */
  readonly startTimeout?: number;
}

/** What a turn may do with Photopea while nobody else does. */
export interface PhotopeaTurn {
  /**
   * Runs a script.
   *
   * @param timeout - milliseconds to wait; the session's if left out
   * @throws {@link LimpidError} `HostFailed` if it threw, gave up, was ended by Photopea or did not end in time, `Disposed`
   */
  tell(body: PhotopeaScript, timeout?: number): Promise<unknown>;
  /**
   * Runs a script that gives one file out.
   *
   * @throws {@link LimpidError} `HostFailed`, also if it gives none or several, `Disposed`
   */
  export(body: PhotopeaScript): Promise<PhotopeaAnswer & { readonly file: Uint8Array }>;
  /**
   * Sends a file for Photopea to open. That it is open, only a script can tell: see {@link PhotopeaTurn.poll}.
   *
   * @param file - handed over
   */
  post(file: ArrayBuffer): void;
  /**
   * Runs a script over and over until it is answered with something else than null.
   *
   * @param body - the script; must change nothing while it answers null
   * @throws {@link LimpidError} `HostFailed` if there is none in time; and as `tell`
   */
  poll(body: PhotopeaScript): Promise<unknown>;
}

/** Milliseconds between two scripts that ask whether something has happened. */
const pollInterval = 60;

/** Milliseconds after which a greeting is sent again, while Photopea has not answered one. */
const greetingInterval = 1000;

/**
 * A conversation with one Photopea: one turn at a time, one script in flight. Nothing is ever sent twice. A script that Photopea
 * ends without a word fails at once, by the ping behind it. One that is not answered in time breaks the session, since nobody knows whether it runs yet; the next turn then starts by finding
 * Photopea again and closing what the lost one may have left open.
 */
export class PhotopeaSession {
  /** Starts the name of every document that this session opens for itself. */
  readonly scratchPrefix: string;
  readonly #endpoint: PhotopeaEndpoint;
  readonly #timeout: number;
  readonly #startTimeout: number;
  readonly #nonce = makeNonce();
  readonly #turns = new TurnQueue();
  readonly #listening: Disposable;
  #inFlight: PhotopeaExchange | undefined;
  #count = 0;
  #isBroken = false;
  #disposed = false;

  /** @param endpoint - owned by the session from here on */
  constructor(
    endpoint: PhotopeaEndpoint,
    { timeout = 60_000, startTimeout = 60_000 }: PhotopeaSessionOptions = {},
  ) {
    this.#endpoint = endpoint;
    this.#timeout = timeout;
    this.#startTimeout = startTimeout;
    this.scratchPrefix = `limpid-${this.#nonce}`;
    this.#listening = endpoint.onMessage((data) => this.#inFlight?.receive(data));
  }

  /** Whether a script was lost, so that the next turn has to find Photopea again. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** A name for a document that this session opens for itself, never used before. */
  nextScratchName(): string {
    return `${this.scratchPrefix}-${++this.#count}-`;
  }

  /**
   * Waits until Photopea answers.
   *
   * @throws {@link LimpidError} `HostFailed` if it does not, `Aborted`, `Disposed`
   */
  async start(signal?: AbortSignal): Promise<void> {
    await this.#whileWanted(
      this.#turns.add(() => this.#greet()),
      signal,
    );
  }

  /**
   * Does something with Photopea while nobody else does. A turn that waits is given up when the signal fires; one that runs
   * goes on to its end behind the caller's back, since a script cannot be called back.
   *
   * @throws {@link LimpidError} `Aborted`, `Disposed`, `HostFailed` if Photopea is gone; and what the task throws
   */
  turn<T>(task: (turn: PhotopeaTurn) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const run = async (): Promise<T> => {
      throwIfAborted(signal);
      if (this.#isBroken) await this.#recover();
      return task({
        tell: async (body, timeout = this.#timeout) => {
          const { value } = await this.#exchange(body, false, Math.min(timeout, this.#timeout));
          return value;
        },
        export: async (body) => {
          const { value, file } = await this.#exchange(body, true, this.#timeout);
          return { value, file: file! };
        },
        post: (file) => {
          this.#throwIfDisposed();
          this.#endpoint.post(file);
        },
        poll: (body) => this.#poll(body),
      });
    };
    return this.#whileWanted(this.#turns.add(run), signal);
  }

  /** Ends what waits or runs with `Disposed`, and stops listening. What a running script does in Photopea it still does. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#inFlight?.fail(disconnected("Photopea"));
    this.#listening.dispose();
    this.#endpoint.dispose();
  }

  async #exchange(body: PhotopeaScript, wantsFile: boolean, timeout: number): Promise<PhotopeaAnswer> {
    this.#throwIfDisposed();
    const exchange = new PhotopeaExchange(`limpid-${this.#nonce}-${++this.#count}`, body, wantsFile);
    const timer = setTimeout(() => {
      this.#isBroken = true;
      exchange.fail(silent("Photopea", timeout));
    }, timeout);
    this.#inFlight = exchange;
    try {
      this.#endpoint.post(exchange.message);
      this.#endpoint.post(exchange.ping);
      return await exchange.answer;
    } finally {
      clearTimeout(timer);
      this.#inFlight = undefined;
    }
  }

  async #poll(body: PhotopeaScript): Promise<unknown> {
    const end = performance.now() + this.#timeout;
    for (;;) {
      const { value } = await this.#exchange(body, false, this.#timeout);
      if (value !== null && value !== undefined) return value;
      if (performance.now() > end) {
        const timeout = this.#timeout;
        throw failed("timeout", `Photopea has not finished within ${timeout / 1000} s`, { timeout });
      }
      await new Promise((resolve) => setTimeout(resolve, pollInterval));
    }
  }

  /** Asks, with a new token each time, until Photopea answers one: it may not have loaded yet when the first one is sent. */
  async #greet(): Promise<void> {
    const end = performance.now() + this.#startTimeout;
    for (;;) {
      const left = Math.max(1, end - performance.now());
      try {
        await this.#exchange(script`tell("here");`, false, Math.min(left, greetingInterval));
        this.#isBroken = false;
        return;
      } catch (error) {
        if (!isSilence(error)) throw error;
        if (performance.now() < end) continue;
        throw silent("Photopea", this.#startTimeout);
      }
    }
  }

  async #recover(): Promise<void> {
    await this.#greet();
    await this.#exchange(closeScratchDocuments(this.scratchPrefix), false, this.#timeout);
  }

  #whileWanted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    if (this.#disposed) {
      work.catch(() => undefined);
      return Promise.reject(disconnected("Photopea"));
    }
    return untilAborted(work, signal);
  }

  #throwIfDisposed(): void {
    if (this.#disposed) throw disconnected("Photopea");
  }
}

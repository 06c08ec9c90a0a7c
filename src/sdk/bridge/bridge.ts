import type * as v from "valibot";
import { LimpidError, throwIfAborted } from "../base/index.js";
import { parseBridgeMessage, parseWith, type BridgeMessage } from "./bridge-message.js";
import type { BridgePort } from "./bridge-port.js";
import { checkPlainValue, messageLimits } from "./plain-value.js";
import { fromWireError, toWireError } from "./wire-error.js";

/** What one method takes and gives. */
export interface BridgeMethod {
  readonly params: v.GenericSchema;
  readonly result: v.GenericSchema;
  /** Bytes of typed arrays that parameters and result may have each; none if left out. */
  readonly bytes?: number;
}

/** The methods of one side, by name. */
export type BridgeMethods = Readonly<Record<string, BridgeMethod>>;

/** What does the work of each method. */
export type BridgeHandlers<M extends BridgeMethods> = {
  readonly [N in keyof M]: (
    params: v.InferOutput<M[N]["params"]>,
    signal: AbortSignal,
  ) => v.InferInput<M[N]["result"]> | Promise<v.InferInput<M[N]["result"]>>;
};

/** What a {@link Bridge} is made of. */
export interface BridgeOptions<Local extends BridgeMethods, Remote extends BridgeMethods> {
  /** This end of the channel; it belongs to the bridge from here on. */
  readonly port: BridgePort;
  /** What the other side may ask for. */
  readonly local: Local;
  /** What does it. */
  readonly handlers: BridgeHandlers<Local>;
  /** What this side may ask for. */
  readonly remote: Remote;
  /** Told once why the bridge broke: the other side sent what it must not. */
  readonly onBroken: (error: LimpidError) => void;
}

/** What a request can be told. */
export interface BridgeRequestOptions {
  /** Gives up when it fires; the other side is told. */
  readonly signal?: AbortSignal | undefined;
  /** How long to wait for the answer, in milliseconds; as long as it takes if left out. */
  readonly timeout?: number | undefined;
  /** Buffers whose memory moves to the other side. */
  readonly transfer?: readonly ArrayBuffer[] | undefined;
}

interface Pending {
  readonly method: string;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/** How many requests of the other side may run at a time. */
const maximumRunning = 256;

/**
 * One end of the typed channel between an extension's worker and its host. Both ends check everything: the size of a
 * message before its shape, its shape before its method, the method's parameters and results. Ids rise, so that a
 * message that is replayed or out of order is seen; an answer must belong to a question.
 *
 * The first message that breaks a rule ends the channel: an honest end never sends one, since it checks what it sends by
 * the same rules, and then the caller gets the error.
 *
 * Why not comlink: it answers to any path of properties of what is exposed, proxies functions both ways, and validates
 * nothing. Here only the methods of a table can be reached.
 */
export class Bridge<Local extends BridgeMethods, Remote extends BridgeMethods> {
  readonly #options: BridgeOptions<Local, Remote>;
  readonly #pending = new Map<number, Pending>();
  /** Methods of the questions that were given up and whose answers are still to come. */
  readonly #cancelled = new Map<number, string>();
  readonly #running = new Map<number, AbortController>();
  #sent = 0;
  #received = 0;
  #closed: LimpidError | undefined;

  /**
   * Opens the bridge: messages are answered from here on.
   *
   * @param options - port, methods and handlers
   */
  constructor(options: BridgeOptions<Local, Remote>) {
    this.#options = options;
    options.port.listen(
      (message) => this.#receive(message),
      () => this.#break(new LimpidError("InvalidMessage", "a message cannot be read in this realm")),
    );
  }

  /** Questions of this side without an answer yet. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /**
   * Asks the other side.
   *
   * @param method - what for
   * @param params - as its schema has them
   * @param options - signal, timeout, transfer
   * @returns its result
   * @throws {@link LimpidError} `InvalidMessage` if the parameters do not fit, `Aborted`, `ExtensionFailed` if the time is up,
   * `Disposed` if the bridge is closed; and what the other side threw
   */
  async request<N extends keyof Remote & string>(
    method: N,
    params: v.InferInput<Remote[N]["params"]>,
    options: BridgeRequestOptions = {},
  ): Promise<v.InferOutput<Remote[N]["result"]>> {
    const { signal, timeout, transfer = [] } = options;
    throwIfAborted(signal);
    if (this.#closed !== undefined) throw this.#closed;
    const { params: schema, bytes = 0 } = this.#options.remote[method]!;
    checkPlainValue(params, { ...messageLimits, bytes });
    parseWith(schema, params, `${method}'s parameters`);
    const id = ++this.#sent;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let onAbort: (() => void) | undefined;
    try {
      return await new Promise<unknown>((resolve, reject) => {
        this.#pending.set(id, { method, resolve, reject });
        onAbort = () => {
          this.#cancel(id);
          reject(new LimpidError("Aborted", `${method} was aborted`, { cause: signal?.reason }));
        };
        signal?.addEventListener("abort", onAbort, { once: true });
        if (timeout !== undefined) {
          timer = setTimeout(() => {
            this.#cancel(id);
            reject(new LimpidError("ExtensionFailed", `${method} did not answer within ${timeout} ms`));
          }, timeout);
        }
        this.#options.port.postMessage(
          { kind: "request", id, method, params } satisfies BridgeMessage,
          transfer,
        );
      });
    } finally {
      clearTimeout(timer);
      if (onAbort !== undefined) signal?.removeEventListener("abort", onAbort);
      this.#pending.delete(id);
    }
  }

  /** Closes the channel; what waits for an answer fails with `Disposed`. */
  dispose(): void {
    this.#close(new LimpidError("Disposed", "the extension's bridge was closed"));
  }

  #receive(message: unknown): void {
    if (this.#closed !== undefined) return;
    try {
      // The frame adds two levels and a few values to what a method may send.
      checkPlainValue(message, {
        ...messageLimits,
        depth: messageLimits.depth + 2,
        bytes: this.#bytesFor(message),
      });
      const parsed = parseBridgeMessage(message);
      switch (parsed.kind) {
        case "request":
          this.#receiveRequest(parsed);
          break;
        case "response":
        case "error":
          this.#receiveAnswer(parsed);
          break;
        case "cancel":
          if (parsed.id > this.#received) throw invalid(`${parsed.id} is cancelled before it was asked`);
          this.#running.get(parsed.id)?.abort(new LimpidError("Aborted", "the other side gave up"));
          break;
      }
    } catch (error) {
      this.#break(error as LimpidError);
    }
  }

  /** How many bytes a message may bring: only those of its method. */
  #bytesFor(message: unknown): number {
    if (typeof message !== "object" || message === null) return 0;
    const { kind, method, id } = message as Readonly<Record<string, unknown>>;
    if (kind === "request") return own(this.#options.local, method)?.bytes ?? 0;
    if (kind !== "response") return 0;
    const asked = this.#pending.get(id as number)?.method ?? this.#cancelled.get(id as number);
    return own(this.#options.remote, asked)?.bytes ?? 0;
  }

  #receiveRequest({ id, method, params }: BridgeMessage & { readonly kind: "request" }): void {
    if (id <= this.#received) throw invalid(`request ${id} comes after request ${this.#received}`);
    this.#received = id;
    const known = own(this.#options.local, method);
    if (known === undefined) throw invalid(`there is no method ${JSON.stringify(method)}`);
    if (this.#running.size >= maximumRunning)
      throw invalid(`more than ${maximumRunning} requests run at a time`);
    const checked = parseWith(known.params, params, `${method}'s parameters`);
    const controller = new AbortController();
    this.#running.set(id, controller);
    const handle = this.#options.handlers[method] as (params: unknown, signal: AbortSignal) => unknown;
    void this.#answer(id, method, known, () => handle(checked, controller.signal));
  }

  async #answer(id: number, method: string, known: BridgeMethod, run: () => unknown): Promise<void> {
    let answer: BridgeMessage;
    try {
      const result = await run();
      checkPlainValue(result, { ...messageLimits, bytes: known.bytes ?? 0 });
      answer = { kind: "response", id, result: parseWith(known.result, result, `${method}'s result`) };
    } catch (error) {
      answer = { kind: "error", id, error: toWireError(error) };
    }
    this.#running.delete(id);
    if (this.#closed === undefined) this.#options.port.postMessage(answer, []);
  }

  #receiveAnswer(answer: BridgeMessage & { readonly kind: "response" | "error" }): void {
    const pending = this.#pending.get(answer.id);
    if (pending === undefined) {
      // The answer to a question that was given up; one that was never asked, or answered already, is a fault.
      if (this.#cancelled.delete(answer.id)) return;
      throw invalid(`an answer to ${answer.id}, which nobody asked`);
    }
    if (answer.kind === "error") {
      this.#pending.delete(answer.id);
      pending.reject(fromWireError(answer.error));
      return;
    }
    const { result } = this.#options.remote[pending.method]!;
    const checked: unknown = parseWith(result, answer.result, `${pending.method}'s result`);
    this.#pending.delete(answer.id);
    pending.resolve(checked);
  }

  #cancel(id: number): void {
    const { method } = this.#pending.get(id) ?? {};
    if (method === undefined) return;
    this.#pending.delete(id);
    this.#cancelled.set(id, method);
    if (this.#closed === undefined) {
      this.#options.port.postMessage({ kind: "cancel", id } satisfies BridgeMessage, []);
    }
  }

  #break(error: LimpidError): void {
    if (this.#closed !== undefined) return;
    this.#close(error);
    this.#options.onBroken(error);
  }

  #close(error: LimpidError): void {
    if (this.#closed !== undefined) return;
    this.#closed = error;
    this.#options.port.close();
    for (const pending of [...this.#pending.values()]) pending.reject(error);
    for (const controller of [...this.#running.values()]) controller.abort(error);
    this.#pending.clear();
    this.#running.clear();
    this.#cancelled.clear();
  }
}

/** A method by a name that anybody may have chosen, `constructor` included. */
function own(methods: BridgeMethods, name: unknown): BridgeMethod | undefined {
  return typeof name === "string" && Object.hasOwn(methods, name) ? methods[name] : undefined;
}

function invalid(fault: string): LimpidError {
  return new LimpidError("InvalidMessage", `a message is refused: ${fault}`);
}

import type { AbortSignal } from "./abort.js";
import type { GuestHost } from "./host.js";

/** What `fetch` takes besides an address. */
interface FetchInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>> | readonly (readonly [string, string])[];
  readonly body?: string | Uint8Array | ArrayBuffer;
  readonly signal?: AbortSignal;
}

interface Answer {
  readonly id: number;
  readonly error?: string;
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
}

/** `fetch` for the engine: the worker around it fetches, from the hosts that were granted. */
export class GuestFetch {
  readonly #host: GuestHost;
  readonly #waiting = new Map<number, (answer: Answer, body: ArrayBuffer) => void>();
  #last = 0;

  /**
   * @param host - fetches
   */
  constructor(host: GuestHost) {
    this.#host = host;
  }

  /** The function of the global scope. */
  readonly fetch = async (url: unknown, init: FetchInit = {}): Promise<unknown> => {
    const { method = "GET", headers = [], body, signal } = init;
    signal?.throwIfAborted();
    const id = ++this.#last;
    const pairs = Array.isArray(headers) ? (headers as [string, string][]) : Object.entries(headers);
    const request = JSON.stringify({ url: String(url), method, headers: pairs });
    const answered = new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting.delete(id);
        this.#host.cancelFetch(id);
        const reason: unknown = signal?.reason;
        reject(reason instanceof Error ? reason : new Error(String(reason)));
      };
      signal?.addEventListener("abort", onAbort);
      this.#waiting.set(id, (answer, bytes) => {
        this.#waiting.delete(id);
        signal?.removeEventListener("abort", onAbort);
        if (answer.error === undefined) resolve(this.#response(answer, bytes));
        else reject(new TypeError(answer.error));
      });
    });
    this.#host.fetch(id, request, body === undefined ? [] : [this.#bytesOf(body)]);
    return answered;
  };

  /** An answer has come. */
  receive(text: string, [body]: readonly ArrayBuffer[]): void {
    const answer = JSON.parse(text) as Answer;
    this.#waiting.get(answer.id)?.(answer, body ?? new ArrayBuffer(0));
  }

  #bytesOf(body: string | Uint8Array | ArrayBuffer): ArrayBuffer {
    if (typeof body === "string") return this.#host.encode(body);
    return ArrayBuffer.isView(body)
      ? (body.buffer.slice(body.byteOffset, body.byteOffset + body.byteLength) as ArrayBuffer)
      : body;
  }

  #response({ status, statusText, url, headers }: Answer, body: ArrayBuffer): object {
    const named = new Map(headers);
    return Object.freeze({
      status,
      statusText,
      url,
      ok: status >= 200 && status < 300,
      headers: Object.freeze({
        get: (name: string) => named.get(name.toLowerCase()) ?? null,
        has: (name: string) => named.has(name.toLowerCase()),
        entries: () => named.entries(),
      }),
      text: () => Promise.resolve(this.#host.decode(body)),
      json: async () => JSON.parse(await Promise.resolve(this.#host.decode(body))) as unknown,
      arrayBuffer: () => Promise.resolve(body),
      bytes: () => Promise.resolve(new Uint8Array(body)),
    });
  }
}

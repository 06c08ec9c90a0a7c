import { throwIfAborted } from "./abort.js";

/** How {@link openUrl} fetches. */
export interface OpenUrlOptions {
  /** The first byte that is wanted; 0 if left out. */
  readonly offset?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Fetches instead of the global `fetch`. */
  readonly fetch?: typeof fetch | undefined;
  /** Longest time without a byte, in milliseconds; 30 seconds if left out. */
  readonly timeout?: number | undefined;
  /** Whether the browser may answer from its cache; not if left out. */
  readonly cache?: RequestCache | undefined;
  /**
   * Makes the error for what cannot be fetched.
   *
   * @param fault - such as `cannot be fetched: status 500`
   * @param details - `url`, and `status` if there is one
   */
  readonly fail: (fault: string, details: Record<string, unknown>, cause?: unknown) => Error;
}

/** A body on its way. */
export interface OpenedUrl {
  /** Where its bytes begin: at the offset that was asked for or, if the server cannot start there, at 0. */
  readonly offset: number;
  readonly bytes: AsyncIterable<Uint8Array>;
}

const defaultTimeout = 30_000;
/** The slowest that a body may come on the whole, in bytes a millisecond, once the time without a byte has passed. */
const slowest = 1;

/**
 * Fetches what is at an address: only there, for no longer than a server needs that means to answer.
 *
 * @param url - the address; redirections are refused, since they may lead to a place that nobody named
 * @param options - offset, signal, limits
 * @returns undefined if there is nothing (404, 410)
 */
export async function openUrl(url: URL, options: OpenUrlOptions): Promise<OpenedUrl | undefined> {
  const {
    offset = 0,
    signal,
    fetch: get = fetch,
    timeout = defaultTimeout,
    cache = "no-store",
    fail,
  } = options;
  const giveUp = new AbortController();
  const either = signal === undefined ? giveUp.signal : AbortSignal.any([signal, giveUp.signal]);
  const attempt = async <T>(run: () => Promise<T>): Promise<T> => {
    throwIfAborted(signal);
    const late = new Error(`no byte came for ${timeout} ms`);
    let timer: ReturnType<typeof setTimeout> | undefined;
    let onAbort: (() => void) | undefined;
    try {
      // A fetch of the application's own may not listen to signals.
      return await Promise.race([
        run(),
        new Promise<never>((_, reject) => {
          timer = setTimeout(() => reject(late), timeout);
          onAbort = () => reject(new Error("it was aborted"));
          signal?.addEventListener("abort", onAbort);
        }),
      ]);
    } catch (cause) {
      giveUp.abort();
      throwIfAborted(signal);
      const fault = cause === late ? `is silent: ${late.message}` : "cannot be fetched, or leads elsewhere";
      throw fail(`${url.href} ${fault}`, { url: url.href }, cause);
    } finally {
      clearTimeout(timer);
      if (onAbort !== undefined) signal?.removeEventListener("abort", onAbort);
    }
  };
  const request: RequestInit = {
    redirect: "error",
    cache,
    signal: either,
    ...(offset > 0 && { headers: { range: `bytes=${offset}-` } }),
  };
  const response = await attempt(() => get(url, request));
  if (response.status === 404 || response.status === 410) return undefined;
  const start = startOf(response, offset);
  if (offset > 0 && (response.status === 416 || start === undefined)) {
    giveUp.abort();
    return openUrl(url, { ...options, offset: 0 });
  }
  if (!response.ok || start === undefined) {
    giveUp.abort();
    const { status } = response;
    throw fail(`${url.href} cannot be fetched: status ${status}`, { url: url.href, status });
  }
  return { offset: start, bytes: readBody() };

  async function* readBody(): AsyncGenerator<Uint8Array> {
    if (response.body === null) return;
    // Not every browser can iterate over a stream.
    const reader = response.body.getReader();
    const started = performance.now();
    let length = 0;
    try {
      for (;;) {
        const { done, value } = await attempt(() => reader.read());
        if (done) return;
        length += value.byteLength;
        const time = performance.now() - started - timeout;
        if (time > 0 && length < time * slowest) {
          throw fail(`${url.href} is too slow: ${length} bytes came in ${Math.round(time + timeout)} ms`, {
            url: url.href,
          });
        }
        yield value;
      }
    } finally {
      giveUp.abort();
      void reader.cancel().catch(() => undefined);
    }
  }
}

/**
 * Where the bytes of a response begin: at the offset, or at 0. Undefined if it begins elsewhere. Another origin's
 * `Content-Range` may be hidden: then they are as asked for.
 */
function startOf(response: Response, offset: number): number | undefined {
  if (response.status !== 206) return 0;
  const range = response.headers.get("content-range");
  if (range === null) return offset;
  const start = Number(/^bytes (\d+)-/.exec(range)?.[1] ?? Number.NaN);
  return start === offset ? start : undefined;
}

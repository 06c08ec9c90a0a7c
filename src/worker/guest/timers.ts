import type { GuestHost } from "./host.js";

/** `setTimeout` and its like for the engine, which has none. */
export class Timers {
  readonly #host: GuestHost;
  readonly #onError: (error: unknown) => void;
  readonly #running = new Map<
    number,
    { readonly run: () => unknown; readonly interval: number | undefined }
  >();
  #last = 0;

  /**
   * @param host - counts the time
   * @param onError - told of what a timer's function throws
   */
  constructor(host: GuestHost, onError: (error: unknown) => void) {
    this.#host = host;
    this.#onError = onError;
  }

  /** The functions of the global scope. */
  get globals() {
    return {
      setTimeout: (run: unknown, delay = 0, ...args: readonly unknown[]) =>
        this.#start(run, delay, args, false),
      setInterval: (run: unknown, delay = 0, ...args: readonly unknown[]) =>
        this.#start(run, delay, args, true),
      clearTimeout: (id: number) => this.#stop(id),
      clearInterval: (id: number) => this.#stop(id),
    };
  }

  /** The time of a timer has come. */
  fire(id: number): void {
    const timer = this.#running.get(id);
    if (timer === undefined) return;
    if (timer.interval === undefined) this.#running.delete(id);
    else this.#host.timer(id, timer.interval);
    try {
      timer.run();
    } catch (error) {
      this.#onError(error);
    }
  }

  #start(run: unknown, delay: number, args: readonly unknown[], repeats: boolean): number {
    if (typeof run !== "function") throw new TypeError("a timer takes a function");
    const id = ++this.#last;
    const wait = Number.isFinite(delay) ? Math.max(delay, 0) : 0;
    if (!this.#host.timer(id, wait)) throw new RangeError("too many timers run");
    this.#running.set(id, {
      run: () => (run as (...args: readonly unknown[]) => unknown)(...args),
      // As in browsers: an interval leaves room for something else.
      interval: repeats ? Math.max(wait, 4) : undefined,
    });
    return id;
  }

  #stop(id: number): void {
    if (this.#running.delete(id)) this.#host.cancelTimer(id);
  }
}

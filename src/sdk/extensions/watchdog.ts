import { toDisposable, type Disposable } from "../base/index.js";

/**
 * Notices that a worker hangs: while somebody waits for it, it is asked for a sign of life now and then.
 */
export class Watchdog implements Disposable {
  readonly #ping: () => Promise<unknown>;
  readonly #onSilent: (error: unknown) => void;
  readonly #interval: number;
  #waiting = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param ping - asks for a sign of life; rejects if there is none
   * @param interval - time between two questions, in milliseconds
   * @param onSilent - told why there is no sign of life, at most once for each wait
   */
  constructor(ping: () => Promise<unknown>, interval: number, onSilent: (error: unknown) => void) {
    this.#ping = ping;
    this.#interval = interval;
    this.#onSilent = onSilent;
  }

  /**
   * Watches while somebody waits.
   *
   * @returns to be disposed when the wait is over
   */
  watch(): Disposable {
    this.#waiting++;
    this.#schedule();
    return toDisposable(() => {
      this.#waiting--;
      if (this.#waiting === 0) this.dispose();
    });
  }

  /** Stops asking. */
  dispose(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#ping().then(
        () => {
          this.#timer = undefined;
          if (this.#waiting > 0) this.#schedule();
        },
        (error: unknown) => {
          this.#timer = undefined;
          if (this.#waiting > 0) this.#onSilent(error);
        },
      );
    }, this.#interval);
  }
}

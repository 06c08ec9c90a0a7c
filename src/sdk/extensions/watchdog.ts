import type { Disposable } from "../base/index.js";

/** Notices that a worker hangs: it is asked for a sign of life now and then, from the start until it is disposed. */
export class Watchdog implements Disposable {
  readonly #ping: () => Promise<unknown>;
  readonly #onSilent: (error: unknown) => void;
  readonly #interval: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isDisposed = false;

  /**
   * @param ping - asks for a sign of life; rejects if there is none
   * @param interval - time between two questions, in milliseconds
   * @param onSilent - told once why there is no sign of life
   */
  constructor(ping: () => Promise<unknown>, interval: number, onSilent: (error: unknown) => void) {
    this.#ping = ping;
    this.#interval = interval;
    this.#onSilent = onSilent;
    this.#schedule();
  }

  /** Stops asking. */
  dispose(): void {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    if (this.#isDisposed) return;
    this.#timer = setTimeout(() => {
      this.#ping().then(
        () => this.#schedule(),
        (error: unknown) => {
          if (!this.#isDisposed) this.#onSilent(error);
        },
      );
    }, this.#interval);
  }
}

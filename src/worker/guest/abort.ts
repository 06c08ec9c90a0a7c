// AbortController and AbortSignal for an engine that has neither; the usual polyfills want EventTarget or the DOM.

type Listener = (event: { readonly type: "abort"; readonly target: AbortSignal }) => unknown;

/** Says that something is given up. */
export class AbortSignal {
  /** Called when it is. */
  onabort: Listener | null = null;
  #listeners: Listener[] = [];
  #reason: unknown;
  #isAborted = false;

  /** Whether it is. */
  get aborted(): boolean {
    return this.#isAborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  /** Throws the reason if there is one. */
  throwIfAborted(): void {
    if (this.#isAborted) throw this.#reason;
  }

  /** Adds a listener of `abort`. */
  addEventListener(type: string, listener: Listener): void {
    if (type === "abort" && !this.#listeners.includes(listener)) this.#listeners.push(listener);
  }

  /** Removes it. */
  removeEventListener(type: string, listener: Listener): void {
    this.#listeners = this.#listeners.filter((known) => known !== listener);
  }

  /** @internal for {@link AbortController} */
  static abortFrom(signal: AbortSignal, reason: unknown): void {
    if (signal.#isAborted) return;
    signal.#isAborted = true;
    signal.#reason = reason ?? abortError();
    const listeners = signal.#listeners;
    signal.#listeners = [];
    for (const listener of [signal.onabort, ...listeners]) listener?.({ type: "abort", target: signal });
  }

  /** A signal that has fired. */
  static abort(reason?: unknown): AbortSignal {
    const controller = new AbortController();
    controller.abort(reason);
    return controller.signal;
  }

  /** A signal that fires after a time. */
  static timeout(time: number): AbortSignal {
    const controller = new AbortController();
    setTimeout(() => controller.abort(named("TimeoutError", "the time is up")), time);
    return controller.signal;
  }

  /** A signal that fires with the first of some. */
  static any(signals: readonly AbortSignal[]): AbortSignal {
    const controller = new AbortController();
    for (const signal of signals) {
      if (signal.aborted) controller.abort(signal.reason);
      else signal.addEventListener("abort", () => controller.abort(signal.reason));
    }
    return controller.signal;
  }
}

/** Gives something up. */
export class AbortController {
  /** What to hand around. */
  readonly signal = new AbortSignal();

  /** Gives it up. */
  abort(reason?: unknown): void {
    AbortSignal.abortFrom(this.signal, reason);
  }
}

function abortError(): Error {
  return named("AbortError", "it was aborted");
}

function named(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}

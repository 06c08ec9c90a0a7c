import { toDisposable, type Disposable } from "./disposable.js";

/**
 * Something one can listen to: call it with a listener, dispose what it returns to stop listening.
 * Events are functions, as in VS Code; their names start with `onDid` or `onWill`.
 *
 * @example
 * ```ts
 * const listening = limpid.experts.onDidChange(() => redrawMenu());
 * listening.dispose();
 * ```
 */
export type Event<T> = (listener: (event: T) => unknown) => Disposable;

/**
 * The firing side of an {@link Event}. Its owner keeps the emitter to itself and hands out `event`.
 *
 * @typeParam T - what listeners are told; `void` if there is nothing to tell
 */
export class EventEmitter<T> implements Disposable {
  readonly [Symbol.dispose] = (): void => this.dispose();
  #registrations: Set<{ readonly listener: (event: T) => unknown }> | undefined = new Set();

  /**
   * The listening side. A listener added twice is called twice; one added after the emitter was disposed is
   * never called.
   */
  readonly event: Event<T> = (listener) => {
    const registration = { listener };
    this.#registrations?.add(registration);
    return toDisposable(() => this.#registrations?.delete(registration));
  };

  /**
   * Calls the listeners in the order in which they were added. One that throws, or whose promise rejects,
   * is reported to the runtime and stops neither the others nor the caller. Listeners added meanwhile wait
   * for the next event; those removed meanwhile are not called.
   *
   * @param event - what happened
   */
  fire(event: T): void {
    for (const registration of [...(this.#registrations ?? [])]) {
      if (!this.#registrations?.has(registration)) continue;
      try {
        const result = registration.listener(event);
        if (result instanceof Promise) result.catch(report);
      } catch (error) {
        report(error);
      }
    }
  }

  /** Forgets every listener; later events reach nobody. */
  dispose(): void {
    this.#registrations = undefined;
  }
}

/** Tells the runtime of an error that nobody can catch: browsers fire `error`, Node has only the console. */
function report(error: unknown): void {
  if (typeof reportError === "function") reportError(error);
  else console.error(error);
}

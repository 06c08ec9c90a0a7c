/**
 * Something that holds what the garbage collector does not know of: a GPU buffer, a listener, a worker.
 * Whoever creates it disposes it, unless the documentation says that it is handed over. Where a runtime has no
 * `Symbol.dispose`, `dispose()` does it; a polyfill for `using` has to be loaded before Limpid.
 */
export interface Disposable {
  /** Lets go of everything. Safe to call again: the second call does nothing. Never waits. */
  dispose(): void;
  /** The same, at the end of the block in which `using limpid = await createLimpid(...)` stands. */
  [Symbol.dispose](): void;
}

/**
 * Wraps a clean-up function, so that it can be handed around and runs once at most.
 *
 * @param dispose - what to do on the first `dispose()`; released afterwards
 * @returns a disposable that calls it
 */
export function toDisposable(dispose: () => void): Disposable {
  let pending: (() => void) | undefined = dispose;
  const once = (): void => {
    const run = pending;
    pending = undefined;
    run?.();
  };
  return { dispose: once, [Symbol.dispose]: once };
}

/**
 * Collects disposables that end together.
 *
 * @example
 * ```ts
 * const store = new DisposableStore();
 * const emitter = store.add(new EventEmitter<string>());
 * store.add(host.onDidChangeImage(() => update()));
 * store.dispose(); // the listener first, then the emitter
 * ```
 */
export class DisposableStore implements Disposable {
  readonly [Symbol.dispose] = (): void => this.dispose();
  #members: Set<Pick<Disposable, "dispose">> | undefined = new Set();

  /** Whether {@link DisposableStore.dispose} has been called. */
  get isDisposed(): boolean {
    return this.#members === undefined;
  }

  /**
   * Takes ownership of a disposable. A store that is disposed already disposes it at once, so that
   * asynchronous set-up which finishes too late leaks nothing.
   *
   * @param disposable - what to dispose with the store; adding it twice counts once
   * @returns the same object
   */
  add<T extends Pick<Disposable, "dispose">>(disposable: T): T {
    if (this.#members) this.#members.add(disposable);
    else disposable.dispose();
    return disposable;
  }

  /**
   * Disposes the members, the last added first. If members throw, the rest are disposed all the same.
   *
   * @throws the error of the one member that threw, or an `AggregateError` of several
   */
  dispose(): void {
    const members = [...(this.#members ?? [])].reverse();
    this.#members = undefined;
    const errors: unknown[] = [];
    for (const member of members) {
      try {
        member.dispose();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1) throw new AggregateError(errors, `${errors.length} disposables threw`);
  }
}

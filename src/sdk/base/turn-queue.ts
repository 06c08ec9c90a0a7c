/** Runs asynchronous tasks one after the other, in the order in which they were added. */
export class TurnQueue {
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Adds a task.
   *
   * @returns what the task returns; a task that fails does not stop those behind it
   */
  add<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Resolves when every task added so far has settled. */
  get idle(): Promise<void> {
    return this.#last.then(() => undefined);
  }
}

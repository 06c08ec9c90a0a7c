/**
 * Lets a long computation share its thread: input, painting and abort signals get their turn as soon as a time slice is
 * used up.
 */
export class Pace {
  readonly #slice: number;
  #started = performance.now();

  /** @param slice - how long the computation may hold the thread, in milliseconds; a frame at 60 Hz if left out */
  constructor(slice = 16) {
    this.#slice = slice;
  }

  /**
   * To be awaited between two parts of the computation.
   *
   * @returns whether other tasks had their turn; false, at once, if the time slice is not used up
   */
  async breathe(): Promise<boolean> {
    if (performance.now() - this.#started < this.#slice) return false;
    await nextTask();
    this.#started = performance.now();
    return true;
  }
}

/**
 * Resolves in a later task. Browsers hold nested timers back by 4 ms each, so a scheduler is used where there is one; not
 * its `yield`, which lets the computation go on before the page's downloads and messages had their turn.
 */
function nextTask(): Promise<void> {
  const { scheduler } = globalThis as { scheduler?: { postTask?: (run: () => void) => Promise<void> } };
  return scheduler?.postTask?.(() => undefined) ?? new Promise((resolve) => setTimeout(resolve, 0));
}

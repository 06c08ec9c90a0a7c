/** Before so many seconds of work nothing is said: a guess would jump. */
const leastSeconds = 2;

/**
 * How long a run will still take, by the rate of the work that it has done so far. Work is counted in pixels; tiles are of about one
 * size, so that the mean rate settles as they come.
 */
export class TimeLeft {
  readonly #total: number;
  readonly #now: () => number;
  readonly #started: number;
  #done = 0;
  #doneAt: number;

  /**
   * @param total - work in all, in pixels
   * @param now - the clock, in milliseconds
   */
  constructor(total: number, now: () => number = () => performance.now()) {
    this.#total = total;
    this.#now = now;
    this.#started = this.#doneAt = now();
  }

  /** Counts work that was done. */
  add(pixels: number): void {
    this.#done = Math.min(this.#total, this.#done + pixels);
    this.#doneAt = this.#now();
  }

  /** Share of the work that is done, 0 to 1. */
  get fraction(): number {
    return this.#done / this.#total;
  }

  /** In seconds; undefined while nothing is known. */
  get seconds(): number | undefined {
    const spent = (this.#doneAt - this.#started) / 1000;
    if (this.#done === 0 || spent < leastSeconds) return undefined;
    const left = (spent / this.#done) * (this.#total - this.#done);
    return Math.max(0, left - (this.#now() - this.#doneAt) / 1000);
  }
}

/** A time as people say it: no more exact than it is known. */
export function aboutTime(seconds: number): string {
  if (seconds < 8) return "some seconds left";
  if (seconds < 55) return `about ${Math.ceil(seconds / 5) * 5} s left`;
  const minutes = Math.max(1, Math.round(seconds / 60));
  return minutes === 1 ? "about a minute left" : `about ${minutes} minutes left`;
}

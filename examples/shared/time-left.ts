/** Before so many seconds of work nothing is said: a guess would jump. */
const leastSeconds = 2;

/** How long a run will still take, by the rate of the work that it has done so far: the mean rate settles as it goes on. */
export class TimeLeft {
  readonly #now: () => number;
  readonly #started: number;
  #fraction = 0;
  #reachedAt: number;

  /** @param now - the clock, in milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#started = this.#reachedAt = now();
  }

  /** So much of the work is done by now, 0 to 1. */
  reach(fraction: number): void {
    this.#fraction = fraction;
    this.#reachedAt = this.#now();
  }

  /** Share of the work that is done, 0 to 1. */
  get fraction(): number {
    return this.#fraction;
  }

  /** In seconds; undefined while nothing is known. */
  get seconds(): number | undefined {
    const spent = (this.#reachedAt - this.#started) / 1000;
    if (this.#fraction === 0 || spent < leastSeconds) return undefined;
    const left = (spent / this.#fraction) * (1 - this.#fraction);
    return Math.max(0, left - (this.#now() - this.#reachedAt) / 1000);
  }
}

/** A time as people say it: no more exact than it is known. */
export function aboutTime(seconds: number): string {
  if (seconds < 8) return "some seconds left";
  if (seconds < 55) return `about ${Math.ceil(seconds / 5) * 5} s left`;
  const minutes = Math.max(1, Math.round(seconds / 60));
  return minutes === 1 ? "about a minute left" : `about ${minutes} minutes left`;
}

import type { Rect, RestoreProgress } from "limpid";
import type { Size } from "./size.js";
import { aboutTime, TimeLeft } from "./time-left.js";

/**
 * Shows what is done now, the share of it that is done, 0 to 1, undefined if nobody knows, and the time that it still takes, empty
 * if nobody knows.
 */
type Say = (text: string, fraction: number | undefined, timeLeft: string) => void;

/** Says how far a repair is, by the work that is done: of the part that is repaired first, if there is one, then of the whole. */
export class RepairProgress {
  readonly #job: { readonly say: Say };
  readonly #size: Size;
  readonly #left = new TimeLeft();
  /** Where the run that is under way begins and ends in all the work. */
  #span: readonly [from: number, to: number] = [0, 0];
  #text = "";
  #timer: ReturnType<typeof setInterval> | undefined;

  /**
   * @param job - says it
   * @param size - of the photo
   */
  constructor(job: { readonly say: Say }, size: Size) {
    this.#job = job;
    this.#size = size;
  }

  /** A part begins, or, with undefined, the whole photo. */
  begin(part: Rect | undefined): void {
    const [, from] = this.#span;
    this.#span = part === undefined ? [from, 1] : [0, this.#shareOf(part)];
    this.#text = part === undefined ? "Preparing…" : "Restoring what you look at first…";
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#say(), 1000);
    this.#say();
  }

  /** What is under way is so far. */
  step({ fraction, done, total }: Pick<RestoreProgress, "fraction" | "done" | "total">): void {
    const [from, to] = this.#span;
    this.#left.reach(from + fraction * (to - from));
    if (done > 0 && to === 1) this.#text = total === 1 ? "Restoring" : `Restoring, ${done} of ${total} tiles`;
    this.#say();
  }

  /** It is over. */
  end(): void {
    clearInterval(this.#timer);
  }

  /** Its pixels go through the network twice. */
  #shareOf({ width, height }: Size): number {
    const part = width * height;
    return part / (part + this.#size.width * this.#size.height);
  }

  #say(): void {
    const { fraction, seconds } = this.#left;
    const timeLeft = seconds === undefined ? "" : aboutTime(seconds);
    this.#job.say(this.#text, fraction === 0 ? undefined : fraction, timeLeft);
  }
}

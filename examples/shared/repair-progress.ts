import type { Rect, RestoreProgress } from "limpid";
import type { Size } from "./size.js";
import { aboutTime, TimeLeft } from "./time-left.js";

/** Shows what is done now, and the share of it that is done, 0 to 1; undefined if nobody knows. */
type Say = (text: string, fraction?: number) => void;

/** Pixels that are looked at for a photo's statistics, at most: 16 blocks of 128 x 128. */
const preparedPixels = 16 * 128 * 128;

/** Says how far a repair is, by the work that is done: the preparation, then each tile. */
export class RepairProgress {
  readonly #job: { readonly say: Say };
  readonly #size: Size;
  readonly #preparation: number;
  #left: TimeLeft | undefined;
  #tiles = "";
  #timer: ReturnType<typeof setInterval> | undefined;

  /**
   * @param job - says it
   * @param size - of the photo
   */
  constructor(job: { readonly say: Say }, size: Size) {
    this.#job = job;
    this.#size = size;
    this.#preparation = Math.min(preparedPixels, size.width * size.height);
  }

  /** A part begins, or, with undefined, the whole photo. */
  begin(part: Rect | undefined): void {
    if (part !== undefined) {
      this.#job.say("Restoring what you look at first…");
      return;
    }
    this.#left = new TimeLeft(this.#preparation + this.#size.width * this.#size.height);
    this.#tiles = "";
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#say(), 1000);
    this.#say();
  }

  /** A tile is done. */
  tile({ done, total, tile }: RestoreProgress): void {
    if (done === 1) this.#left?.add(this.#preparation);
    this.#left?.add(tile.width * tile.height);
    this.#tiles = total === 1 ? "" : `, ${done} of ${total} tiles`;
    this.#say();
  }

  /** It is over. */
  end(): void {
    clearInterval(this.#timer);
  }

  #say(): void {
    const { fraction = 0, seconds } = this.#left ?? {};
    if (fraction === 0) return this.#job.say("Preparing…");
    const time = seconds === undefined ? "" : `, ${aboutTime(seconds)}`;
    this.#job.say(`Restoring${this.#tiles}${time}`, fraction);
  }
}

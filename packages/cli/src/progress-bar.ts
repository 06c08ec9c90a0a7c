import { createLogUpdate } from "log-update";
import { printableLine } from "./printable.js";
import type { PartsDone } from "./worker-thread.js";

/** Columns of a bar. */
const barLength = 24;
/** Most files under way that have a line. */
const mostLines = 8;
/** Before so many milliseconds nobody can say how long something takes. */
const leastTime = 1500;

/** A file that is under way. */
interface FileUnderWay {
  /** What is said of it besides its name. */
  readonly part: string;
  /** How far it is, 0 to 1; undefined for what has no parts. */
  readonly share: number | undefined;
  /** From when on its time is measured, and how far it was then: what comes before the first part says little of the rest. */
  readonly from: { readonly time: number; readonly share: number };
  /** When it got so far. */
  readonly at: number;
}

/**
 * Shows on a terminal how far a run over several files is, and each file that is under way, with the time that is left; does
 * nothing if there is no terminal.
 */
export class ProgressBar {
  readonly #draw: ReturnType<typeof createLogUpdate> | undefined;
  readonly #total: number;
  readonly #now: () => number;
  readonly #underWay = new Map<string, FileUnderWay>();
  #finished = 0;
  /** Those that nothing was done for say nothing of the time that others take. */
  #passedOver = 0;
  #started: number | undefined;
  /** When something was begun, got further or was finished last. */
  #at = 0;
  #ticking: ReturnType<typeof setInterval> | undefined;

  /**
   * @param terminal - where to draw
   * @param total - number of files
   * @param now - a clock, in milliseconds
   */
  constructor(terminal: NodeJS.WriteStream | undefined, total: number, now = () => performance.now()) {
    this.#draw = terminal && createLogUpdate(terminal, { showCursor: true });
    this.#total = total;
    this.#now = now;
  }

  /**
   * Shows that a file is under way.
   *
   * @param file - its name
   * @param part - what is done first, for one that has parts
   */
  begin(file: string, part?: string): void {
    const time = this.#now();
    this.#started ??= time;
    const share = part === undefined ? undefined : 0;
    this.#underWay.set(file, { part: part ?? "", share, from: { time, share: 0 }, at: time });
    this.#advanced();
  }

  /**
   * Shows how far a file is.
   *
   * @param file - its name
   * @param parts - its share that is done, and its parts
   */
  advance(file: string, { fraction: share, done, total }: PartsDone): void {
    const before = this.#underWay.get(file);
    const isFirst = before?.share === undefined || before.share === 0;
    const at = this.#now();
    const from = isFirst ? { time: at, share } : before.from;
    const part = done === 0 ? (before?.part ?? "") : `tile ${done} of ${total}`;
    this.#underWay.set(file, { part, share, from, at });
    this.#advanced();
  }

  /**
   * Shows that a file is done with, well or not.
   *
   * @param file - its name
   */
  finish(file: string): void {
    if (!this.#underWay.delete(file)) this.#passedOver++;
    this.#finished++;
    if (this.#finished < this.#total) this.#advanced();
  }

  /** Takes the bar away, so that lines can be written; it comes back with the next progress. */
  clear(): void {
    clearInterval(this.#ticking);
    this.#ticking = undefined;
    this.#draw?.clear();
  }

  #advanced(): void {
    this.#at = this.#now();
    this.#show();
  }

  #show(): void {
    if (this.#draw === undefined) return;
    const files = [...this.#underWay];
    const lines = files.slice(0, mostLines).map(([name, file]) => this.#lineOf(name, file));
    if (this.#total > 1) {
      const done = files.reduce((sum, [, { share = 0 }]) => sum + share, this.#finished);
      const count = `${this.#finished} of ${this.#total} done`;
      const worked = done - this.#passedOver;
      const elapsed = this.#at - (this.#started ?? this.#at);
      const left = timeLeft(elapsed, worked, this.#total - done, this.#now() - this.#at);
      lines.push(`${drawBar(done / this.#total)} ${count}${left}`);
    }
    this.#draw(lines.join("\n"));
    // So that the time goes on between two parts; it holds no process.
    this.#ticking ??= setInterval(() => this.#show(), 1000).unref();
  }

  #lineOf(name: string, { part, share, from, at }: FileUnderWay): string {
    const shown = printableLine(name);
    if (share === undefined) return shown;
    const left = timeLeft(at - from.time, share - from.share, 1 - share, this.#now() - at);
    const percent = `${Math.round(share * 100)}`.padStart(3);
    return `${drawBar(share)} ${percent} %  ${shown}, ${part}${left}`;
  }
}

/**
 * A bar.
 *
 * @param share - how much of it is full, 0 to 1
 * @param length - its columns
 */
export function drawBar(share: number, length = barLength): string {
  const filled = Math.round(length * share);
  return "█".repeat(filled) + "░".repeat(length - filled);
}

/**
 * What to say of the time that is left, if it can be told.
 *
 * @param elapsed - how long it took to get so far, in milliseconds
 * @param done - how much that was
 * @param left - how much is left
 * @param since - how long ago that was, in milliseconds
 */
function timeLeft(elapsed: number, done: number, left: number, since: number): string {
  if (elapsed < leastTime || done <= 0 || left <= 0) return "";
  const seconds = Math.max(1, Math.ceil((elapsed * (left / done) - since) / 1000));
  if (seconds < 60) return `, about ${seconds} s left`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60
    ? `, about ${minutes} min left`
    : `, about ${Math.floor(minutes / 60)} h ${minutes % 60} min left`;
}

import { createLogUpdate } from "log-update";
import { printableLine } from "./printable.js";

/** Most columns that the bar itself takes. */
const barLength = 24;

/** Shows on a terminal how far a run over several files is; does nothing if there is no terminal. */
export class ProgressBar {
  readonly #draw: ReturnType<typeof createLogUpdate> | undefined;
  readonly #total: number;
  /** How far the files are that are under way, 0 to 1. */
  readonly #underWay = new Map<string, number>();
  #finished = 0;

  /**
   * @param terminal - where to draw
   * @param total - number of files
   */
  constructor(terminal: NodeJS.WriteStream | undefined, total: number) {
    this.#draw = terminal && createLogUpdate(terminal, { showCursor: true });
    this.#total = total;
  }

  /**
   * Shows that a file is under way.
   *
   * @param file - its name
   */
  begin(file: string): void {
    this.#underWay.set(file, 0);
    this.#show(file);
  }

  /**
   * Shows that a part of a file is done.
   *
   * @param file - its name
   * @param done - parts that are done
   * @param total - all its parts
   */
  advance(file: string, done: number, total: number): void {
    this.#underWay.set(file, done / total);
    this.#show(`${file}, tile ${done} of ${total}`);
  }

  /**
   * Shows that a file is done with, well or not.
   *
   * @param file - its name
   */
  finish(file: string): void {
    this.#underWay.delete(file);
    this.#finished++;
    if (this.#finished < this.#total) this.#show("");
  }

  /** Takes the bar away, so that lines can be written; it comes back with the next progress. */
  clear(): void {
    this.#draw?.clear();
  }

  #show(what: string): void {
    if (this.#draw === undefined) return;
    let done = this.#finished;
    for (const part of this.#underWay.values()) done += part;
    const filled = Math.round((barLength * done) / this.#total);
    const bar = "█".repeat(filled) + "░".repeat(barLength - filled);
    this.#draw(`${bar} ${this.#finished} of ${this.#total} done  ${printableLine(what)}`.trimEnd());
  }
}

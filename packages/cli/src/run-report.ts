import type { CommandContext } from "./command-context.js";
import { formatError, reportError, type ErrorReport } from "./describe-error.js";
import { toLine } from "./image-report.js";
import { printableLine } from "./printable.js";
import { ProgressBar } from "./progress-bar.js";
import type { PartsDone } from "./worker-thread.js";

/** A file that came to nothing. */
interface Failure {
  readonly input: string;
  readonly error: ErrorReport;
}

/** Where a run is told of. */
type ReportContext = Pick<CommandContext, "terminal" | "writeError"> & {
  readonly write: (text: string) => void;
};

/**
 * Tells how a run over several files goes: results as they come, on standard output; notes and progress on standard
 * error; and at the end a count, and each file that failed with its reason.
 */
export class RunReport {
  readonly #context: ReportContext;
  readonly #verb: string;
  readonly #json: boolean;
  readonly #total: number;
  readonly #firstPart: string | undefined;
  readonly #bar: ProgressBar;
  readonly #failures: Failure[] = [];
  readonly #notes = new Set<string>();
  #done = 0;
  #leftAlone = 0;
  #skipped = 0;

  /**
   * @param context - where to write
   * @param run - what is done with each file, as a participle; how many there are; whether programs read the results; what is
   * done first, for files that have parts
   */
  constructor(
    context: ReportContext,
    run: {
      readonly verb: string;
      readonly total: number;
      readonly json: boolean;
      readonly firstPart?: string;
    },
  ) {
    this.#context = context;
    this.#verb = run.verb;
    this.#json = run.json;
    this.#total = run.total;
    this.#firstPart = run.firstPart;
    this.#bar = new ProgressBar(context.terminal, run.total);
  }

  /** Whether a file has failed. */
  get hasFailures(): boolean {
    return this.#failures.length > 0;
  }

  /** Shows that a file is under way. */
  begin(input: string): void {
    this.#bar.begin(input, this.#firstPart);
  }

  /** Shows how far a file is. */
  progress(input: string, parts: PartsDone): void {
    this.#bar.advance(input, parts);
  }

  /**
   * Writes a result.
   *
   * @param input - the file that it is of
   * @param result - for a person or a program, with its line ends
   * @param notes - what was changed or left out; written to standard error if a program reads the result
   */
  done(input: string, result: string, notes: readonly string[]): void {
    this.#done++;
    this.#write(input, result, notes);
  }

  /** Writes the result of a file in which nothing was found. */
  leftAlone(input: string, result: string, notes: readonly string[]): void {
    this.#leftAlone++;
    this.#write(input, result, notes);
  }

  #write(input: string, result: string, notes: readonly string[]): void {
    this.#bar.clear();
    this.#context.write(result);
    if (this.#json)
      for (const text of notes) {
        this.#context.writeError(`note: ${printableLine(`${input}: ${text}`)}\n`);
      }
    this.#bar.finish(input);
  }

  /** Tells that a file's output exists. */
  skipped(input: string, output: string): void {
    this.#skipped++;
    if (this.#json) {
      this.#bar.clear();
      this.#context.write(toLine({ input, output, skipped: true }));
    }
    this.#bar.finish(input);
  }

  /** Tells that a file failed; people are told at the end. */
  failed(input: string, error: unknown): void {
    const report = reportError(error);
    this.#failures.push({ input, error: report });
    if (this.#json) {
      this.#bar.clear();
      this.#context.write(toLine({ input, error: report }));
    }
    this.#bar.finish(input);
  }

  /** Tells that a file failed by what ends the whole run; people are told by the program. */
  ended(input: string, error: unknown): void {
    if (!this.#json) return;
    this.#bar.clear();
    this.#context.write(toLine({ input, error: reportError(error) }));
  }

  /** Writes a line about the run as a whole; the same one only once. */
  note(text: string): void {
    if (this.#notes.has(text)) return;
    this.#notes.add(text);
    this.#bar.clear();
    this.#context.writeError(`note: ${text}\n`);
  }

  /** Writes the count, unless there was only one file, and the failures. */
  end(): void {
    this.#bar.clear();
    const parts = [`${this.#done} ${this.#verb}`];
    if (this.#leftAlone > 0) parts.push(`${this.#leftAlone} left as they were (nothing found)`);
    if (this.#skipped > 0) {
      parts.push(`${this.#skipped} skipped, whose results are there (--force makes them again)`);
    }
    if (this.#failures.length > 0) parts.push(`${this.#failures.length} failed`);
    if (this.#total !== 1 || this.#skipped > 0) this.#context.writeError(`${parts.join(", ")}\n`);
    for (const { input, error } of this.#failures) this.#context.writeError(formatError(error, input));
  }
}

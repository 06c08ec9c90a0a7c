import { LimpidError } from "../base/index.js";
import { orderDependencies } from "./dependency-order.js";
import type { Extensions } from "./extensions.js";

/** Where a search for the extension at fault stands. */
export interface BisectState {
  /** Whether an answer is waited for. */
  readonly isRunning: boolean;
  /** The extensions of which one is at fault, as far as is known; one left is the suspect. */
  readonly candidates: readonly string[];
  /** Answers that it takes at most until one is left. */
  readonly answersLeft: number;
  /** The extension at fault, once it is found. */
  readonly suspect: string | undefined;
}

const idle: BisectState = { isRunning: false, candidates: [], answersLeft: 0, suspect: undefined };

/**
 * Finds the extension that causes a fault by halves: some extensions are switched off, somebody tries whether the fault is
 * still there, and half of the candidates are cleared. Of n extensions one is left after at most ceil(log2 n) answers.
 * Extensions are never without those that they need. When it ends, or is reset, those are enabled that were before;
 * a new start of the application enables them too.
 *
 * @example
 * ```ts
 * const bisect = limpid.diagnostics.bisect;
 * let state = await bisect.start();
 * while (state.isRunning) state = (await isStillBroken()) ? await bisect.bad() : await bisect.good();
 * console.log(state.suspect);
 * ```
 */
export class ExtensionBisect {
  readonly #extensions: Extensions;
  /** The extensions that were enabled, each after those that it needs: every beginning of the list can run. */
  #order: readonly string[] = [];
  /** The candidates: from `first` to before `end` in the order. */
  #first = 0;
  #end = 0;
  #state = idle;

  /**
   * @param extensions - what to search
   */
  constructor(extensions: Extensions) {
    this.#extensions = extensions;
  }

  /** Where the search stands. */
  get state(): BisectState {
    return this.#state;
  }

  /**
   * Begins a search among the enabled extensions: about half of them are switched off.
   *
   * @returns where it stands; with a single extension that is the suspect at once
   * @throws {@link LimpidError} `InvalidArgument` if a search is under way, or no extension is enabled
   */
  async start(): Promise<BisectState> {
    if (this.#state.isRunning)
      throw new LimpidError("InvalidArgument", "a bisect is under way: answer or reset it");
    const enabled = this.#extensions.list().filter(({ id }) => this.#extensions.isEnabled(id));
    if (enabled.length === 0)
      throw new LimpidError("InvalidArgument", "no extension is enabled, so none is at fault");
    const graph = new Map(enabled.map(({ id, manifest }) => [id, manifest.extensionDependencies]));
    this.#order = [...new Set(enabled.flatMap(({ id }) => orderDependencies(id, graph)))];
    [this.#first, this.#end] = [0, this.#order.length];
    return this.#advance();
  }

  /**
   * Answers that the fault is gone: it comes from what is switched off.
   *
   * @returns where the search stands
   * @throws {@link LimpidError} `InvalidArgument` if none is under way
   */
  async good(): Promise<BisectState> {
    this.#requireRunning();
    this.#first = this.#middle;
    return this.#advance();
  }

  /**
   * Answers that the fault is still there: it comes from what was not cleared and is enabled.
   *
   * @returns where the search stands
   * @throws {@link LimpidError} `InvalidArgument` if none is under way
   */
  async bad(): Promise<BisectState> {
    this.#requireRunning();
    this.#end = this.#middle;
    return this.#advance();
  }

  /** Gives the search up, or forgets its result, and enables what was enabled before it. */
  async reset(): Promise<void> {
    const { isRunning } = this.#state;
    this.#state = idle;
    if (isRunning) await this.#restore();
  }

  get #middle(): number {
    return Math.ceil((this.#first + this.#end) / 2);
  }

  async #advance(): Promise<BisectState> {
    const candidates = this.#order.slice(this.#first, this.#end);
    const answersLeft = Math.ceil(Math.log2(candidates.length));
    const isRunning = candidates.length > 1;
    this.#state = { isRunning, candidates, answersLeft, suspect: isRunning ? undefined : candidates[0] };
    if (isRunning) await this.#extensions.enableOnly(this.#order.slice(0, this.#middle));
    else await this.#restore();
    return this.#state;
  }

  /** What was uninstalled meanwhile stays so. */
  async #restore(): Promise<void> {
    const installed = new Set(this.#extensions.list().map(({ id }) => id));
    await this.#extensions.enableOnly(this.#order.filter((id) => installed.has(id)));
  }

  #requireRunning(): void {
    if (!this.#state.isRunning) throw new LimpidError("InvalidArgument", "no bisect is under way: start one");
  }
}

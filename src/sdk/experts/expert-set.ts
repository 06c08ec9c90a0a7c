import type { BackboneConfig } from "../backbone/index.js";
import { EventEmitter, LimpidError, toDisposable, type Disposable, type Event } from "../base/index.js";
import type { Expert } from "./expert.js";
import { requireRouterRow, type RouterRow } from "./router-row.js";

/** The base that a set's experts must have been made for. */
export interface ExpertSetBase {
  /** SHA-256 of the base's tensors, in hexadecimal. */
  readonly sha256: string;
  readonly config: BackboneConfig;
}

/** How an expert takes part in a set. */
export interface ExpertOptions {
  /** The weight at which it acts unless a run says otherwise, 0 to 2; 1, as it was trained, if left out. */
  readonly strength?: number;
  /** Lets the router see a degradation that it was not trained on. */
  readonly routerRow?: RouterRow;
  /** Id of the extension that brings it; nobody, if left out. */
  readonly owner?: string;
}

/** An expert in an {@link ExpertSet}. Immutable: a change of the set makes another. */
export interface InstalledExpert {
  /** Its id, such as `limpid.derain`. */
  readonly id: string;
  /** The degradations that it repairs. */
  readonly degradations: readonly string[];
  /** The weight at which it acts unless a run says otherwise; 1 is as it was trained. */
  readonly strength: number;
  /** Lets the router see a degradation that it was not trained on. */
  readonly routerRow: RouterRow | undefined;
  /** Id of the extension that brought it; undefined if it came with the model, or from the application. */
  readonly owner: string | undefined;
  /** Its factors, in host memory. */
  readonly expert: Expert;
}

/** An expert to be installed, and how. */
export interface ExpertEntry extends ExpertOptions {
  readonly expert: Expert;
}

/** What changed in a set; an id that is in both lists was replaced. */
export interface ExpertChange {
  /** Ids of the experts that are new. */
  readonly added: readonly string[];
  /** Ids of the experts that are gone. */
  readonly removed: readonly string[];
}

/** What {@link ExpertSet.update} does in one step. */
export interface ExpertUpdate {
  /** Ids to take out. */
  readonly remove?: Iterable<string>;
  /** Experts to put in; one may take the place of an id that is taken out. */
  readonly add?: Iterable<ExpertEntry>;
}

/**
 * The experts that are installed for one base. A run takes the list as it is when the run is asked for, so that a change
 * disturbs no run that is under way or waits. Made with its instance of Limpid, which disposes it.
 *
 * @example
 * ```ts
 * const installed = limpid.experts.add(Expert.fromTensorFile(parseSafetensors(bytes), config));
 * for (const { id, degradations } of limpid.experts.list()) console.log(id, degradations);
 * installed.dispose(); // it is removed
 * ```
 */
export class ExpertSet implements Disposable {
  readonly [Symbol.dispose] = (): void => this.dispose();
  /** Fired after experts were added, removed or replaced: once for a step that changes several. */
  readonly onDidChange: Event<ExpertChange>;
  readonly #changed = new EventEmitter<ExpertChange>();
  readonly #base: ExpertSetBase;
  readonly #pins = new Map<string, Set<object>>();
  #installed: readonly InstalledExpert[] = Object.freeze([]);
  #disposed = false;

  /**
   * @param base - what every expert must fit
   */
  constructor(base: ExpertSetBase) {
    this.#base = base;
    this.onDidChange = this.#changed.event;
  }

  /** How many experts are installed. */
  get size(): number {
    return this.#installed.length;
  }

  /**
   * The installed experts, in the order of their installation. Of two for the same degradation the router takes the
   * first.
   *
   * @returns a frozen list; a change of the set makes another, and disturbs no loop over this one
   */
  list(): readonly InstalledExpert[] {
    return this.#installed;
  }

  /**
   * One expert.
   *
   * @param id - such as `limpid.derain`
   * @returns undefined if it is not installed
   */
  get(id: string): InstalledExpert | undefined {
    return this.#installed.find((candidate) => candidate.id === id);
  }

  /**
   * Whether an expert is installed.
   *
   * @param id - such as `limpid.derain`
   */
  has(id: string): boolean {
    return this.get(id) !== undefined;
  }

  /**
   * Installs an expert.
   *
   * @param expert - made for this base
   * @param options - strength, router row, owner
   * @returns removes this very expert, unless it was removed or replaced before
   * @throws {@link LimpidError} `ExpertMismatch` if it or its router row does not fit the base, `InvalidArgument` if its id is
   * taken or its strength out of range, `Disposed`
   */
  add(expert: Expert, options: ExpertOptions = {}): Disposable {
    this.update({ add: [{ ...options, expert }] });
    return toDisposable(() => {
      if (this.get(expert.id)?.expert === expert) this.remove(expert.id);
    });
  }

  /**
   * Takes an expert out. Runs that use it end undisturbed; its device memory is freed when the last one has.
   *
   * @param id - such as `limpid.derain`
   * @throws {@link LimpidError} `UnknownExpert` if it is not installed, `Disposed`
   */
  remove(id: string): void {
    this.update({ remove: [id] });
  }

  /**
   * Puts an expert in the place of the one with its id.
   *
   * @param expert - made for this base
   * @param options - strength, router row, owner: nothing is taken over from the one before but pins
   * @throws {@link LimpidError} `UnknownExpert` if there is none with its id, else as {@link ExpertSet.add}
   */
  replace(expert: Expert, options: ExpertOptions = {}): void {
    this.update({ remove: [expert.id], add: [{ ...options, expert }] });
  }

  /**
   * Takes experts out and puts others in, in one step: nobody sees the set in between, and if one does not fit nothing is
   * changed.
   *
   * @param update - what to take out and what to put in
   * @throws {@link LimpidError} `UnknownExpert`, `ExpertMismatch`, `InvalidArgument`, `Disposed`
   */
  update(update: ExpertUpdate): void {
    const { installed, added, removed } = this.#plan(update);
    if (removed.length === 0 && added.length === 0) return;
    this.#installed = installed;
    for (const id of removed) if (!this.has(id)) this.#pins.delete(id);
    this.#changed.fire({ added, removed });
  }

  /**
   * Throws what {@link ExpertSet.update} would throw, and changes nothing.
   *
   * @param update - what would be taken out and put in
   * @throws {@link LimpidError} as {@link ExpertSet.update} does
   */
  check(update: ExpertUpdate): void {
    this.#plan(update);
  }

  /**
   * Keeps an expert's factors on the device once they are there, however much memory others need: for one that must act
   * without a new upload.
   *
   * @param id - such as `limpid.derain`
   * @returns ends the pin. It ends too when the expert is removed, not when it is replaced
   * @throws {@link LimpidError} `UnknownExpert` if it is not installed
   */
  pin(id: string): Disposable {
    this.#require(id);
    const pins = this.#pins.get(id) ?? new Set();
    const pin = {};
    this.#pins.set(id, pins.add(pin));
    return toDisposable(() => {
      pins.delete(pin);
      if (pins.size === 0 && this.#pins.get(id) === pins) this.#pins.delete(id);
    });
  }

  /**
   * Whether an expert is pinned.
   *
   * @param id - such as `limpid.derain`
   */
  isPinned(id: string): boolean {
    return this.#pins.has(id);
  }

  /** Forgets experts and listeners. Runs that use an expert are not disturbed. */
  dispose(): void {
    this.#disposed = true;
    this.#installed = Object.freeze([]);
    this.#pins.clear();
    this.#changed.dispose();
  }

  /** The set after a step, if everything fits. */
  #plan(update: ExpertUpdate): ExpertChange & { readonly installed: readonly InstalledExpert[] } {
    if (this.#disposed) throw new LimpidError("Disposed", "a set of experts was used after disposal");
    const removed = new Set(update.remove ?? []);
    for (const id of removed) this.#require(id);
    const added = [...(update.add ?? [])].map((entry) => this.#fit(entry));
    return {
      installed: Object.freeze(this.#arrange(removed, added)),
      added: added.map(({ id }) => id),
      removed: [...removed],
    };
  }

  /** The order after a step: an expert that replaces another takes its place in the order. */
  #arrange(removed: ReadonlySet<string>, added: readonly InstalledExpert[]): InstalledExpert[] {
    const fresh = new Map<string, InstalledExpert>();
    for (const entry of added) {
      if (fresh.has(entry.id) || (this.has(entry.id) && !removed.has(entry.id))) {
        throw new LimpidError("InvalidArgument", `an expert ${entry.id} is installed already`, {
          details: { id: entry.id, owner: this.get(entry.id)?.owner },
        });
      }
      fresh.set(entry.id, entry);
    }
    const kept = this.#installed.flatMap((entry) => {
      if (!removed.has(entry.id)) return [entry];
      const replacement = fresh.get(entry.id);
      fresh.delete(entry.id);
      return replacement === undefined ? [] : [replacement];
    });
    return [...kept, ...fresh.values()];
  }

  #fit({ expert, strength = 1, routerRow, owner }: ExpertEntry): InstalledExpert {
    const { id, degradations } = expert;
    expert.requireBase(this.#base.sha256);
    expert.requireTargets(this.#base.config);
    if (!(strength >= 0 && strength <= 2)) {
      throw new LimpidError("InvalidArgument", `the strength of ${id} is ${strength}, expected 0 to 2`);
    }
    if (routerRow !== undefined) requireRouterRow(routerRow, this.#base.config.embeddingSize);
    const ownRow = routerRow && Object.freeze(structuredClone(routerRow));
    return Object.freeze({ id, degradations, strength, routerRow: ownRow, owner, expert });
  }

  #require(id: string): void {
    if (this.has(id)) return;
    const known = this.#installed.map((entry) => entry.id);
    throw new LimpidError("UnknownExpert", `no expert ${id}; there are ${known.join(", ") || "none"}`, {
      details: { id, known },
    });
  }
}

import type { Disposable } from "../base/index.js";
import type { Expert } from "./expert.js";

/** How much {@link ResidentExperts} may hold. */
export interface FactorStoreOptions {
  /** Device memory that experts may take between two merges, in bytes; no limit if left out. */
  readonly byteBudget?: number;
  /** Experts that stay whatever the budget. */
  readonly isPinned?: (expert: Expert) => boolean;
}

/**
 * What was made of experts to merge them, kept so that an expert which comes back into the mixture is not made again. Over
 * the budget those are let go of that were used least recently.
 */
export abstract class ResidentExperts<Held> implements Disposable {
  readonly [Symbol.dispose] = (): void => this.dispose();
  /** The least recently used first. */
  readonly #experts = new Map<Expert, Held>();
  readonly #options: FactorStoreOptions;

  constructor(options: FactorStoreOptions = {}) {
    this.#options = options;
  }

  /** The experts that are held, the least recently used first. */
  get residents(): readonly Expert[] {
    return [...this.#experts.keys()];
  }

  /** Bytes that all that is held takes. */
  get byteSize(): number {
    return this.#heldBytes;
  }

  /** Frees what is held of one expert; nothing happens if it is not held. */
  evict(expert: Expert): void {
    const held = this.#experts.get(expert);
    if (held !== undefined) this.free(held);
    this.#experts.delete(expert);
  }

  /**
   * Frees the experts that are not needed, and of the others the least recently used until the budget is kept. Pinned
   * ones stay, unless they are not needed.
   *
   * @param isNeeded - whether an expert may be wanted again; all are if left out
   */
  trim(isNeeded: (expert: Expert) => boolean = () => true): void {
    const { byteBudget = Infinity, isPinned = () => false } = this.#options;
    for (const expert of this.residents) if (!isNeeded(expert)) this.evict(expert);
    for (const expert of this.residents) {
      if (this.#heldBytes <= byteBudget) return;
      if (!isPinned(expert)) this.evict(expert);
    }
  }

  /** Frees all that is held. */
  dispose(): void {
    for (const expert of this.residents) this.evict(expert);
  }

  /** What is held of an expert, made if it is not held yet. It stays at least until the next {@link ResidentExperts.trim}. */
  protected hold(expert: Expert): Held {
    const held = this.#experts.get(expert) ?? this.make(expert);
    this.#experts.delete(expert);
    this.#experts.set(expert, held);
    return held;
  }

  /** Makes what is held of an expert. */
  protected abstract make(expert: Expert): Held;

  /** Bytes that it takes. */
  protected abstract sizeOf(held: Held): number;

  /** Frees it. */
  protected abstract free(held: Held): void;

  get #heldBytes(): number {
    let size = 0;
    for (const held of this.#experts.values()) size += this.sizeOf(held);
    return size;
  }
}

import * as tf from "@tensorflow/tfjs-core";
import type { Disposable } from "../base/index.js";
import type { HostTensor } from "../weights/index.js";
import type { Expert, ExpertFactors } from "./expert.js";

/** The factors of one target on the device. */
export interface DeviceFactors {
  /** A, [rank * k, in * k]. */
  readonly a: tf.Tensor2D;
  /** B, [out / groups * k, rank * k]. */
  readonly b: tf.Tensor2D;
}

/** How much a {@link FactorStore} may hold. */
export interface FactorStoreOptions {
  /** Device memory that experts may take between two merges, in bytes; no limit if left out. */
  readonly byteBudget?: number;
  /** Experts that stay whatever the budget. */
  readonly isPinned?: (expert: Expert) => boolean;
}

/**
 * Experts' factors on the current tfjs backend, in float32, so that an expert which comes back into the mixture is not
 * uploaded again. Over its budget it lets go of those that were used least recently. It owns the tensors.
 */
export class FactorStore implements Disposable {
  /** The least recently used first. */
  readonly #experts = new Map<Expert, Map<string, DeviceFactors>>();
  readonly #byteBudget: number;
  readonly #isPinned: (expert: Expert) => boolean;

  /**
   * @param options - budget and pins
   */
  constructor(options: FactorStoreOptions = {}) {
    this.#byteBudget = options.byteBudget ?? Infinity;
    this.#isPinned = options.isPinned ?? (() => false);
  }

  /**
   * The factors of one target, uploaded if they are not there yet. They stay at least until {@link FactorStore.trim}.
   *
   * @param expert - the expert
   * @param factors - one of its factors
   * @returns tensors that belong to the store
   */
  get(expert: Expert, factors: ExpertFactors): DeviceFactors {
    const targets = this.#experts.get(expert) ?? new Map<string, DeviceFactors>();
    this.#experts.delete(expert);
    this.#experts.set(expert, targets);
    const { path } = factors.target;
    let uploaded = targets.get(path);
    if (uploaded === undefined) {
      uploaded = { a: tf.keep(upload(factors.a)), b: tf.keep(upload(factors.b)) };
      targets.set(path, uploaded);
    }
    return uploaded;
  }

  /** The experts that are on the device, the least recently used first. */
  get residents(): readonly Expert[] {
    return [...this.#experts.keys()];
  }

  /** Frees the device memory of one expert; nothing happens if it has none. */
  evict(expert: Expert): void {
    for (const { a, b } of this.#experts.get(expert)?.values() ?? []) tf.dispose([a, b]);
    this.#experts.delete(expert);
  }

  /**
   * Frees the experts that are not needed, and of the others the least recently used until the budget is kept. Pinned
   * ones stay, unless they are not needed.
   *
   * @param isNeeded - whether an expert may be wanted again; all are if left out
   */
  trim(isNeeded: (expert: Expert) => boolean = () => true): void {
    for (const expert of this.residents) if (!isNeeded(expert)) this.evict(expert);
    let size = this.byteSize;
    for (const expert of this.residents) {
      if (size <= this.#byteBudget) return;
      if (this.#isPinned(expert)) continue;
      size -= this.#sizeOf(expert);
      this.evict(expert);
    }
  }

  /** Bytes of device memory that the factors take. */
  get byteSize(): number {
    let size = 0;
    for (const expert of this.#experts.keys()) size += this.#sizeOf(expert);
    return size;
  }

  /** Frees the device memory of all experts. */
  dispose(): void {
    for (const expert of this.residents) this.evict(expert);
  }

  #sizeOf(expert: Expert): number {
    let size = 0;
    for (const { a, b } of this.#experts.get(expert)?.values() ?? []) size += a.size + b.size;
    return size * Float32Array.BYTES_PER_ELEMENT;
  }
}

function upload(tensor: HostTensor): tf.Tensor2D {
  const [rows = 0, columns = 0] = tensor.shape;
  return tf.tensor2d(tensor.toFloat32().slice(), [rows, columns], "float32");
}

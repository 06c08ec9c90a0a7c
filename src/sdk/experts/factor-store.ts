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

/**
 * Experts' factors on the current tfjs backend, in float32, so that an expert which comes back into the mixture is not
 * uploaded again. It owns the tensors.
 */
export class FactorStore implements Disposable {
  readonly #experts = new Map<Expert, Map<string, DeviceFactors>>();

  /**
   * The factors of one target, uploaded if they are not there yet.
   *
   * @param expert - the expert
   * @param factors - one of its factors
   * @returns tensors that belong to the store
   */
  get(expert: Expert, factors: ExpertFactors): DeviceFactors {
    let targets = this.#experts.get(expert);
    if (targets === undefined) {
      targets = new Map();
      this.#experts.set(expert, targets);
    }
    const { path } = factors.target;
    let uploaded = targets.get(path);
    if (uploaded === undefined) {
      uploaded = { a: tf.keep(upload(factors.a)), b: tf.keep(upload(factors.b)) };
      targets.set(path, uploaded);
    }
    return uploaded;
  }

  /** Frees the device memory of one expert; nothing happens if it has none. */
  evict(expert: Expert): void {
    for (const { a, b } of this.#experts.get(expert)?.values() ?? []) tf.dispose([a, b]);
    this.#experts.delete(expert);
  }

  /** Bytes of device memory that the factors take. */
  get byteSize(): number {
    let size = 0;
    for (const targets of this.#experts.values()) {
      for (const { a, b } of targets.values()) size += (a.size + b.size) * Float32Array.BYTES_PER_ELEMENT;
    }
    return size;
  }

  /** Frees the device memory of all experts. */
  dispose(): void {
    for (const expert of [...this.#experts.keys()]) this.evict(expert);
  }
}

function upload(tensor: HostTensor): tf.Tensor2D {
  const [rows = 0, columns = 0] = tensor.shape;
  return tf.tensor2d(tensor.toFloat32().slice(), [rows, columns], "float32");
}

import * as tf from "@tensorflow/tfjs-core";
import type { HostTensor } from "../weights/index.js";
import type { Expert, ExpertFactors } from "./expert.js";
import { ResidentExperts } from "./resident-experts.js";

/** The factors of one target on the device. */
export interface DeviceFactors {
  /** A, [rank * k, in * k]. */
  readonly a: tf.Tensor2D;
  /** B, [out / groups * k, rank * k]. */
  readonly b: tf.Tensor2D;
}

/** Experts' factors on the current tfjs backend, in float32. It owns the tensors. */
export class FactorStore extends ResidentExperts<Map<string, DeviceFactors>> {
  /**
   * The factors of one target, uploaded if they are not there yet.
   *
   * @param expert - the expert
   * @param factors - one of its factors
   * @returns tensors that belong to the store
   */
  get(expert: Expert, factors: ExpertFactors): DeviceFactors {
    const targets = this.hold(expert);
    const { path } = factors.target;
    let uploaded = targets.get(path);
    if (uploaded === undefined) {
      uploaded = { a: tf.keep(upload(factors.a)), b: tf.keep(upload(factors.b)) };
      targets.set(path, uploaded);
    }
    return uploaded;
  }

  /** None yet: they are uploaded one by one. */
  protected make(): Map<string, DeviceFactors> {
    return new Map();
  }

  /** Bytes of device memory. */
  protected sizeOf(targets: Map<string, DeviceFactors>): number {
    let size = 0;
    for (const { a, b } of targets.values()) size += a.size + b.size;
    return size * Float32Array.BYTES_PER_ELEMENT;
  }

  /** Disposes the tensors. */
  protected free(targets: Map<string, DeviceFactors>): void {
    for (const { a, b } of targets.values()) tf.dispose([a, b]);
  }
}

function upload(tensor: HostTensor): tf.Tensor2D {
  const [rows = 0, columns = 0] = tensor.shape;
  return tf.tensor2d(tensor.toFloat32().slice(), [rows, columns], "float32");
}

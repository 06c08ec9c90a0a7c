import * as tf from "@tensorflow/tfjs-core";
import { LimpidError, type Disposable } from "../base/index.js";
import { tensorBytesSha256, type TensorFile } from "../weights/index.js";
import type { BackboneConfig } from "./config.js";
import { deviceShape, toDeviceLayout } from "./device-layout.js";
import { matchTensors } from "./match-tensors.js";
import { listBackboneParameters } from "./parameters.js";
import { countTensorBytes } from "./tensor-container.js";

/** Where the forward pass finds its weights: the base's own, or the base with experts merged into it. */
export interface WeightLookup {
  /** The network that the weights are for. */
  readonly config: BackboneConfig;
  /**
   * One parameter on the device, in float32 and the layout of {@link ParameterKind}. It belongs to the lookup: do not
   * dispose it.
   *
   * @param name - its name in published checkpoints
   * @throws {@link LimpidError} `InvalidArgument` if the network has no such parameter, `Disposed` after disposal
   */
  get(name: string): tf.Tensor;
}

/** The base's weights on the current tfjs backend. They never change; the caller who made them disposes them. */
export class BackboneWeights implements WeightLookup, Disposable {
  readonly [Symbol.dispose] = (): void => this.dispose();
  readonly config: BackboneConfig;
  /** SHA-256 of the tensors as they stood in the file, in hexadecimal: the identity that experts refer to. */
  readonly sha256: string;
  /** Empty after disposal. */
  readonly #tensors: Map<string, tf.Tensor>;

  private constructor(config: BackboneConfig, sha256: string, tensors: Map<string, tf.Tensor>) {
    this.config = config;
    this.sha256 = sha256;
    this.#tensors = tensors;
  }

  /**
   * Uploads a base, converted to float32 and the device's layout.
   *
   * @param file - exactly the tensors of {@link listBackboneParameters}, in PyTorch's layout
   * @param config - the network
   * @param sha256 - identity of the tensors, if it is known already; else it is computed from `file`
   * @throws {@link LimpidError} `WeightsCorrupt` if names are missing, unknown or misshapen; `details` has every one of
   * them as `missing`, `unknown` and `misshapen`
   */
  static fromTensorFile(
    file: TensorFile,
    config: BackboneConfig,
    sha256: string = tensorBytesSha256(file),
  ): BackboneWeights {
    const parameters = listBackboneParameters(config);
    const found = matchTensors(file, parameters, "the backbone");
    const tensors = new Map<string, tf.Tensor>();
    for (const parameter of parameters) {
      const values = found(parameter.name).toFloat32();
      const tensor = tf.tensor(toDeviceLayout(parameter, values), deviceShape(parameter), "float32");
      tensors.set(parameter.name, tf.keep(tensor));
    }
    return new BackboneWeights(config, sha256, tensors);
  }

  /** One parameter; see {@link WeightLookup.get}. */
  get(name: string): tf.Tensor {
    if (this.#tensors.size === 0)
      throw new LimpidError("Disposed", `weight ${name} was asked for after disposal`);
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) throw new LimpidError("InvalidArgument", `the backbone has no weight ${name}`);
    return tensor;
  }

  /** Bytes of device memory that the weights take. */
  get byteSize(): number {
    return countTensorBytes([...this.#tensors.values()]);
  }

  /** Frees the device memory. */
  dispose(): void {
    tf.dispose([...this.#tensors.values()]);
    this.#tensors.clear();
  }
}

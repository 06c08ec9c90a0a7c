import * as tf from "@tensorflow/tfjs-core";
import {
  BackboneWeights,
  computeModulation,
  prepareBackbone,
  type BackboneConfig,
  type Modulation,
  type PreparedBackbone,
} from "../backbone/index.js";
import { LimpidError } from "../base/index.js";
import {
  FactorStore,
  mergeExperts,
  type Expert,
  type FactorStoreOptions,
  type MixtureEntry,
} from "../experts/index.js";
import type { TensorFile } from "../weights/index.js";
import type { Executor } from "./executor.js";
import type { TfjsBackend } from "./tfjs-backend.js";
import { TfjsRun } from "./tfjs-run.js";

/**
 * The reference executor: the backbone in tfjs ops, on any backend. Between layers it lets the event loop breathe and
 * looks at the signal, so that a page stays alive on a backend that computes on its thread.
 */
export class TfjsExecutor implements Executor {
  readonly [Symbol.dispose] = (): void => this.dispose();
  /** tfjs's own ops. */
  readonly kind = "tfjs";
  readonly #backend: TfjsBackend;
  readonly #weights: BackboneWeights;
  readonly #factors: FactorStore;
  /** The base alone, folded; made when a run first wants no experts. */
  #plain: PreparedBackbone | undefined;
  #disposed = false;

  /**
   * @param backend - where to compute; it stays the caller's and must outlive the executor
   * @param file - the base's tensors
   * @param config - the base's network
   * @param resident - how many experts stay on the device between runs
   * @throws {@link LimpidError} `WeightsCorrupt` if the tensors do not fit the network
   */
  constructor(
    backend: TfjsBackend,
    file: TensorFile,
    config: BackboneConfig,
    resident: FactorStoreOptions = {},
  ) {
    this.#backend = backend;
    this.#factors = new FactorStore(resident);
    this.#weights = backend.run(() => BackboneWeights.fromTensorFile(file, config));
  }

  get backend(): TfjsBackend["name"] {
    return this.#backend.name;
  }

  get byteSize(): number {
    return this.#weights.byteSize + (this.#plain?.byteSize ?? 0) + this.#factors.byteSize;
  }

  begin(mixture: readonly MixtureEntry[], embedding: Float32Array): TfjsRun {
    if (this.#disposed) throw new LimpidError("Disposed", "an executor was used after disposal");
    return this.#backend.run(() => {
      const active = mixture.filter(({ weight }) => weight !== 0);
      if (active.length === 0) {
        this.#plain ??= prepareBackbone(this.#weights);
        return new TfjsRun(this.#backend, this.#plain, modulationOf(this.#plain, embedding));
      }
      const merged = mergeExperts(this.#weights, active, { store: this.#factors });
      try {
        const backbone = prepareBackbone(merged);
        return new TfjsRun(this.#backend, backbone, modulationOf(backbone, embedding), {
          ownsBackbone: true,
        });
      } finally {
        merged.dispose();
        this.#factors.trim();
      }
    });
  }

  releaseExperts(isNeeded: (expert: Expert) => boolean): void {
    if (!this.#disposed) this.#factors.trim(isNeeded);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#plain?.dispose();
    this.#factors.dispose();
    this.#weights.dispose();
  }
}

function modulationOf(backbone: PreparedBackbone, embedding: Float32Array): Modulation {
  const code = tf.tensor2d(embedding, [1, embedding.length]);
  try {
    return computeModulation(backbone, code);
  } finally {
    code.dispose();
  }
}

import { listStages, type BackboneConfig } from "../backbone/index.js";
import { denseLayer, geluOf } from "./dense-layer.js";

/** Reads a parameter's values, in PyTorch's layout, by its name. */
export type ReadParameter = (name: string) => Float32Array;

/**
 * Computes what an embedding does to every stage, on the host: some ten thousand products, which no GPU would do faster
 * than they take to get there. Experts of the networks that the kernels run change none of them.
 *
 * @param embedding - the router's degradation embedding, [embeddingSize]
 * @param targetOf - where a stage's modulation goes, by the stage's path: its scales, and behind them its offsets
 */
export function modulateOnHost(
  config: BackboneConfig,
  read: ReadParameter,
  embedding: Float32Array,
  targetOf: (path: string) => Float32Array,
): void {
  const convolve = (path: string, input: ArrayLike<number>): Float64Array =>
    denseLayer(read(`${path}.conv.weight`), read(`${path}.conv.bias`), input);
  const shared = convolve("intro_de.2", convolve("intro_de.0", embedding).map(geluOf)).map(geluOf);
  for (const { path, channels, modulated } of listStages(config)) {
    if (!modulated) continue;
    const hidden = convolve(`${path}.conv1`, shared).map(geluOf);
    const bottleneck = convolve(`${path}.conv3`, convolve(`${path}.conv2`, hidden)).map((x) =>
      Math.max(x, 0),
    );
    const gate = convolve(`${path}.conv4`, bottleneck).map((x) => 1 / (1 + Math.exp(-x)));
    const shift = config.modulator.shift ? convolve(`${path}.shift`, hidden) : undefined;
    const [beta, weight, bias] = [
      read(`${path}.beta`),
      read(`${path}.norm.weight`),
      read(`${path}.norm.bias`),
    ];
    const target = targetOf(path);
    for (let channel = 0; channel < channels; channel++) {
      const strength = beta[channel]! * gate[channel]!;
      target[channel] = strength * weight[channel]!;
      target[channels + channel] = strength * bias[channel]! + (shift?.[channel] ?? 0);
    }
  }
}

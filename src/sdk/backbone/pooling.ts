import * as tf from "@tensorflow/tfjs-core";
import { LimpidError } from "../base/index.js";

/**
 * How simplified channel attention (SCA) pools the features of a block.
 *
 * @param features - [n, h, w, C]; not to be disposed
 * @param layer - module path of the attention, such as `encoders.0.blocks.0.sca`
 * @param level - how many times the resolution was halved; 0 is full resolution
 * @returns the mean that each pixel is to see: [n or 1, 1, 1, C] if all see the same, else [n, h, w, C]
 */
export type AttentionPooling = (features: tf.Tensor4D, layer: string, level: number) => tf.Tensor4D;

/** Pools over the whole feature map, as NAFNet does. What a tile then sees differs from what the image would give. */
export const globalPooling: AttentionPooling = (features) => {
  const [, h, w] = features.shape;
  // The mean's own gradient kernel would visit every pair of pixels.
  const operation = tf.customGrad((x) => ({
    value: averageOverWindow(x as tf.Tensor4D, h, w),
    // tf.broadcastTo would do the same, five times slower on wasm.
    gradFunc: (dy: tf.Tensor4D) => tf.add(tf.zeros<tf.Rank.R4>(features.shape), tf.div(dy, h * w)),
  }));
  return operation(features);
};

/**
 * Pools over a fixed window around each pixel: the test-time local converter (TLC, arXiv 2112.04491), which gives a
 * large image the statistics that the network saw in training. Windows that would reach past the border are moved
 * inside, so that the outermost complete mean is repeated. Where the window covers the feature map, the mean is global.
 *
 * @param window - side of the window at full resolution in pixels, or [height, width]; 1.5 x the training crop as
 * published. At level l it is `floor(window / 2^l)`
 * @throws {@link LimpidError} `InvalidArgument` if a side is not a positive number
 */
export function localPooling(window: number | readonly [height: number, width: number]): AttentionPooling {
  const [windowHeight, windowWidth] = typeof window === "number" ? [window, window] : window;
  if (!(windowHeight > 0 && windowWidth > 0)) {
    throw new LimpidError("InvalidArgument", `a pooling window of ${windowHeight} x ${windowWidth} pixels`);
  }
  return (features, layer, level) => {
    const [, h, w] = features.shape;
    const rows = Math.min(h, Math.max(1, Math.floor(windowHeight / 2 ** level)));
    const columns = Math.min(w, Math.max(1, Math.floor(windowWidth / 2 ** level)));
    if (rows === h && columns === w) return globalPooling(features, layer, level);
    return tf.tidy(() => {
      const means = averageOverWindow(features, rows, columns); // [n, h - rows + 1, w - columns + 1, C]
      return replicateEdges(replicateEdges(means, 1, h), 2, w);
    });
  };
}

/**
 * Uses statistics that were recorded before, so that every tile of an image sees the image's own.
 *
 * @param statistics - by layer, each [1 or n, 1, 1, C]; as {@link recordingPooling} collects them. They stay the
 * caller's
 * @throws {@link LimpidError} `InvalidArgument`, when run, if a layer has no statistics
 */
export function recordedPooling(statistics: ReadonlyMap<string, tf.Tensor4D>): AttentionPooling {
  return (_features, layer) => {
    const recorded = statistics.get(layer);
    if (recorded === undefined) {
      throw new LimpidError("InvalidArgument", `no pooled statistics were recorded for ${layer}`, {
        details: { layer },
      });
    }
    return tf.clone(recorded);
  };
}

/**
 * Pools as another strategy does and keeps what it found. Kept tensors outlive any `tf.tidy`.
 *
 * @param statistics - receives the pooled statistics by layer, which the caller disposes; an earlier entry of the same
 * layer is disposed and replaced
 * @param pooling - how to pool
 *
 * @example
 * ```ts
 * const statistics = new Map<string, tf.Tensor4D>();
 * runBackbone(weights, smallImage, embedding, { pooling: recordingPooling(statistics) }).dispose();
 * const tile = runBackbone(weights, tilePixels, embedding, { pooling: recordedPooling(statistics) });
 * tf.dispose([...statistics.values()]);
 * ```
 */
export function recordingPooling(
  statistics: Map<string, tf.Tensor4D>,
  pooling: AttentionPooling = globalPooling,
): AttentionPooling {
  return (features, layer, level) => {
    const pooled = pooling(features, layer, level);
    statistics.get(layer)?.dispose();
    statistics.set(layer, tf.keep(tf.clone(pooled)));
    return pooled;
  };
}

/** The mean of every complete window, one axis after the other, which is both faster and more exact than at once. */
function averageOverWindow(x: tf.Tensor4D, rows: number, columns: number): tf.Tensor4D {
  return tf.tidy(() => {
    // A window of one pixel is an error on wasm.
    const means = rows === 1 ? tf.clone(x) : tf.avgPool(x, [rows, 1], 1, "valid");
    return columns === 1 ? means : tf.avgPool(means, [1, columns], 1, "valid");
  });
}

/** Repeats the first and last slice along an axis until it has `size` of them, the odd one at the end. */
function replicateEdges(x: tf.Tensor4D, axis: 1 | 2, size: number): tf.Tensor4D {
  const length = x.shape[axis];
  const missing = size - length;
  const before = Math.floor(missing / 2);
  const repeat = (index: number, count: number): tf.Tensor4D[] => {
    if (count === 0) return [];
    const begin: [number, number, number, number] = [0, 0, 0, 0];
    const shape: [number, number, number, number] = [...x.shape];
    begin[axis] = index;
    shape[axis] = 1;
    const edge = tf.slice(x, begin, shape);
    shape[axis] = count;
    return [tf.broadcastTo(edge, shape)];
  };
  return tf.tidy(() => tf.concat([...repeat(0, before), x, ...repeat(length - 1, missing - before)], axis));
}

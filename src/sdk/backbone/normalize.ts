import * as tf from "@tensorflow/tfjs-core";

/**
 * Layer normalisation over the last axis without its affine part: zero mean and unit variance of each vector of
 * channels, the variance being the biased one.
 *
 * @param x - [..., C]
 * @param epsilon - added to the variance
 * @returns the same shape
 */
export function normalizeChannels<T extends tf.Tensor>(x: T, epsilon: number): T {
  return tf.tidy(() => {
    // tf.moments is not used: it costs twice as many passes over the features.
    const centered = tf.sub(x, tf.mean(x, -1, true));
    const variance = tf.mean(tf.square(centered), -1, true);
    return tf.mul(centered, tf.rsqrt(tf.add(variance, epsilon)));
  });
}

// Loaded by page.browser.test.ts: leaves the sum of a range and one half in the global `result`.
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-webgpu";

await tf.setBackend("webgpu");
const sum = tf.add(tf.range(0, 2000), tf.scalar(0.5));
const result = { backend: tf.getBackend(), sum: [...(await sum.data())] };
Object.assign(globalThis, { result });

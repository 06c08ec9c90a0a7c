import * as tf from "@tensorflow/tfjs-core";
import { registerGradientKernels } from "../backbone/index.js";
import type { TfjsBackend } from "../engine/index.js";

/**
 * Sees to it that tfjs knows the gradients of its kernels, and the backend the kernels that they take. Its core leaves out
 * the former, pages the latter: they come with the whole of `@tensorflow/tfjs` and of the backend's package, loaded only
 * here, when something is trained. Does nothing if they are there.
 */
export async function loadGradients(backend: TfjsBackend): Promise<void> {
  await loadAllKernels(backend);
  registerGradientKernels();
  if (tf.getGradient("Conv2D") === undefined) await import("@tensorflow/tfjs");
}

async function loadAllKernels(backend: TfjsBackend): Promise<void> {
  const { name } = backend;
  const backendName = backend.run(() => tf.getBackend());
  // No network runs this one: whoever has it has them all.
  if (tf.getKernel(tf.Acosh, backendName) !== undefined) return;
  if (tf.getKernel(tf.Acosh, name) === undefined) {
    // A kernel that is registered twice makes tfjs warn.
    for (const { kernelName } of tf.getKernelsForBackend(name)) tf.unregisterKernel(kernelName, name);
    await wholePackages[name]();
  }
  for (const kernel of tf.getKernelsForBackend(name)) {
    if (tf.getKernel(kernel.kernelName, backendName) === undefined) {
      tf.registerKernel({ ...kernel, backendName });
    }
  }
  // Kernels get hold of their backend when it is made the current one.
  const before = tf.engine().backendName || undefined;
  await tf.setBackend(backendName);
  if (before !== undefined) await tf.setBackend(before);
}

const wholePackages: Readonly<Record<TfjsBackend["name"], () => Promise<unknown>>> = {
  cpu: () => import("@tensorflow/tfjs-backend-cpu"),
  wasm: () => import("@tensorflow/tfjs-backend-wasm"),
  webgpu: () => import("@tensorflow/tfjs-backend-webgpu"),
};

import * as tf from "@tensorflow/tfjs-core";
import { type BackendName, createLimpid, type Limpid, LimpidError } from "limpid";
import { installDawn, modelFromDirectory, nodeTileWorkers } from "limpid/node";

/** What the command line says of model and backend. */
export interface EngineSettings {
  /** The model's folder; undefined for the one that comes with the package. */
  readonly model: string | undefined;
  /** Where to compute. */
  readonly backend: "auto" | BackendName;
  /** How many tiles of an image are restored at once on WebAssembly, in as many threads; one, in this thread, if left out. */
  readonly tileWorkers?: number;
}

/**
 * Starts Limpid in Node.
 *
 * @param settings - model and backend; `"auto"` is WebGPU if the npm package `webgpu` is installed and finds a real GPU,
 * else WebAssembly
 * @param note - told in one line why a backend was passed over or replaced
 * @param signal - gives up when it fires
 * @returns the instance, for the caller to dispose
 * @throws {@link LimpidError} as `createLimpid` does
 */
export async function openLimpid(
  settings: EngineSettings,
  note: (text: string) => void,
  signal: AbortSignal,
): Promise<Limpid> {
  tf.enableProdMode(); // without tfjs's advice to install its native addon
  const { backend, passedOver } = await chooseBackend(settings.backend);
  const limpid = await createLimpid({
    model: modelFromDirectory(settings.model),
    backend,
    signal,
    tileWorkers: { factory: nodeTileWorkers(), count: settings.tileWorkers ?? 0 },
    onBackendChange: (change) => note(`runs on ${change.backend}: ${change.reason}`),
  });
  if (passedOver !== undefined) note(`runs on ${limpid.backend}: ${passedOver}`);
  return limpid;
}

/**
 * Gives Node a WebGPU if that may be wanted.
 *
 * @param backend - what the command line asks for
 * @returns what to start, and why WebGPU was passed over if it was
 */
export async function chooseBackend(
  backend: EngineSettings["backend"],
): Promise<{ backend: EngineSettings["backend"]; passedOver?: string }> {
  if (backend === "wasm" || backend === "cpu") return { backend };
  try {
    await installDawn();
    return { backend };
  } catch (error) {
    if (backend === "webgpu" || !LimpidError.is(error, "BackendUnavailable")) throw error;
    return { backend: "wasm", passedOver: error.message };
  }
}

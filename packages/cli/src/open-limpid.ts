import fs from "node:fs/promises";
import * as tf from "@tensorflow/tfjs-core";
import { type BackendName, createLimpid, type Limpid, LimpidError } from "limpid";
import { installDawn, modelFromDirectory, nodeTileWorkers } from "limpid/node";
import { addRunPacks, packOptionsOf, type RunPacks } from "./packs/run-packs.js";

/** What the command line says of model and backend. */
export interface EngineSettings {
  /** The model's folder; undefined for the one that comes with the package. */
  readonly model: string | undefined;
  readonly backend: "auto" | BackendName;
  /** How many tiles of an image are restored at once on WebAssembly, in as many threads; one, in this thread, if left out. */
  readonly tileWorkers?: number;
  /** The packs whose experts take part; none if left out. */
  readonly packs?: RunPacks;
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
  const { packs } = settings;
  const { backend, passedOver } = await chooseBackend(settings.backend);
  const limpid = await createLimpid({
    model: modelFromDirectory(settings.model),
    backend,
    signal,
    tileWorkers: { factory: nodeTileWorkers(), count: settings.tileWorkers ?? 0 },
    onBackendChange: (change) => note(`runs on ${change.backend}: ${change.reason}`),
    ...(packs !== undefined && { packs: packOptionsOf(packs) }),
  });
  if (passedOver !== undefined) note(`runs on ${limpid.backend}: ${passedOver}`);
  if (packs === undefined) return limpid;
  try {
    await addRunPacks(limpid, packs, note, signal);
    return limpid;
  } catch (error) {
    limpid.dispose();
    throw error;
  }
}

/** Whether Linux has a device through which programs reach a GPU: a render node, NVIDIA's own, or Windows' beneath WSL. */
async function hasGpu(): Promise<boolean> {
  const names = await Promise.all(["/dev", "/dev/dri"].map((folder) => fs.readdir(folder).catch(() => [])));
  return names.flat().some((name) => /^(renderD\d+|nvidia\d+|dxg)$/.test(name));
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
  if (backend === "auto" && process.platform === "linux") {
    if (!(await hasGpu())) return { backend: "wasm", passedOver: "no GPU was found" };
    // Mesa's software renderer would be passed over too, after Dawn has warned of its limits on standard error.
    process.env.VK_LOADER_DRIVERS_DISABLE ??= "*lvp*";
  }
  try {
    await installDawn();
    return { backend };
  } catch (error) {
    if (backend === "webgpu" || !LimpidError.is(error, "BackendUnavailable")) throw error;
    return { backend: "wasm", passedOver: error.message };
  }
}

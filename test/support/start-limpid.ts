import { afterEach } from "@jest/globals";
import { createLimpid, type Limpid, type LimpidOptions } from "../../src/sdk/limpid/index.js";
import { modelFromFiles } from "../../src/sdk/restore/index.js";
import { makeTinyModel, type TinyModelOptions } from "./tiny-model.js";

const open: Limpid[] = [];
afterEach(() => open.splice(0).forEach((limpid) => limpid.dispose()));

/** Starts Limpid with a tiny model on wasm; it is disposed after the test. */
export async function startLimpid(
  model: TinyModelOptions = {},
  options: Partial<LimpidOptions> = {},
): Promise<Limpid> {
  const limpid = await createLimpid({
    model: modelFromFiles(makeTinyModel(model)),
    backend: "wasm",
    ...options,
  });
  open.push(limpid);
  return limpid;
}

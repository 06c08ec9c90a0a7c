import { TfjsBackend, WasmExecutor } from "../../src/sdk/engine/index.js";
import { compactConfig, squareConfig, unevenConfig, wideConfig } from "../backbone/networks.js";
import { describeExecutor } from "./executor-suite.js";

describeExecutor({
  name: "fused WebAssembly kernels",
  start: () => TfjsBackend.start("cpu"),
  make: (_backend, file, config) => WasmExecutor.prepare(file, config),
  reference: "wasm",
  tolerance: 1e-5,
  configs: [
    compactConfig,
    unevenConfig,
    wideConfig,
    squareConfig,
    // Whose levels have four channels more than whole panels.
    { ...compactConfig, width: 20, unshuffle: 4 },
  ],
});

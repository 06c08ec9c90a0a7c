import { TfjsBackend, TfjsExecutor } from "../../src/sdk/engine/index.js";
import { compactConfig, squareConfig } from "../backbone/networks.js";
import { describeExecutor } from "./executor-suite.js";

describeExecutor({
  name: "tfjs on wasm",
  start: () => TfjsBackend.start("wasm"),
  make: (backend, file, config) => Promise.resolve(new TfjsExecutor(backend, file, config)),
  reference: "cpu",
  tolerance: 1e-5,
  configs: [compactConfig, squareConfig],
});

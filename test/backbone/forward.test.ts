import { describeForward } from "./forward-suite.js";
import { describeGradients } from "./gradient-suite.js";

for (const backend of ["cpu", "wasm"] as const) {
  describeForward(backend);
  describeGradients(backend);
}

// The page of the build that is served: engine and model come from beside it.
import { createWorkerLimpid } from "limpid/canvas";
import { listExperts, toEngine } from "./panel-engine.js";
import { startPanel } from "./start-panel.js";

startPanel(async () => {
  const manifest = await fetch("models/model.json");
  if (!manifest.ok) throw new Error(`the model cannot be loaded: status ${manifest.status}`);
  const experts = listExperts(await manifest.text());
  const limpid = await createWorkerLimpid({
    script: "limpid-worker.js",
    model: "models/",
    wasmPath: "wasm/",
  });
  return toEngine(limpid, experts);
});

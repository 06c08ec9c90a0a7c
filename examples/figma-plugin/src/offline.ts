// The page of the build that is one file: engine, model and WebAssembly stand in it as text.
import { LimpidError } from "limpid";
import { createWorkerLimpid, type WorkerLimpid } from "limpid/canvas";
import { listExperts, toEngine } from "./panel-engine.js";
import { startPanel } from "./start-panel.js";

startPanel(async () => {
  const files = JSON.parse(textOf("limpid-model")) as Record<string, string>;
  const model = new Map(Object.entries(files).map(([path, base64]) => [path, bytesOf(base64)]));
  const experts = listExperts(new TextDecoder().decode(model.get("model.json")));
  // Where WebAssembly may not be compiled, plain JavaScript can still do it.
  const limpid = await open(model, "auto").catch((error: unknown) => {
    if (!LimpidError.is(error, "BackendUnavailable")) throw error;
    return open(model, "cpu");
  });
  return toEngine(limpid, experts);
});

function open(model: ReadonlyMap<string, Uint8Array>, backend: "auto" | "cpu"): Promise<WorkerLimpid> {
  return createWorkerLimpid({
    // Only what has a meaning in an address is escaped: Chromium takes addresses of 2 MiB at most.
    script: `data:text/javascript;charset=utf-8,${textOf("limpid-worker").replace(/[%#?\t\n\r]/g, encodeURIComponent)}`,
    places: ["worker", "page"],
    model,
    backend,
    // A file's name is put behind this, and what stands behind `#` is no part of the data.
    wasmPath: `data:application/wasm;base64,${textOf("limpid-wasm").trim()}#`,
  });
}

/** What the build has put into an element of the page. */
function textOf(id: string): string {
  const text = document.getElementById(id)?.textContent;
  if (!text) throw new Error(`the page has no #${id}`);
  return text;
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

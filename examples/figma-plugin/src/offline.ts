// The page of the build that is one file: engine, model and WebAssembly stand in it as text.
import { createLimpid, LimpidError, modelFromFiles, type Limpid } from "limpid";
import { startPanel } from "./start-panel.js";

startPanel(async () => {
  const files = JSON.parse(textOf("limpid-model")) as Record<string, string>;
  const model = new Map(Object.entries(files).map(([path, base64]) => [path, bytesOf(base64)]));
  // Where WebAssembly may not be compiled, plain JavaScript can still do it.
  return open(model, "auto").catch((error: unknown) => {
    if (!LimpidError.is(error, "BackendUnavailable")) throw error;
    return open(model, "cpu");
  });
});

function open(model: ReadonlyMap<string, Uint8Array>, backend: "auto" | "cpu"): Promise<Limpid> {
  return createLimpid({
    // Only what has a meaning in an address is escaped: Chromium takes addresses of 2 MiB at most.
    worker: {
      script: `data:text/javascript;charset=utf-8,${textOf("limpid-worker").replace(/[%#?\t\n\r]/g, encodeURIComponent)}`,
    },
    model: modelFromFiles(model),
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

// The page of the build that is one file: engine, model and WebAssembly stand in it as text.
import { createLimpid, LimpidError, modelFromFiles, type Limpid } from "limpid";
import { startPanel } from "./start-panel.js";

const barred =
  "This Figma keeps WebAssembly from plugins without a network, and has no WebGPU for them. In plain JavaScript a small photo would take minutes, so nothing is restored here. Use the plugin’s hosted build: its page comes from the web and has both; photos still stay on this computer.";

void start();

/** Where WebAssembly is barred, the engine tells whether anything else is fast enough for photos. */
async function start(): Promise<void> {
  if (canCompile()) {
    startPanel(open);
    return;
  }
  try {
    const opened = await open();
    startPanel(() => Promise.resolve(opened));
  } catch (error) {
    startPanel(open, LimpidError.is(error, "BackendUnavailable") ? barred : undefined);
  }
}

/** Whether WebAssembly may be compiled: a policy that bars it refuses the smallest module, too. */
function canCompile(): boolean {
  try {
    new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
    return true;
  } catch {
    return false;
  }
}

function open(): Promise<Limpid> {
  const files = JSON.parse(textOf("limpid-model")) as Record<string, string>;
  const model = new Map(Object.entries(files).map(([path, base64]) => [path, bytesOf(base64)]));
  return createLimpid({
    // Only what has a meaning in an address is escaped: Chromium takes addresses of 2 MiB at most.
    worker: {
      script: `data:text/javascript;charset=utf-8,${textOf("limpid-worker").replace(/[%#?\t\n\r]/g, encodeURIComponent)}`,
    },
    model: modelFromFiles(model),
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

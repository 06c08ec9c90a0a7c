// The page of the build that is one file: engine, model and WebAssembly stand in it as text.
import { createLimpid, modelFromFiles, type Limpid } from "limpid";
import { startPanel } from "./start-panel.js";

const barred =
  "This Figma keeps WebAssembly from plugins without a network, and has no WebGPU for them. In plain JavaScript a small photo would take minutes, so nothing is restored here. Use the plugin’s hosted build: its page comes from the web and has both; photos still stay on this computer.";

void canCompute().then((can) => startPanel(open, can ? undefined : barred));

/** Whether there is anything to compute with that is fast enough for photos. */
async function canCompute(): Promise<boolean> {
  try {
    // The smallest module there is: a policy that bars WebAssembly refuses that, too.
    new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
    return true;
  } catch {
    return Boolean(await navigator.gpu?.requestAdapter());
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

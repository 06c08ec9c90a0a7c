// Loaded by floods.browser.test.ts: a page that an extension tries to hold up.
import { makeIntegrity } from "../../src/sdk/authoring.js";
import { createLimpid, extensionWorkersFromUrl, memoryStore, version } from "../../src/sdk/index.js";

/** What became of the extension, and what the page did meanwhile. */
export interface Flooded {
  readonly state: string | undefined;
  readonly message: string | undefined;
  readonly lines: number;
  readonly other: unknown;
}

/** The files of an extension of one command. */
function makeExtension(name: string, body: string): Map<string, Uint8Array> {
  const command = `acme.${name}`;
  const manifest = {
    name,
    publisher: "acme",
    version: "1.0.0",
    engines: { limpid: `^${version}` },
    browser: "extension.js",
    contributes: { commands: [{ command, title: name }] },
  };
  const code = `export const activate = (context, api) => void api.commands.register("${command}", () => { ${body} });`;
  const files = new Map<string, Uint8Array>([
    ["package.json", new TextEncoder().encode(JSON.stringify(manifest))],
    ["extension.js", new TextEncoder().encode(code)],
  ]);
  return files.set("integrity.json", makeIntegrity(`acme.${name}`, "1.0.0", files));
}

/** Lets an extension do its worst, and waits until it is ended. */
async function flood(attack: string): Promise<Flooded> {
  const limpid = await createLimpid({
    model: "/models/",
    backend: "wasm",
    worker: false,
    wasmPath: "/node_modules/@tensorflow/tfjs-backend-wasm/dist/",
    packs: { store: memoryStore() },
    extensions: {
      workers: extensionWorkersFromUrl("/bundle/src/worker/extension-worker.js", { memoryLimit: 64 }),
      timeouts: { activation: 60_000, response: 4000 },
    },
  });
  try {
    await limpid.extensions.install(makeExtension("other", "return 'runs';"));
    const bad = await limpid.extensions.install(makeExtension("bad", `setTimeout(() => { ${attack} }, 20);`));
    let lines = 0;
    bad.onDidLog(() => lines++);
    const ended = new Promise<void>((resolve) => {
      limpid.extensions.onDidChange(() => bad.state === "failed" && resolve());
    });
    await limpid.commands.execute("acme.bad");
    await ended;
    const other = await limpid.commands.execute("acme.other");
    return { state: bad.state, message: bad.error?.message, lines, other };
  } finally {
    limpid.dispose();
  }
}

Object.assign(globalThis, { flood });

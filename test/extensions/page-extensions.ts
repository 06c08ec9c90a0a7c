// Loaded by extensions.browser.test.ts: an editor's page that installs extensions with code.
import {
  createLimpid,
  extensionWorkersFromUrl,
  memoryStore,
  version,
  type Limpid,
} from "../../src/sdk/index.js";
import { makeIntegrity } from "../../src/sdk/packs/index.js";

/** What came of an extension. */
export interface Outcome {
  readonly result?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
  readonly state: string | undefined;
}

const moduleUrl = (name: string): string => `/bundle/test/extensions/page-${name}.js`;

/** What is to be done with an extension. */
export interface Step {
  /** The extension's name, and its file's behind `page-`. */
  readonly name: string;
  /** A command that it brings. */
  readonly command: string;
  /** What the command is given. */
  readonly args: readonly unknown[];
  /** What its manifest asks for. */
  readonly capabilities?: object;
}

async function install(limpid: Limpid, { name, command, capabilities = {} }: Step): Promise<void> {
  const code = await (await fetch(moduleUrl(name))).arrayBuffer();
  const manifest = {
    name,
    publisher: "acme",
    version: "1.0.0",
    engines: { limpid: `^${version}` },
    browser: "extension.js",
    capabilities,
    contributes: { commands: [{ command, title: name }] },
  };
  const files = new Map<string, Uint8Array>([
    ["package.json", new TextEncoder().encode(JSON.stringify(manifest))],
    ["extension.js", new Uint8Array(code)],
  ]);
  files.set("integrity.json", makeIntegrity(`acme.${name}`, "1.0.0", files));
  await limpid.extensions.install(files);
}

/** Installs extensions, and executes the command of each in turn. */
async function run(plan: readonly Step[]): Promise<readonly Outcome[]> {
  const limpid = await createLimpid({
    model: "/models/",
    backend: "wasm",
    worker: false,
    wasmPath: "/node_modules/@tensorflow/tfjs-backend-wasm/dist/",
    packs: { store: memoryStore() },
    extensions: {
      workers: extensionWorkersFromUrl("/bundle/src/worker/extension-worker.js"),
    },
  });
  try {
    for (const step of plan) {
      if (limpid.extensions.getExtension(`acme.${step.name}`) === undefined) await install(limpid, step);
    }
    const outcomes: Outcome[] = [];
    for (const { name, command, args } of plan) {
      const state = () => limpid.extensions.getExtension(`acme.${name}`)?.state;
      try {
        const result = await limpid.commands.execute(command, ...args);
        outcomes.push({ result, state: state() });
      } catch (error) {
        const { code, message } = error as { code: string; message: string };
        outcomes.push({ error: { code, message }, state: state() });
      }
    }
    return outcomes;
  } finally {
    limpid.dispose();
  }
}

Object.assign(globalThis, { run });

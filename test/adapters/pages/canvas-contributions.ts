// Runs in a page: an editor on a Fabric canvas, whose Limpid gets an extension with commands and menus.
import { Canvas, FabricImage } from "fabric";
import { FabricHost } from "../../../src/adapters/canvas/index.js";
import { createLimpid, extensionWorkersFromUrl, memoryStore, version } from "../../../src/sdk/index.js";
import { makeIntegrity } from "../../../src/sdk/packs/index.js";

const modulePath = "/bundle/test/extensions/page-greeter.js";

/** What the editor shows at one moment. */
export interface Shown {
  /** Titles of the commands. */
  readonly commands: readonly string[];
  /** Ids of what stands in the layer's menu. */
  readonly menu: readonly string[];
}

async function makeExtension(): Promise<Map<string, Uint8Array>> {
  const manifest = {
    name: "greeter",
    publisher: "acme",
    version: "1.0.0",
    engines: { limpid: `^${version}` },
    browser: "extension.js",
    contributes: {
      commands: [{ command: "acme.greet", title: "Greet", category: "Acme" }],
      menus: { layer: [{ command: "acme.greet", when: "hasImage", group: "greetings@1" }] },
    },
  };
  const files = new Map<string, Uint8Array>([
    ["package.json", new TextEncoder().encode(JSON.stringify(manifest))],
    ["extension.js", new Uint8Array(await (await fetch(modulePath)).arrayBuffer())],
  ]);
  return files.set("integrity.json", makeIntegrity("acme.greeter", "1.0.0", files));
}

/** Installs the extension, shows and hides its item, clicks it, and removes the extension. */
async function contribute(): Promise<{ readonly shown: readonly Shown[]; readonly greeting: unknown }> {
  const canvas = new Canvas(document.createElement("canvas"), { width: 64, height: 48 });
  const host = new FabricHost(canvas);
  const limpid = await createLimpid({
    model: "/models/",
    backend: "wasm",
    worker: false,
    wasmPath: "/node_modules/@tensorflow/tfjs-backend-wasm/dist/",
    host,
    packs: { store: memoryStore() },
    extensions: {
      workers: extensionWorkersFromUrl("/bundle/src/worker/extension-worker.js"),
    },
  });
  // What is active on the canvas decides what the menu shows.
  const listening = host.onDidChangeSelection(({ layerId }) =>
    limpid.contextKeys.set("hasImage", layerId !== undefined),
  );
  const shown: Shown[] = [];
  const look = (): void => {
    const { commands } = host;
    shown.push({
      commands: commands.commands.map(({ title }) => title),
      menu: commands.menu("layer").map(({ id }) => id),
    });
  };
  look();
  await limpid.extensions.install(await makeExtension());
  look();
  const image = new FabricImage(Object.assign(document.createElement("canvas"), { width: 16, height: 16 }));
  canvas.add(image);
  canvas.setActiveObject(image);
  look();
  const greeting = await host.commands.run("acme.greet");
  canvas.discardActiveObject();
  look();
  canvas.setActiveObject(image);
  await limpid.extensions.uninstall("acme.greeter");
  look();
  listening.dispose();
  limpid.dispose();
  look();
  host.dispose();
  await canvas.dispose();
  return { shown, greeting };
}

Object.assign(globalThis, { contribute });

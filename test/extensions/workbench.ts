import { afterEach } from "@jest/globals";
import { toDisposable, version as limpidVersion, type Disposable } from "../../src/sdk/base/index.js";
import {
  Commands,
  Configuration,
  ContextKeys,
  Extensions,
  memoryStorage,
  Menus,
  StoredDocument,
  type ExtensionOptions,
  type ExtensionServices,
  type KeyValueStorage,
} from "../../src/sdk/extensions/index.js";
import { nodeExtensionWorkers } from "../../src/node/index.js";
import { memoryStore, type ByteStore, type PackOptions } from "../../src/sdk/packs/index.js";
import { openPacks } from "../support/packs.js";
import { makeTinyModel } from "../support/tiny-model.js";
import { withIntegrity } from "../support/tiny-pack.js";
import { workerFile } from "./worker-file.js";

/** The model that the packs of these tests are for. */
export const model = makeTinyModel();

/** What a test can choose of an extension. */
export interface TestExtension {
  /** Its name; the publisher is `acme`. */
  readonly name?: string;
  /** Its version; `1.0.0` if left out. */
  readonly version?: string;
  /** Its module; no code if left out. */
  readonly code?: string;
  /** What else its manifest says. */
  readonly manifest?: Readonly<Record<string, unknown>>;
  /** What it contributes. */
  readonly contributes?: Readonly<Record<string, unknown>>;
}

/** The files of an extension: id `acme.tools` if it has no name. */
export function makeExtension(options: TestExtension = {}): Map<string, Uint8Array> {
  const { name = "tools", version = "1.0.0", code, manifest, contributes = {} } = options;
  const encode = (text: string) => new TextEncoder().encode(text);
  const files = new Map([
    [
      "package.json",
      encode(
        JSON.stringify({
          name,
          version,
          publisher: "acme",
          engines: { limpid: `^${limpidVersion}` },
          ...(code === undefined ? {} : { browser: "extension.js" }),
          contributes,
          ...manifest,
        }),
      ),
    ],
    ...(code === undefined ? [] : [["extension.js", encode(code)] as const]),
  ]);
  return withIntegrity(files, `acme.${name}`, version);
}

/** A command in a manifest. */
export const command = (id: string) => ({ command: id, title: id });

const opened: Disposable[] = [];
afterEach(() => opened.splice(0).forEach((disposable) => disposable.dispose()));

/** What a test can choose of the workbench. */
export interface WorkbenchOptions extends ExtensionOptions {
  /** What the services do; without an editor and without restoration if left out. */
  readonly services?: Partial<ExtensionServices>;
  /** Where settings and states are kept. */
  readonly storage?: KeyValueStorage;
  /** Where packs are kept. */
  readonly store?: ByteStore;
  /** Most memory of an extension, in MiB. */
  readonly memoryLimit?: number;
  /** Whether a pack may take the place of another. */
  readonly confirmReplacement?: PackOptions["confirmReplacement"];
}

/** Everything that extensions work with, on real threads and real packs; disposed with the test. */
export async function openWorkbench(options: WorkbenchOptions = {}) {
  const {
    services = {},
    storage = memoryStorage(),
    store = memoryStore(),
    memoryLimit,
    confirmReplacement,
    ...extensionOptions
  } = options;
  const { packs, experts } = await openPacks(model, {
    store,
    ...(confirmReplacement && { confirmReplacement }),
  });
  const contextKeys = new ContextKeys();
  const commands = new Commands(contextKeys);
  const menus = new Menus(commands, contextKeys);
  const configuration = new Configuration(await StoredDocument.load(storage, "settings"), contextKeys);
  const threads = nodeExtensionWorkers({ file: workerFile, ...(memoryLimit && { memoryLimit }) });
  let live = 0;
  const workers: ExtensionOptions["workers"] = {
    start: (name) => {
      const worker = threads.start(name);
      live++;
      let isDisposed = false;
      return {
        ...worker,
        ...toDisposable(() => {
          if (!isDisposed) live--;
          isDisposed = true;
          worker.dispose();
        }),
      };
    },
  };
  const refuse = () => Promise.reject(new Error("this test restores nothing"));
  const extensions = await Extensions.open(
    {
      packs,
      commands,
      menus,
      contextKeys,
      configuration,
      storage,
      services: {
        experts,
        analyze: refuse,
        restore: refuse,
        openEditor: undefined,
        withProgress: undefined,
        ...services,
      },
    },
    { workers, ...extensionOptions },
  );
  opened.push(extensions);
  return {
    packs,
    experts,
    contextKeys,
    commands,
    menus,
    configuration,
    extensions,
    storage,
    store,
    /** Workers that were started and not ended. */
    liveWorkers: () => live,
  };
}

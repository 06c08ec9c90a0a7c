import { toDisposable, type DisposableStore } from "../base/index.js";
import {
  Commands,
  Configuration,
  ContextKeys,
  Extensions,
  extensionWorkersFromUrl,
  memoryStorage,
  Menus,
  StoredDocument,
  type ExtensionServices,
  type ExtensionWorkerFactory,
} from "../extensions/index.js";
import type { Packs } from "../packs/index.js";
import type { LimpidOptions } from "./options.js";

/** What an instance has for extensions. */
export interface ExtensionParts {
  readonly extensions: Extensions;
  /** The verbs of application, Limpid and extensions. */
  readonly commands: Commands;
  readonly menus: Menus;
  /** What `when` clauses are held against. */
  readonly contextKeys: ContextKeys;
  readonly configuration: Configuration;
}

/**
 * Makes what extensions contribute to, and opens those that are installed. Those that wait for the end of the start are
 * started once the caller is back in its event loop.
 */
export async function openExtensionParts(
  options: Pick<LimpidOptions, "assets" | "extensions" | "storage">,
  packs: Packs,
  services: ExtensionServices,
  parts: DisposableStore,
): Promise<ExtensionParts> {
  const { storage = memoryStorage() } = options;
  const contextKeys = parts.add(new ContextKeys());
  const commands = parts.add(new Commands(contextKeys));
  const menus = parts.add(new Menus(commands, contextKeys));
  const settings = await StoredDocument.load(storage, "settings");
  const configuration = parts.add(new Configuration(settings, contextKeys));
  const context = { packs, commands, menus, contextKeys, configuration, storage, services };
  const workers = defaultWorkers(options);
  const extensions = parts.add(
    await Extensions.open(context, { ...(workers && { workers }), ...options.extensions }),
  );
  const timer = setTimeout(() => extensions.fireActivationEvent("onStartupFinished"));
  parts.add(toDisposable(() => clearTimeout(timer)));
  return { extensions, commands, menus, contextKeys, configuration };
}

/** In a page, the workers for extensions' code are among the assets. */
function defaultWorkers({ assets }: Pick<LimpidOptions, "assets">): ExtensionWorkerFactory | undefined {
  if (assets === undefined || typeof document === "undefined") return undefined;
  const folder = String(assets).replace(/\/?$/, "/");
  return extensionWorkersFromUrl(new URL(`${folder}extension-worker.js`, document.baseURI));
}

import { EventEmitter, LimpidError, type Disposable, type Event } from "../base/index.js";
import type { InstalledPack } from "../packs/index.js";
import { bridgePortOf, type BridgePort } from "../bridge/index.js";

/** A worker that waits for the code of one extension. Disposing it ends it at once, whatever it does. */
export interface ExtensionWorker extends Disposable {
  /** The way to it. */
  readonly port: BridgePort;
  /** Fired if the worker cannot be loaded, or ended without being asked to. */
  readonly onDidFail: Event<Error>;
}

/** Starts workers for the code of extensions: one for pages, one for Node, or an application's own. */
export interface ExtensionWorkerFactory {
  /**
   * Starts a worker that runs Limpid's worker file.
   *
   * @param name - the extension's id, for the browser's tools
   * @returns the worker, for the caller to dispose
   */
  start(name: string): ExtensionWorker;
  /**
   * Where the module of an extension is served, for a page whose policy does not allow a module from memory. What is
   * served there must be the installed file, byte for byte: it is compared before it is loaded.
   *
   * @param extension - the extension
   * @returns an address; undefined to load the module from memory
   */
  moduleUrl?(extension: InstalledPack): string | URL | undefined;
}

/** What {@link extensionWorkersFromUrl} can be told. */
export interface ExtensionWorkerOptions {
  /** See {@link ExtensionWorkerFactory.moduleUrl}. */
  readonly moduleUrl?: (extension: InstalledPack) => string | URL | undefined;
}

/**
 * Workers of a page, from a copy of `limpid/extension-worker`. A file of another origin is fetched and started from
 * memory, which the page's policy must allow (`worker-src blob:`).
 *
 * The strictest set-up: serve the file from the page's origin with a policy of its own, `default-src 'none'; script-src
 * 'self' blob:; connect-src` and the hosts that extensions may reach. The browser then holds extensions to it too, and the
 * page's own policy stays without `blob:`.
 *
 * @param url - where the worker file is, absolute or relative to the page
 * @param options - where modules are served, if they cannot come from memory
 * @returns the factory
 *
 * @example
 * ```ts
 * const workers = extensionWorkersFromUrl(new URL("limpid/extension-worker", import.meta.url));
 * const limpid = await createLimpid({ model: "/models/", extensions: { workers } });
 * ```
 */
export function extensionWorkersFromUrl(
  url: string | URL,
  options: ExtensionWorkerOptions = {},
): ExtensionWorkerFactory {
  const resolved = new URL(url, location.href);
  return {
    ...options,
    start: (name) =>
      resolved.origin === location.origin || resolved.protocol === "blob:"
        ? startWorker(() => Promise.resolve(resolved.href), name)
        : startWorker(() => copyToMemory(resolved), name),
  };
}

/** The worker file of another origin, as an address of this one. */
async function copyToMemory(url: URL): Promise<string> {
  const response = await fetch(url);
  if (!response.ok) throw new LimpidError("ExtensionFailed", `${url.href} has status ${response.status}`);
  return URL.createObjectURL(new Blob([await response.arrayBuffer()], { type: "text/javascript" }));
}

function startWorker(locate: () => Promise<string>, name: string): ExtensionWorker {
  const failed = new EventEmitter<Error>();
  const { port1, port2 } = new MessageChannel();
  let worker: Worker | undefined;
  let isDisposed = false;
  const start = async (): Promise<void> => {
    const href = await locate();
    if (isDisposed) return;
    worker = new Worker(href, { type: "module", name });
    if (href.startsWith("blob:")) setTimeout(() => URL.revokeObjectURL(href), 60_000);
    worker.onerror = (event) => {
      event.preventDefault();
      failed.fire(
        new LimpidError("ExtensionFailed", `the worker file ${href} fails: ${event.message ?? "not loaded"}`),
      );
    };
    worker.postMessage({ port: port2 }, [port2]);
  };
  start().catch((error: unknown) => failed.fire(error as Error));
  return {
    port: bridgePortOf(port1),
    onDidFail: failed.event,
    dispose() {
      isDisposed = true;
      failed.dispose();
      worker?.terminate();
      port1.close();
    },
  };
}

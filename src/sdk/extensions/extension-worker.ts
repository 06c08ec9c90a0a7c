import { EventEmitter, LimpidError, toDisposable, type Disposable, type Event } from "../base/index.js";
import { connectWorker, type BridgePort } from "../bridge/index.js";

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
}

/** What {@link extensionWorkersFromUrl} can be told. */
export interface ExtensionWorkerOptions {
  /** Most memory of an extension's values, in MiB, typed arrays included; 512 if left out. */
  readonly memoryLimit?: number;
}

/**
 * Workers of a page, from a copy of `limpid/extension-worker`. In each runs an engine of its own, QuickJS in WebAssembly, which
 * has an extension's code and nothing of the browser. A file of another origin is fetched and started from memory, which the
 * page's policy must allow (`worker-src blob:`).
 *
 * The strictest set-up: serve the file from the page's origin with a policy of its own, `default-src 'none'; script-src
 * 'wasm-unsafe-eval'; connect-src` and the hosts that extensions may reach. The browser then holds extensions to it too.
 *
 * @param url - where the worker file is, absolute or relative to the page
 * @param options - memory
 * @returns the factory
 *
 * @example
 * ```ts
 * const workers = extensionWorkersFromUrl(new URL("limpid/extension-worker", import.meta.url));
 * const limpid = await createLimpid({ assets: "/limpid/", extensions: { workers } });
 * ```
 */
export function extensionWorkersFromUrl(
  url: string | URL,
  { memoryLimit = 512 }: ExtensionWorkerOptions = {},
): ExtensionWorkerFactory {
  const resolved = new URL(url, location.href);
  const isNear = resolved.origin === location.origin || resolved.protocol === "blob:";
  const locate = (): Promise<string> => (isNear ? Promise.resolve(resolved.href) : copyToMemory(resolved));
  return { start: (name) => startWorker(locate, name, memoryLimit * 2 ** 20) };
}

/** The worker file of another origin, as an address of this one. */
async function copyToMemory(url: URL): Promise<string> {
  const response = await fetch(url);
  if (!response.ok) throw new LimpidError("ExtensionFailed", `${url.href} has status ${response.status}`);
  return URL.createObjectURL(new Blob([await response.arrayBuffer()], { type: "text/javascript" }));
}

function startWorker(locate: () => Promise<string>, name: string, memoryLimit: number): ExtensionWorker {
  const failed = new EventEmitter<Error>();
  const { port1, port2 } = new MessageChannel();
  const connection = connectWorker(port1);
  connection.onDidEnd((reason) => failed.fire(reason));
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
    worker.postMessage({ port: port2, memoryLimit }, [port2]);
  };
  start().catch((error: unknown) => failed.fire(error as Error));
  return {
    port: connection.port,
    onDidFail: failed.event,
    ...toDisposable(() => {
      isDisposed = true;
      failed.dispose();
      worker?.terminate();
      connection.dispose();
    }),
  };
}

import { pathToFileURL } from "node:url";
import { join } from "node:path";
import { MessageChannel, Worker } from "node:worker_threads";
import { EventEmitter, LimpidError, toDisposable } from "../sdk/base/index.js";
import { connectWorker, type MessagePortLike } from "../sdk/bridge/index.js";
import type { ExtensionWorker, ExtensionWorkerFactory } from "../sdk/extensions/index.js";
import { packageDirectory } from "./package-directory.js";

/** What {@link nodeExtensionWorkers} can be told. */
export interface NodeExtensionWorkerOptions {
  /** The thread's program; the one of this package if left out. */
  readonly file?: URL;
  /** Most memory of an extension's values, in MiB, typed arrays included; 512 if left out. */
  readonly memoryLimit?: number;
}

/**
 * Workers for the code of extensions in Node: threads, in each of which runs an engine of its own, QuickJS in WebAssembly. It
 * has an extension's code and nothing of Node: no files, no processes, no network but the hosts that were granted.
 *
 * @param options - the program and its memory
 * @returns the factory
 *
 * @example
 * ```ts
 * const limpid = await createLimpid({ model: modelFromDirectory(), extensions: { workers: nodeExtensionWorkers() } });
 * ```
 */
export function nodeExtensionWorkers(options: NodeExtensionWorkerOptions = {}): ExtensionWorkerFactory {
  const { memoryLimit = 512 } = options;
  return {
    start: (name) =>
      startThread(
        options.file ?? pathToFileURL(join(packageDirectory(), "dist", "extension-worker-node.js")),
        name,
        memoryLimit * 2 ** 20,
      ),
  };
}

function startThread(file: URL, name: string, memoryLimit: number): ExtensionWorker {
  const failed = new EventEmitter<Error>();
  const { port1, port2 } = new MessageChannel();
  const connection = connectWorker(port1 as unknown as MessagePortLike);
  connection.onDidEnd((reason) => failed.fire(reason));
  const worker = new Worker(file, {
    name,
    env: {},
    argv: [],
    execArgv: [],
    stdin: true,
    stdout: true,
    stderr: true,
    workerData: { port: port2, memoryLimit },
    transferList: [port2],
  });
  worker.on("error", (error) => failed.fire(error));
  worker.on("exit", (code) =>
    failed.fire(new LimpidError("ExtensionFailed", `the thread ended with ${code}`)),
  );
  return {
    port: connection.port,
    onDidFail: failed.event,
    ...toDisposable(() => {
      failed.dispose();
      connection.dispose();
      void worker.terminate();
    }),
  };
}

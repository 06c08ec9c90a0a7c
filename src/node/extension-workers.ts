import { pathToFileURL } from "node:url";
import { join } from "node:path";
import { MessageChannel, Worker } from "node:worker_threads";
import { EventEmitter, LimpidError } from "../sdk/base/index.js";
import { bridgePortOf, type MessagePortLike } from "../sdk/bridge/index.js";
import type { ExtensionWorker, ExtensionWorkerFactory } from "../sdk/extensions/index.js";
import { packageDirectory } from "./package-directory.js";

/** What {@link nodeExtensionWorkers} can be told. */
export interface NodeExtensionWorkerOptions {
  /** The thread's program; the one of this package if left out. */
  readonly file?: URL;
  /** Most memory of an extension's values, in MiB; 512 if left out. Beyond it the extension is ended. */
  readonly memoryLimit?: number;
}

/**
 * Workers for the code of extensions in Node: threads without this process's environment, arguments and standard input.
 * They keep honest code to its capabilities. Node does not promise that a thread cannot find its process: code that nobody
 * trusts belongs into a page, or a process with Node's own permissions.
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
        memoryLimit,
      ),
  };
}

function startThread(file: URL, name: string, maxOldGenerationSizeMb: number): ExtensionWorker {
  const failed = new EventEmitter<Error>();
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(file, {
    name,
    env: {},
    argv: [],
    execArgv: [],
    stdin: true,
    stdout: true,
    stderr: true,
    workerData: { port: port2 },
    transferList: [port2],
    resourceLimits: { maxOldGenerationSizeMb },
  });
  worker.on("error", (error) => failed.fire(error));
  worker.on("exit", (code) =>
    failed.fire(new LimpidError("ExtensionFailed", `the thread ended with ${code}`)),
  );
  return {
    port: bridgePortOf(port1 as unknown as MessagePortLike),
    onDidFail: failed.event,
    dispose() {
      failed.dispose();
      port1.close();
      void worker.terminate();
    },
  };
}

// The thread that an extension runs in, in Node: dist/extension-worker-node.js.
import { workerData } from "node:worker_threads";
import type { MessagePortLike } from "../sdk/bridge/index.js";
import { runSandbox, type SandboxOptions } from "../worker/sandbox.js";

const { port, ...options } = workerData as { readonly port: MessagePortLike } & SandboxOptions;

void runSandbox(port, options);

// The thread that an extension runs in, in Node: dist/extension-worker-node.js.
import { workerData } from "node:worker_threads";
import { bridgePortOf, type MessagePortLike } from "../sdk/bridge/index.js";
import { runExtension } from "../worker/run-extension.js";

const { port } = workerData as { readonly port: MessagePortLike };
const thread = process;

runExtension(bridgePortOf(port), {
  moduleLoader: () => {
    const toBase64 = Buffer.from.bind(Buffer);
    return async (code) => {
      const url =
        typeof code === "string"
          ? code
          : `data:text/javascript;base64,${toBase64(code.buffer as ArrayBuffer, code.byteOffset, code.byteLength).toString("base64")}`;
      return import(url) as Promise<unknown>;
    };
  },
  onUncaught: (listener) => {
    thread.on("uncaughtException", listener);
    thread.on("unhandledRejection", listener);
  },
});

// The thread that restores tiles, in Node: dist/tile-worker-node.js.
import { parentPort } from "node:worker_threads";
import { serveTiles } from "../sdk/engine/index.js";

parentPort?.on(
  "message",
  serveTiles((message, transfer) => parentPort?.postMessage(message, transfer)),
);

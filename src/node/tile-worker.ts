// The thread that restores tiles, in Node: dist/tile-worker-node.js.
import { parentPort } from "node:worker_threads";
import * as tf from "@tensorflow/tfjs-core";
import { serveTiles } from "../sdk/engine/index.js";

tf.enableProdMode(); // without tfjs's advice to install its native addon
parentPort?.on(
  "message",
  serveTiles((message, transfer) => parentPort?.postMessage(message, transfer)),
);

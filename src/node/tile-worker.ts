// The thread that restores tiles, in Node: dist/tile-worker-node.js.
import { parentPort } from "node:worker_threads";
import { portOf, type MessageTarget } from "../sdk/base/index.js";
import { serveTiles } from "../sdk/engine/index.js";

// Node's types leave out the handlers that its ports have in common with a browser's.
if (parentPort !== null) serveTiles(portOf(parentPort as unknown as MessageTarget));

/**
 * Typed messages between an extension's worker and its host. Both ends check everything, since an extension is not
 * trusted.
 */
export { Bridge, type BridgeHandlers } from "./bridge.js";
export type { BridgePort } from "./bridge-port.js";
export {
  hostMethods,
  maximumCodeBytes,
  pixelMethods,
  workerMethods,
  type HostMethods,
  type WireImage,
  type WorkerMethods,
} from "./extension-methods.js";
export { checkPlainValue, messageLimits } from "./plain-value.js";
export { costOf, flowWindow, type FlowFrame } from "./flow-frame.js";
export { connectWorker, type MessagePortLike } from "./worker-connection.js";
export { describeThrown } from "./wire-error.js";

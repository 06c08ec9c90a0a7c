export { Bridge, type BridgeHandlers } from "./bridge.js";
export { bridgePortOf, type BridgePort, type MessagePortLike } from "./bridge-port.js";
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
export { describeThrown } from "./wire-error.js";

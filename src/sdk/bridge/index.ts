export {
  Bridge,
  type BridgeHandlers,
  type BridgeMethod,
  type BridgeMethods,
  type BridgeOptions,
  type BridgeRequestOptions,
} from "./bridge.js";
export { parseBridgeMessage, type BridgeMessage } from "./bridge-message.js";
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
export { checkPlainValue, messageLimits, type PlainValueLimits } from "./plain-value.js";
export { describeThrown } from "./wire-error.js";

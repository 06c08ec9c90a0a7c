export { throwIfAborted, untilAborted } from "./abort.js";
export {
  Channel,
  reviveError,
  toPostedError,
  type CallControl,
  type CallOptions,
  type ChannelHandlers,
  type ChannelMethods,
  type ChannelOptions,
  type PostedError,
} from "./channel.js";
export { crc32 } from "./crc32.js";
export { DisposableStore, toDisposable, type Disposable } from "./disposable.js";
export { LimpidError, type LimpidErrorCode, type LimpidErrorOptions } from "./error.js";
export { EventEmitter, type Event } from "./event.js";
export { joinBytes } from "./join-bytes.js";
export { openUrl } from "./open-url.js";
export { TurnQueue } from "./turn-queue.js";
export { version } from "./version.js";
export { portOf, startPageWorker, type MessageTarget, type WorkerPort } from "./worker-port.js";

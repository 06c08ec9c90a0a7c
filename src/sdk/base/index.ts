/**
 * What all rooms stand on: errors, events, disposables, abort signals, and the channel between threads. It knows nothing
 * of images.
 */
export { throwIfAborted, untilAborted } from "./abort.js";
export { Channel } from "./channel.js";
export { crc32 } from "./crc32.js";
export { DisposableStore, toDisposable, type Disposable } from "./disposable.js";
export { LimpidError, type LimpidErrorCode, type LimpidErrorOptions } from "./error.js";
export { EventEmitter, type Event } from "./event.js";
export { joinBytes, joinFloats, readAtMost } from "./join.js";
export { latin1 } from "./latin1.js";
export { listFaults } from "./list-faults.js";
export { openUrl } from "./open-url.js";
export { TurnQueue } from "./turn-queue.js";
export { version } from "./version.js";
export { portOf, startPageWorker, type MessageTarget, type WorkerPort } from "./worker-port.js";

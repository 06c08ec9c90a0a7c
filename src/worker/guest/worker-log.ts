import type { LogLevel } from "./forwarded-console.js";
import type { WorkerBridge } from "./make-api.js";

/** How much of a line is sent. */
const maximumText = 4000;

/**
 * Writes a line into the extension's log at the host. A bridge that is closed loses it.
 *
 * @param bridge - the way to the host
 * @param level - how bad it is
 * @param text - the line; what is longer than 4000 characters is cut
 */
export function writeLog(bridge: WorkerBridge, level: LogLevel, text: string): void {
  bridge.request("log", { level, text: text.slice(0, maximumText) }).catch(() => undefined);
}

// The program in an extension's engine. scripts/guest-program.mjs makes a text of it, which sandbox.ts evaluates.
import { describeThrown } from "../../sdk/bridge/index.js";
import { decodeMessage, encodeMessage } from "../wire-text.js";
import { GuestFetch } from "./fetch.js";
import { makeGlobals } from "./globals.js";
import type { GuestHost, GuestReceiver } from "./host.js";
import { runExtension } from "./run-extension.js";
import { Timers } from "./timers.js";

/**
 * Starts the program.
 *
 * @param given - what the worker around the engine does
 * @returns takes what the worker has
 */
export default function start(given: GuestHost): GuestReceiver {
  const host = { ...given };
  let onMessage: (message: unknown) => void = () => undefined;
  let onUncaught: (error: unknown) => void = () => undefined;
  const timers = new Timers(host, (error) => onUncaught(error));
  const fetching = new GuestFetch(host);
  for (const [name, value] of Object.entries({ ...makeGlobals(host), ...timers.globals })) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
  }
  runExtension(
    {
      postMessage(message) {
        const { text, buffers } = encodeMessage(message);
        host.post(text, buffers);
      },
      listen(listener) {
        onMessage = listener;
      },
      close: () => undefined,
    },
    {
      fetch: fetching.fetch,
      load: () => host.load(),
      onUncaught(listener) {
        onUncaught = (error) => {
          endIfOutOfMemory(error);
          listener(error);
        };
      },
      onFailed: endIfOutOfMemory,
    },
  );
  // Without room for anything more, code can go on neither as it was written nor as it was checked.
  function endIfOutOfMemory(error: unknown): void {
    if (describeThrown(error).startsWith("InternalError: out of memory")) host.end("it ran out of memory");
  }
  return (kind, text, buffers) => {
    if (kind === "message") onMessage(decodeMessage({ text, buffers: [...buffers] }));
    else if (kind === "timer") timers.fire(Number(text));
    else fetching.receive(text, buffers);
  };
}

/** What the worker around the engine does for the program in it. Taken before any code of an extension runs. */
export interface GuestHost {
  /** Sends a message to the page: JSON and bytes as `encodeMessage` makes them. */
  post(text: string, buffers: readonly ArrayBuffer[]): void;
  /** Ends the extension, and says why. */
  end(reason: string): void;
  /** Calls back with `timer` and this number after some milliseconds; false if too many timers run. */
  timer(id: number, delay: number): boolean;
  /** Gives that up. */
  cancelTimer(id: number): void;
  /** Milliseconds since some moment. */
  now(): number;
  /** A text as UTF-8. */
  encode(text: string): ArrayBuffer;
  /** UTF-8 as a text. */
  decode(bytes: ArrayBuffer): string;
  /** Random bytes, at most 65,536. */
  random(size: number): ArrayBuffer;
  /** An address in parts, as JSON; `null` if it is none. */
  url(text: string, base?: string): string;
  /** Fetches; the answer comes back as `fetch` with this number. */
  fetch(id: number, request: string, body: readonly ArrayBuffer[]): void;
  /** Gives that up. */
  cancelFetch(id: number): void;
  /** Loads the extension's module. */
  load(): unknown;
}

/**
 * Takes what the worker around the engine has.
 *
 * @param kind - `message`, `timer` or `fetch`
 * @param text - the message, the timer's number, or the answer
 * @param buffers - the bytes that belong to it
 */
export type GuestReceiver = (kind: string, text: string, buffers: readonly ArrayBuffer[]) => void;

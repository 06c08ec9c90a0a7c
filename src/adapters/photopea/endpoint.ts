import { EventEmitter, toDisposable, type Disposable, type Event } from "../../sdk/base/index.js";
import { checkOrigin } from "../frame/index.js";

/** Where Photopea is served. */
export const photopeaOrigin = "https://www.photopea.com";

/** The way to one Photopea and back. */
export interface PhotopeaEndpoint extends Disposable {
  /** Fires for each message of that Photopea and of nobody else, with its data: of any type, and not to be trusted. */
  readonly onMessage: Event<unknown>;
  /**
   * Sends a script to run, or a file to open.
   *
   * @param message - a buffer is handed over and is empty afterwards
   */
  post(message: string | ArrayBuffer): void;
}

/** A window that can be sent messages, as `window.parent` or an iframe's `contentWindow`. */
export interface MessageTarget {
  /** As the `postMessage` of a window. */
  postMessage(message: unknown, targetOrigin: string, transfer?: Transferable[]): void;
}

/** Where messages arrive: the page's own window. */
export interface MessageReceiver {
  /** As that of a window. */
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
  /** As that of a window. */
  removeEventListener(type: "message", listener: (event: MessageEvent) => void): void;
}

/**
 * Connects this window with Photopea's. A message counts only if it comes from that window and from that origin: other
 * frames, extensions and plugins write to the same window.
 *
 * @param origin - where Photopea is served, as `https://www.photopea.com`
 * @returns the endpoint, for the caller to dispose
 * @throws {@link LimpidError} `InvalidArgument` if that is no origin
 */
export function connectWindows(
  receiver: MessageReceiver,
  photopea: MessageTarget,
  origin: string,
): PhotopeaEndpoint {
  checkOrigin(origin, photopeaOrigin);
  const received = new EventEmitter<unknown>();
  const listener = (event: MessageEvent): void => {
    if (event.source === photopea && event.origin === origin) received.fire(event.data);
  };
  receiver.addEventListener("message", listener);
  return {
    onMessage: received.event,
    post(message) {
      photopea.postMessage(message, origin, typeof message === "string" ? [] : [message]);
    },
    ...toDisposable(() => {
      receiver.removeEventListener("message", listener);
      received.dispose();
    }),
  };
}

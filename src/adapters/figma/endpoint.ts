import {
  EventEmitter,
  LimpidError,
  toDisposable,
  type Disposable,
  type Event,
} from "../../sdk/base/index.js";
import { checkOrigin } from "../frame/index.js";

/** Where Figma is served. */
export const figmaOrigin = "https://www.figma.com";

/** The way to the plugin's sandbox and back. */
export interface FigmaEndpoint extends Disposable {
  /** Fires for each message of the sandbox's, as far as can be told, with its data: of any type, and not to be trusted. */
  readonly onMessage: Event<unknown>;
  /**
   * Sends a message. It is copied; of binary data Figma lets a `Uint8Array` through and nothing else.
   *
   * @param message - what the sandbox's `figma.ui.onmessage` is to get
   */
  post(message: unknown): void;
}

/** A window that can be sent messages: `window.parent`. */
export interface FigmaWindow {
  /** As the `postMessage` of a window. */
  postMessage(message: unknown, targetOrigin: string): void;
}

/** Where messages arrive: the page's own window. */
export interface FigmaPageWindow {
  /** `"null"` for a page that Figma holds itself, without an address. */
  readonly origin: string;
  /** As that of a window. */
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
  /** As that of a window. */
  removeEventListener(type: "message", listener: (event: MessageEvent) => void): void;
}

/** Which plugin, in which Figma. */
export interface FigmaAddress {
  /** Where Figma is served; `https://www.figma.com` if left out. */
  readonly origin?: string;
  /** The `id` of the plugin's manifest. A page with an address needs it: no other plugin gets what the page sends. */
  readonly pluginId?: string;
}

/**
 * Connects a plugin's page with its sandbox, through Figma's window around it.
 *
 * A page that is served somewhere can be put into a frame by anybody, so it talks to Figma's origin and to one plugin there, and
 * listens to nobody else. A page that Figma holds itself has no origin, and the frame around it need not have one either: it
 * listens to that frame, which is whoever holds the page, and to no other window.
 *
 * @returns the endpoint, for the caller to dispose
 * @throws {@link LimpidError} `InvalidArgument` if the origin is none, or a page with an address gives no id
 */
export function connectWindows(
  page: FigmaPageWindow,
  parent: FigmaWindow,
  { origin = figmaOrigin, pluginId }: FigmaAddress,
): FigmaEndpoint {
  checkOrigin(origin, figmaOrigin);
  const isHeld = page.origin === "null";
  if (!isHeld && (pluginId === undefined || pluginId === "" || pluginId === "*")) {
    throw new LimpidError("InvalidArgument", "a page with an address needs the plugin's id to talk to Figma");
  }
  const received = new EventEmitter<unknown>();
  const listener = ({ source, origin: sender, data }: MessageEvent<unknown>): void => {
    if (source !== parent || !(isHeld || sender === origin)) return;
    if (typeof data === "object" && data !== null && "pluginMessage" in data) {
      received.fire(data.pluginMessage);
    }
  };
  page.addEventListener("message", listener);
  return {
    onMessage: received.event,
    post(pluginMessage) {
      if (isHeld) parent.postMessage({ pluginMessage }, "*");
      else parent.postMessage({ pluginMessage, pluginId }, origin);
    },
    ...toDisposable(() => {
      page.removeEventListener("message", listener);
      received.dispose();
    }),
  };
}

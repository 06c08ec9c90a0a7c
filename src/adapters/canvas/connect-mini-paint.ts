import { LimpidError, throwIfAborted } from "../../sdk/base/index.js";
import { miniPaintGlobals } from "./mini-paint.js";
import { MiniPaintHost } from "./mini-paint-host.js";
import type { PageHostOptions } from "./page-host.js";

/** How {@link connectMiniPaint} waits. */
export interface ConnectMiniPaintOptions extends Omit<PageHostOptions, "history"> {
  /** How long miniPaint may take to start, in milliseconds; 30,000 if left out. */
  readonly timeout?: number;
  /** Gives up when it fires. */
  readonly signal?: AbortSignal;
}

/** How often a frame is looked at until miniPaint has started, in milliseconds: nothing tells when it has. */
const lookInterval = 50;

/**
 * Waits until a frame's miniPaint has started, and makes it a host.
 *
 * @param frame - with a miniPaint from the origin of this page; stays the caller's
 * @param options - interface, limits, and how long to wait
 * @returns the host
 * @throws {@link LimpidError} `NotSupported` if the frame is of another origin, `HostFailed` if no miniPaint started in it in
 * time, `Aborted`
 *
 * @example
 * ```ts
 * const frame = document.querySelector("iframe")!; // <iframe src="/minipaint/">
 * const host = await connectMiniPaint(frame, { interface: { notify: ({ text }) => showToast(text) } });
 * ```
 */
export async function connectMiniPaint(
  frame: HTMLIFrameElement,
  options: ConnectMiniPaintOptions = {},
): Promise<MiniPaintHost> {
  const { timeout = 30_000, signal, ...rest } = options;
  for (const start = performance.now(); ;) {
    throwIfAborted(signal);
    const window = frame.contentWindow;
    if (window !== null && miniPaintGlobals(window) !== undefined) return new MiniPaintHost(window, rest);
    if (performance.now() - start > timeout) {
      throw new LimpidError(
        "HostFailed",
        `no miniPaint has started in the frame in ${timeout / 1000} seconds`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, lookInterval));
  }
}

import { LimpidError } from "../../sdk/base/index.js";
import { connectWindows, type FigmaAddress } from "./endpoint.js";
import { FigmaHost, type FigmaHostOptions } from "./figma-host.js";
import { FigmaSession, type FigmaSessionOptions } from "./session.js";

/** How to connect with the Figma around this page. */
export interface ConnectFigmaOptions extends FigmaHostOptions, FigmaSessionOptions, FigmaAddress {
  /** Gives up when it fires. */
  readonly signal?: AbortSignal;
}

/**
 * Connects a plugin's page with its sandbox, which runs `serveFigma` of `limpid/figma/main`.
 *
 * @param options - which plugin, limits, waiting times, and what the page shows
 * @returns the host, for the caller to dispose
 * @throws {@link LimpidError} `NotSupported` if this page is in no frame, `InvalidArgument` if it has an address and no
 * `pluginId` is given, `HostFailed` if the sandbox does not answer, `Aborted`
 *
 * @example
 * ```ts
 * const host = await connectFigma({ pluginId: "1234567890" });
 * console.log(host.selection.fills.length, host.launch.command);
 * ```
 */
export async function connectFigma(options: ConnectFigmaOptions = {}): Promise<FigmaHost> {
  if (window.parent === window) {
    throw new LimpidError("NotSupported", "this page is not in Figma: run it there as a plugin");
  }
  const session = new FigmaSession(connectWindows(window, window.parent, options), options);
  try {
    return new FigmaHost(session, await session.start(options.signal), options);
  } catch (error) {
    session.dispose();
    throw error;
  }
}

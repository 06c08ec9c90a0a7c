import { DisposableStore, LimpidError, toDisposable, untilAborted } from "../../sdk/base/index.js";
import { connectWindows, photopeaOrigin, type PhotopeaEndpoint } from "./endpoint.js";
import { failed } from "./failure.js";
import { PhotopeaHost, type PhotopeaHostOptions } from "./photopea-host.js";
import { PhotopeaSession, type PhotopeaSessionOptions } from "./session.js";

/** How to connect with the Photopea around this page. */
export interface ConnectPhotopeaOptions extends PhotopeaHostOptions, PhotopeaSessionOptions {
  /** Where Photopea is served; `https://www.photopea.com` if left out. No other page is listened or talked to. */
  readonly origin?: string;
  /** Gives up when it fires. */
  readonly signal?: AbortSignal;
}

/** How to put Photopea into this page. */
export interface EmbedPhotopeaOptions extends ConnectPhotopeaOptions {
  /** The element that Photopea is put into, as its last child. */
  readonly container: HTMLElement;
  /** Photopea's configuration, as its documentation of the `#` in its address says: `files`, `environment` and so on. */
  readonly configuration?: Readonly<Record<string, unknown>>;
  /** What screen readers call the frame; `"Photopea"` if left out. */
  readonly title?: string;
}

/**
 * Connects a plugin's page with the Photopea that it is a panel of.
 *
 * @param options - limits, waiting times, and what the panel shows
 * @returns the host, for the caller to dispose
 * @throws {@link LimpidError} `NotSupported` if this page is in no frame, `InvalidArgument` if `origin` is none, `HostFailed`
 * if Photopea does not answer, or lacks what nothing works without, `Aborted`
 *
 * @example
 * ```ts
 * const host = await connectPhotopea({ startTimeout: 10_000 });
 * console.log((await host.refresh()).document?.key.name);
 * ```
 */
export async function connectPhotopea(options: ConnectPhotopeaOptions = {}): Promise<PhotopeaHost> {
  if (window.parent === window) {
    throw new LimpidError("NotSupported", "this page is not in Photopea: add it there as a plugin");
  }
  const endpoint = connectWindows(window, window.parent, options.origin ?? photopeaOrigin);
  return startHost(endpoint, options);
}

/**
 * Puts Photopea into this page.
 *
 * @param options - where, with what configuration, limits and waiting times
 * @returns the host, for the caller to dispose; the frame goes with it
 * @throws {@link LimpidError} `NotSupported` if this page has no address that Photopea starts under, `InvalidArgument` if
 * `origin` is none, `HostFailed` if Photopea does not answer, `Aborted`
 *
 * @example
 * ```ts
 * const host = await embedPhotopea({
 *   container: document.querySelector("main")!,
 *   configuration: { files: [new URL("photo.jpg", location.href).href] },
 * });
 * ```
 */
export async function embedPhotopea(options: EmbedPhotopeaOptions): Promise<PhotopeaHost> {
  const { container, configuration = {}, title = "Photopea", origin = photopeaOrigin } = options;
  if (!/^https?:$/.test(location.protocol)) {
    throw new LimpidError("NotSupported", `Photopea does not start in a page from ${location.protocol}`);
  }
  const frame = document.createElement("iframe");
  frame.title = title;
  // Photopea does not start without a referrer, which the page's own policy may withhold.
  frame.referrerPolicy = "strict-origin-when-cross-origin";
  container.append(frame);
  try {
    const endpoint = connectWindows(window, frame.contentWindow!, origin);
    // A `#` is needed even without a configuration: the bare address is an advertisement.
    frame.src = `${origin}/#${encodeURIComponent(JSON.stringify(configuration))}`;
    await greeted(endpoint, options);
    return await startHost(
      {
        ...endpoint,
        ...toDisposable(() => {
          endpoint.dispose();
          frame.remove();
        }),
      },
      options,
    );
  } catch (error) {
    frame.remove();
    throw error;
  }
}

async function startHost(endpoint: PhotopeaEndpoint, options: ConnectPhotopeaOptions): Promise<PhotopeaHost> {
  const session = new PhotopeaSession(endpoint, options);
  try {
    await session.start(options.signal);
    const host = new PhotopeaHost(session, options);
    await host.probe(options.signal);
    return host;
  } catch (error) {
    session.dispose();
    throw error;
  }
}

/** Photopea says `"done"` once when it is ready; before that, what is posted to its frame is lost. */
async function greeted(
  endpoint: PhotopeaEndpoint,
  { startTimeout: timeout = 60_000, signal }: ConnectPhotopeaOptions,
): Promise<void> {
  const waiting = new DisposableStore();
  const done = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(failed("timeout", `Photopea has not started within ${timeout / 1000} s`, { timeout })),
      timeout,
    );
    waiting.add(toDisposable(() => clearTimeout(timer)));
    waiting.add(endpoint.onMessage((data) => data === "done" && resolve()));
  });
  try {
    await untilAborted(done, signal);
  } catch (error) {
    endpoint.dispose();
    throw error;
  } finally {
    waiting.dispose();
  }
}

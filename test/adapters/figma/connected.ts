import { EventEmitter, toDisposable } from "../../../src/sdk/base/index.js";
import type { FigmaEndpoint } from "../../../src/adapters/figma/endpoint.js";
import { FigmaHost, type FigmaHostOptions } from "../../../src/adapters/figma/figma-host.js";
import { serveFigma, type ServeFigmaOptions } from "../../../src/adapters/figma/main/index.js";
import { FigmaSession, type FigmaSessionOptions } from "../../../src/adapters/figma/session.js";
import { encodePng, PixelImage } from "../../../src/sdk/image/index.js";
import { FakeFigma } from "../../fakes/figma/index.js";

/** The two sides of a plugin in one thread; messages are copied, and arrive later, as between windows. */
export interface Connected {
  readonly figma: FakeFigma;
  readonly session: FigmaSession;
  readonly host: FigmaHost;
  /** Everything that the page has posted. */
  readonly posted: unknown[];
  /** Everything that the sandbox has posted. */
  readonly answered: unknown[];
  /** Says something to the page that the sandbox has not said. */
  inject(message: unknown): void;
}

/** What stands between the two sides: sees every message, and may change or swallow it. */
export interface Wire {
  toSandbox?: (message: unknown) => unknown;
  toPage?: (message: unknown) => unknown;
}

/** Connects a session with a sandbox on a fake Figma. The session has not been started. */
export function wire(
  options: FigmaSessionOptions & { serve?: Partial<ServeFigmaOptions>; wire?: Wire } = {},
): Omit<Connected, "host"> {
  const received = new EventEmitter<unknown>();
  const [posted, answered]: unknown[][] = [[], []];
  const same = (message: unknown): unknown => message;
  const { toSandbox = same, toPage = same } = options.wire ?? {};
  const figma = new FakeFigma({
    postMessage: (message) => {
      answered!.push(message);
      const passed = toPage(message);
      if (passed !== undefined) setTimeout(() => received.fire(passed), 0);
    },
  });
  serveFigma(figma.api, {
    page: { html: "<p>page</p>" },
    relaunch: { restore: "Restore again" },
    ...options.serve,
  });
  const endpoint: FigmaEndpoint = {
    onMessage: received.event,
    post(message) {
      posted!.push(message);
      const passed = toSandbox(message);
      if (passed !== undefined) setTimeout(() => figma.receive(passed), 0);
    },
    ...toDisposable(() => received.dispose()),
  };
  const session = new FigmaSession(endpoint, { timeout: 2_000, startTimeout: 2_000, ...options });
  return {
    figma,
    session,
    posted: posted!,
    answered: answered!,
    inject: (message) => received.fire(message),
  };
}

/** As {@link wire}, with a host on it. */
export async function connect(
  options: FigmaHostOptions & Parameters<typeof wire>[0] & { command?: string } = {},
): Promise<Connected> {
  const connected = wire(options);
  connected.figma.run(options.command ?? "open");
  const host = new FigmaHost(connected.session, await connected.session.start(), options);
  return { ...connected, host };
}

/** A picture in which neighbours differ. */
export function makePicture(width: number, height: number, channels: 3 | 4 = 3, seed = 1): PixelImage {
  const data = Uint8Array.from(
    { length: width * height * channels },
    (_, index) => (index * 37 + seed * 91) % 251,
  );
  return new PixelImage({ width, height, channels, data });
}

/** Opens a photo as a rectangle of its own size and selects it. */
export async function openPhoto(
  figma: FakeFigma,
  image: PixelImage,
  paint: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const id = figma.addPhoto(await encodePng(image), paint);
  figma.select([id]);
  return id;
}

/** The negative; alpha stays. */
export function invert(image: PixelImage): PixelImage {
  const { channels, hasAlpha, maximum } = image;
  return image.withData(
    image.data.map((value, index) =>
      hasAlpha && index % channels === channels - 1 ? value : maximum - value,
    ),
  );
}

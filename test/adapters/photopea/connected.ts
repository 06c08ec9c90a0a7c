import { EventEmitter, toDisposable } from "../../../src/sdk/base/index.js";
import { PixelImage } from "../../../src/sdk/image/index.js";
import { FakePhotopea } from "../../fakes/photopea/index.js";
import type { PhotopeaEndpoint } from "../../../src/adapters/photopea/endpoint.js";
import { PhotopeaHost, type PhotopeaHostOptions } from "../../../src/adapters/photopea/photopea-host.js";
import { PhotopeaSession, type PhotopeaSessionOptions } from "../../../src/adapters/photopea/session.js";

/** A host and the fake that it talks to, in one thread; messages are copied, and arrive later, as between windows. */
export interface Connected {
  readonly photopea: FakePhotopea;
  readonly session: PhotopeaSession;
  readonly host: PhotopeaHost;
  /** Everything that was posted to the fake. */
  readonly posted: (string | ArrayBuffer)[];
  /** Says something to the host that the fake has not said. */
  inject(message: unknown): void;
}

/** Connects a host with a fake. Nothing has been said yet. */
export function connect(options: PhotopeaHostOptions & PhotopeaSessionOptions = {}): Connected {
  const received = new EventEmitter<unknown>();
  const posted: (string | ArrayBuffer)[] = [];
  const photopea = new FakePhotopea((message) => {
    const copy: unknown = structuredClone(message);
    setImmediate(() => received.fire(copy));
  });
  const endpoint: PhotopeaEndpoint = {
    onMessage: received.event,
    post(message) {
      posted.push(typeof message === "string" ? message : message.slice(0));
      const copy = typeof message === "string" ? message : structuredClone(message, { transfer: [message] });
      setImmediate(() => void photopea.receive(copy));
    },
    ...toDisposable(() => received.dispose()),
  };
  const session = new PhotopeaSession(endpoint, { timeout: 1500, startTimeout: 1500, ...options });
  const host = new PhotopeaHost(session, options);
  return { photopea, session, host, posted, inject: (message) => received.fire(message) };
}

/** A picture in which neighbours differ. */
export function makePicture(width: number, height: number, channels: 3 | 4 = 4, seed = 1): PixelImage {
  const data = Uint8Array.from(
    { length: width * height * channels },
    (_, index) => (index * 37 + seed * 91) % 251,
  );
  return new PixelImage({ width, height, channels, data });
}

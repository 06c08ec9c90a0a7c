import { PixelImage } from "../../../src/sdk/image/index.js";
import { FakePhotopea, type SeenDocument } from "./fake-photopea.js";

/** A call of a test, from the page that talks to the fake. To Photopea's protocol it is an object, which means nothing. */
interface RemoteCall {
  readonly fakePhotopea: number;
  readonly method: string;
  readonly values: readonly unknown[];
}

/** Its answer. */
interface RemoteAnswer {
  readonly fakePhotopea: number;
  readonly value?: unknown;
  readonly error?: string;
}

/**
 * Makes this page a fake Photopea for another window: the page around it, or the panel in a frame of it.
 *
 * @param client - the other window
 * @param clientOrigin - its origin
 * @returns the fake
 */
export function serveFakePhotopea(client: Window, clientOrigin: string): FakePhotopea {
  const photopea = new FakePhotopea((message) => client.postMessage(message, clientOrigin));
  addEventListener("message", ({ source, origin, data }: MessageEvent<unknown>) => {
    if (source !== client || origin !== clientOrigin) return;
    if (isRemoteCall(data))
      void answer(photopea, data).then((reply) => client.postMessage(reply, clientOrigin));
    else void photopea.receive(data);
  });
  return photopea;
}

/** A person at a fake Photopea in another window. */
export class FakePhotopeaRemote {
  readonly #window: Window;
  readonly #origin: string;
  #count = 0;

  /**
   * @param photopea - the window that has called {@link serveFakePhotopea}
   * @param origin - its origin
   */
  constructor(photopea: Window, origin: string) {
    this.#window = photopea;
    this.#origin = origin;
  }

  /**
   * Does there what a method of {@link FakePhotopea} does.
   *
   * @param method - its name
   * @param values - its arguments
   * @returns what it returns
   */
  async do<
    Name extends Exclude<
      {
        [Key in keyof FakePhotopea]: FakePhotopea[Key] extends (...values: never) => unknown ? Key : never;
      }[keyof FakePhotopea],
      "receive" | "look"
    >,
  >(
    method: Name,
    ...values: Parameters<FakePhotopea[Name]>
  ): Promise<Awaited<ReturnType<FakePhotopea[Name]>>> {
    return (await this.#call(method, values)) as Awaited<ReturnType<FakePhotopea[Name]>>;
  }

  /** What a person sees there. */
  async look(): Promise<SeenDocument[]> {
    const documents = (await this.#call("look", [])) as SeenDocument[];
    return documents.map((document) => ({
      ...document,
      layers: document.layers.map((layer) => ({
        ...layer,
        image: layer.image && new PixelImage(layer.image),
      })),
    }));
  }

  /** Every script that was run there. */
  async scripts(): Promise<string[]> {
    return (await this.#call("scripts", [])) as string[];
  }

  /** How many documents were ever made there. */
  async documentCount(): Promise<number> {
    return (await this.#call("documentCount", [])) as number;
  }

  #call(method: string, values: readonly unknown[]): Promise<unknown> {
    const fakePhotopea = ++this.#count;
    return new Promise((resolve, reject) => {
      const listener = ({ source, data }: MessageEvent<unknown>): void => {
        if (source !== this.#window || !isAnswer(data, fakePhotopea)) return;
        removeEventListener("message", listener);
        if (data.error === undefined) resolve(data.value);
        else reject(new Error(data.error));
      };
      addEventListener("message", listener);
      this.#window.postMessage({ fakePhotopea, method, values } satisfies RemoteCall, this.#origin);
    });
  }
}

async function answer(
  photopea: FakePhotopea,
  { fakePhotopea, method, values }: RemoteCall,
): Promise<RemoteAnswer> {
  try {
    const member = Reflect.get(photopea, method) as unknown;
    if (typeof member !== "function") return { fakePhotopea, value: member };
    return { fakePhotopea, value: await (Reflect.apply(member, photopea, values) as unknown) };
  } catch (error) {
    return { fakePhotopea, error: String(error) };
  }
}

function isRemoteCall(data: unknown): data is RemoteCall {
  return typeof data === "object" && data !== null && "fakePhotopea" in data && "method" in data;
}

function isAnswer(data: unknown, fakePhotopea: number): data is RemoteAnswer {
  return (
    typeof data === "object" && data !== null && "fakePhotopea" in data && data.fakePhotopea === fakePhotopea
  );
}

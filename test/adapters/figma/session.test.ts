import { afterEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  connectWindows,
  type FigmaPageWindow,
  type FigmaWindow,
} from "../../../src/adapters/figma/endpoint.js";
import { chunkLength, maximumFileLength } from "../../../src/adapters/figma/protocol.js";
import { LimpidError } from "../../../src/sdk/base/index.js";
import { encodePng, PixelImage } from "../../../src/sdk/image/index.js";
import { makePicture, openPhoto, wire, type Wire } from "./connected.js";

type Opened = ReturnType<typeof wire>;

const opened: Opened[] = [];

function open(options: Parameters<typeof wire>[0] = {}): Opened {
  const connected = wire({ timeout: 400, startTimeout: 400, ...options });
  opened.push(connected);
  return connected;
}

afterEach(() => {
  for (const { session } of opened.splice(0)) session.dispose();
});

async function failureOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!LimpidError.is(error)) throw new Error(`expected a LimpidError, not ${String(error)}`);
  const { reason } = error.details;
  return typeof reason === "string" ? `${error.code} ${reason}` : error.code;
}

interface Message {
  readonly session: string;
  readonly call: number;
  readonly method: string;
  readonly params: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30));

/** A file that takes several messages: a picture, and much behind it that decoders pass over. */
async function makeLongFile(): Promise<Uint8Array> {
  const picture = await encodePng(makePicture(8, 6));
  const file = new Uint8Array(2.5 * chunkLength).map((_, index) => (index * 31) % 251);
  file.set(picture);
  return file;
}

describe("a session with the sandbox", () => {
  test("carries files in pieces of a bounded length, as Uint8Arrays and nothing else", async () => {
    const { figma, session, posted, answered } = open({ timeout: 20_000 });
    await session.start();
    const file = await makeLongFile();
    const hash = await session.turn((turn) => turn.upload(file));
    // Not toEqual, which takes a minute for as many bytes.
    expect(Buffer.from(figma.imageBytes(hash)).equals(file)).toBe(true);
    const id = figma.addPhoto(file);
    const back = await session.turn(async (turn) => {
      const limits = { maximumSide: 4096, maximumPixels: 1e8 };
      const { transfer, length } = await turn.call("openFill", { nodeId: id, index: 0, ...limits });
      return turn.download(transfer, length);
    });
    expect(Buffer.from(back).equals(file)).toBe(true);
    for (const message of [...posted, ...answered] as Message[]) {
      const bytes = message.params?.bytes ?? message.result?.bytes;
      if (bytes !== undefined) {
        expect(bytes).toBeInstanceOf(Uint8Array);
        expect((bytes as Uint8Array).length).toBeLessThanOrEqual(chunkLength);
      }
    }
  });

  test("is answered by nobody else: other sessions, late answers, nonsense and answers to nothing are passed over", async () => {
    const { session, inject, answered } = open();
    await session.start();
    const { session: name } = answered[0] as Message;
    const told: unknown[] = [];
    session.onDidChangeSelection((state) => told.push(state));
    const look = session.turn((turn) => turn.call("look", {}));
    const forged = { pageId: "forged", layers: [], fills: [], isCut: false };
    inject({ limpid: 1, session: "f".repeat(24), call: 2, result: forged });
    inject({ limpid: 1, session: "f".repeat(24), selection: forged });
    inject({ limpid: 2, session: name, call: 2, result: forged });
    inject({ limpid: 1, session: name, call: 99, result: forged });
    inject({ limpid: 1, session: name, selection: { ...forged, fills: "many" } });
    for (const nothing of [null, undefined, 1, "done", [], {}, new Uint8Array(3)]) inject(nothing);
    expect((await look).pageId).not.toBe("forged");
    expect(told).toEqual([]);
    inject({ limpid: 1, session: name, selection: forged });
    expect(told).toEqual([forged]);
  });

  test("passes over whatever does not have its form", async () => {
    const { session, inject } = open();
    await session.start();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.anything(), { maxLength: 8 }), async (messages) => {
        for (const message of messages) inject(message);
        const { fills } = await session.turn((turn) => turn.call("look", {}));
        expect(fills).toEqual([]);
      }),
      { seed: 5, numRuns: 30 },
    );
  });

  test.each([
    ["another type", { bytes: [1, 2, 3] }],
    ["an oversized piece", { bytes: new Uint8Array(chunkLength + 1) }],
    ["a short piece", { bytes: new Uint8Array(1) }],
    ["nothing", {}],
  ])("refuses a piece of a file that is %s, and goes on", async (_, result) => {
    const rewrite: Wire = {
      toPage: (message) => {
        const { result: told } = message as Message;
        return told && "bytes" in told ? { ...(message as object), result } : message;
      },
    };
    const { figma, session } = open({ wire: rewrite });
    await session.start();
    const nodeId = await openPhoto(figma, makePicture(8, 6));
    const read = session.turn(async (turn) => {
      const limits = { maximumSide: 99, maximumPixels: 999 };
      const { transfer, length } = await turn.call("openFill", { nodeId, index: 0, ...limits });
      return turn.download(transfer, length);
    });
    expect(await failureOf(read)).toBe("HostFailed malformed");
    expect((await session.turn((turn) => turn.call("look", {}))).fills).toHaveLength(1);
  });

  test("says so if nobody answers, starts again later, and ends with Disposed", async () => {
    let isDeaf = true;
    const { session } = open({ wire: { toSandbox: (message) => (isDeaf ? undefined : message) } });
    expect(await failureOf(session.start())).toBe("HostFailed timeout");
    isDeaf = false;
    await session.start();
    isDeaf = true;
    expect(await failureOf(session.turn((turn) => turn.call("look", {})))).toBe("HostFailed timeout");
    const waiting = session.turn((turn) => turn.call("look", {}));
    setImmediate(() => session.dispose());
    expect(await failureOf(waiting)).toBe("Disposed");
    expect(await failureOf(session.turn((turn) => turn.call("look", {})))).toBe("Disposed");
  });

  test("gives up what waits when its signal fires, and refuses files that are too large before it sends them", async () => {
    const { session, posted } = open();
    await session.start();
    const aborted = session.turn((turn) => turn.call("look", {}), AbortSignal.abort());
    expect(await failureOf(aborted)).toBe("Aborted");
    const count = posted.length;
    const upload = session.turn((turn) => turn.upload({ length: maximumFileLength + 1 } as Uint8Array));
    expect(await failureOf(upload)).toBe("ImageTooLarge");
    expect(posted.length).toBe(count);
  });
});

describe("the sandbox", () => {
  test("does nothing twice: replayed, reordered and foreign messages are passed over", async () => {
    const { figma, session, posted, answered } = open();
    await session.start();
    const id = await openPhoto(figma, makePicture(8, 6));
    const file = await encodePng(makePicture(8, 6, 3, 4));
    const fill = (await session.turn((turn) => turn.call("look", {}))).fills[0]!;
    await session.turn(async (turn) => {
      const image = await turn.upload(file);
      await turn.call("replaceFill", { nodeId: id, index: 0, hash: fill.hash, image, factor: 1 });
      await turn.call("addTiles", {
        nodeId: id,
        frame: {
          width: 1,
          height: 1,
          transform: [
            [1, 0, 0],
            [0, 1, 0],
          ],
        },
        tiles: [{ image, x: 0, y: 0, width: 1, height: 1, shown: { x: 0, y: 0, width: 1, height: 1 } }],
        label: "Tile",
      });
    });
    await settled();
    const before = [figma.look(), figma.undoSteps, answered.length];
    for (const message of [...posted, ...[...posted].reverse()] as Message[]) {
      figma.receive(message);
      // A greeting would begin another session, which is not for a test of this one.
      if (message.method !== "hello") figma.receive({ ...message, session: "e".repeat(24) });
    }
    await settled();
    expect([figma.look(), figma.undoSteps, answered.length]).toEqual(before);
  });

  test("refuses malformed and oversized requests by name, and does nothing", async () => {
    const { figma, session, answered } = open();
    await session.start();
    const id = await openPhoto(figma, makePicture(8, 6));
    const before = [figma.look(), figma.undoSteps, figma.imageCount];
    const { session: name } = answered[0] as Message;
    const requests: [string, unknown][] = [
      ["replaceFill", { nodeId: id, index: -1, hash: "x", image: "y", factor: 1 }],
      ["replaceFill", { nodeId: id, index: 0, hash: "x", image: "y", factor: Number.NaN }],
      ["begin", { length: maximumFileLength + 1 }],
      ["begin", { length: 1e300 }],
      ["write", { transfer: 1, offset: 0, bytes: new Uint8Array(chunkLength + 1) }],
      ["write", { transfer: 77, offset: 0, bytes: new Uint8Array(1) }],
      ["addTiles", { nodeId: id, frame: {}, tiles: [], label: "" }],
      ["notify", { text: "x".repeat(101), isError: false }],
      ["openRendering", { nodeId: id, scale: 1e9, maximumSide: 10, maximumPixels: 10 }],
      ["look", null],
    ];
    for (const [at, [method, params]] of requests.entries()) {
      figma.receive({ limpid: 1, session: name, call: 100 + at, method, params });
    }
    figma.receive({ limpid: 1, session: name, call: 200, method: "remove", params: {} });
    await settled();
    const errors = (answered as { call?: number; error?: { reason: string } }[]).filter(
      ({ call = 0 }) => call >= 100,
    );
    expect(errors.map(({ call, error }) => [call, error?.reason])).toEqual(
      requests.map((_, at) => [100 + at, "malformed"]),
    );
    expect([figma.look(), figma.undoSteps, figma.imageCount]).toEqual(before);
  });

  test("ends a transfer whose pieces come out of order, twice, too long or not at all", async () => {
    const { figma, session } = open();
    await session.start();
    const bytes = new Uint8Array(4);
    const cases: [number, Uint8Array][][] = [
      [[4, bytes]],
      [
        [0, bytes],
        [0, bytes],
      ],
      [[0, new Uint8Array(11)]],
      [[0, new Uint8Array(0)]],
      [[0, bytes]],
    ];
    for (const pieces of cases) {
      const upload = session.turn(async (turn) => {
        const { transfer } = await turn.call("begin", { length: 10 });
        for (const [offset, piece] of pieces) await turn.call("write", { transfer, offset, bytes: piece });
        return turn.call("finish", { transfer });
      });
      expect(await failureOf(upload)).toBe("HostFailed malformed");
    }
    const many = session.turn(async (turn) => {
      for (let count = 0; count < 20; count++) await turn.call("begin", { length: 1 });
    });
    expect(await failureOf(many)).toBe("HostFailed malformed");
    expect(figma.imageCount).toBe(0);
  });

  test("takes no file that Figma would not take", async () => {
    const { session } = open();
    await session.start();
    const upload = (file: Uint8Array) => failureOf(session.turn((turn) => turn.upload(file)));
    const wide = new PixelImage({ width: 4097, height: 1, channels: 1, data: new Uint8Array(4097) });
    expect(await upload(await encodePng(wide))).toBe("ImageTooLarge too-large");
    expect(await upload(new Uint8Array(100))).toBe("UnsupportedImage unsupported-image");
  });
});

describe("connected windows", () => {
  const makePage = (origin: string) =>
    Object.assign(new EventTarget(), {
      origin,
      say(this: EventTarget, source: unknown, from: string, data: unknown) {
        this.dispatchEvent(Object.assign(new Event("message"), { source, origin: from, data }));
      },
    });
  const makeParent = (): FigmaWindow & { sent: unknown[][] } => {
    const sent: unknown[][] = [];
    return { sent, postMessage: (...values) => void sent.push(values) };
  };
  const asPage = (page: unknown): FigmaPageWindow => page as FigmaPageWindow;

  test("a page with an address listens to Figma in the window around it, and talks to one plugin in it", () => {
    const [page, parent, other] = [makePage("https://limpid.example"), makeParent(), makeParent()];
    const endpoint = connectWindows(asPage(page), parent, { pluginId: "42" });
    const heard: unknown[] = [];
    endpoint.onMessage((message) => heard.push(message));
    const figma = "https://www.figma.com";
    page.say(other, figma, { pluginMessage: "of another window" });
    for (const origin of [
      "https://figma.com",
      "http://www.figma.com",
      "https://www.figma.com.evil.org",
      "null",
    ]) {
      page.say(parent, origin, { pluginMessage: "of another origin" });
    }
    for (const data of [null, 1, "text", {}, { pluginId: "42" }]) page.say(parent, figma, data);
    page.say(parent, figma, { pluginMessage: "genuine" });
    endpoint.post(1);
    endpoint.dispose();
    page.say(parent, figma, { pluginMessage: "late" });
    expect(heard).toEqual(["genuine"]);
    expect(parent.sent).toEqual([[{ pluginMessage: 1, pluginId: "42" }, figma]]);
  });

  test("a page that Figma holds listens to the window around it alone", () => {
    const [page, parent, other] = [makePage("null"), makeParent(), makeParent()];
    const endpoint = connectWindows(asPage(page), parent, {});
    const heard: unknown[] = [];
    endpoint.onMessage((message) => heard.push(message));
    page.say(other, "https://www.figma.com", { pluginMessage: "of another window" });
    page.say(parent, "null", { pluginMessage: "genuine" });
    endpoint.post(1);
    expect(heard).toEqual(["genuine"]);
    expect(parent.sent).toEqual([[{ pluginMessage: 1 }, "*"]]);
  });

  test.each([
    [{ origin: "*", pluginId: "42" }],
    [{ origin: "https://www.figma.com/", pluginId: "42" }],
    [{ origin: "", pluginId: "42" }],
    [{}],
    [{ pluginId: "*" }],
  ])("are not made with %j", (address) => {
    const connect = () => connectWindows(asPage(makePage("https://limpid.example")), makeParent(), address);
    expect(connect).toThrow(LimpidError);
  });
});

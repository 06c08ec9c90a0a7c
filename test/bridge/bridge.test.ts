import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import * as v from "valibot";
import { LimpidError } from "../../src/sdk/base/index.js";
import { Bridge, checkPlainValue, messageLimits, type BridgePort } from "../../src/sdk/bridge/index.js";
import { errorOf } from "../support/index.js";

/** A port of the platform as it is. */
function portOf(port: MessagePort): BridgePort {
  return {
    postMessage: (message, transfer) => port.postMessage(message, [...transfer]),
    listen(listener, onUnreadable) {
      port.onmessageerror = onUnreadable;
      port.onmessage = ({ data }) => listener(data);
    },
    close() {
      port.onmessage = null;
      port.close();
    },
  };
}

const methods = {
  echo: { params: v.unknown(), result: v.unknown() },
  double: { params: v.strictObject({ value: v.number() }), result: v.number() },
  wrong: { params: v.undefined(), result: v.number() },
  slow: { params: v.undefined(), result: v.string() },
  bytes: { bytes: 64, params: v.unknown(), result: v.unknown() },
} as const;

/** An end whose other end is the test. */
function rawBridge() {
  let deliver: (message: unknown) => void = () => undefined;
  const sent: unknown[] = [];
  const broken: LimpidError[] = [];
  let [calls, closed] = [0, 0];
  const signals: AbortSignal[] = [];
  const port: BridgePort = {
    postMessage: (message) => sent.push(structuredClone(message)),
    listen: (listener) => (deliver = listener),
    close: () => closed++,
  };
  const bridge = new Bridge({
    port,
    local: methods,
    remote: methods,
    handlers: {
      echo: (params) => (calls++, params),
      double: ({ value }) => (calls++, value * 2),
      wrong: () => (calls++, "text" as unknown as number),
      slow: (_, signal) => {
        signals.push(signal);
        return new Promise((resolve, reject) =>
          signal.addEventListener("abort", () => reject(signal.reason as Error)),
        );
      },
      bytes: (params) => (calls++, params),
    },
    onBroken: (error) => broken.push(error),
  });
  return {
    bridge,
    sent,
    broken,
    signals,
    receive: (message: unknown) => deliver(message),
    calls: () => calls,
    closed: () => closed,
  };
}

const request = (id: number, method: string, params: unknown) => ({ kind: "request", id, method, params });
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("a bridge", () => {
  function pair() {
    const { port1, port2 } = new MessageChannel();
    const broken: LimpidError[] = [];
    const end = (port: MessagePort) =>
      new Bridge({
        port: portOf(port),
        local: methods,
        remote: methods,
        handlers: {
          echo: (params) => params,
          double: ({ value }) => {
            if (value < 0) throw new LimpidError("InvalidArgument", `${value} is negative`);
            if (value > 1e9) throw new RangeError("too large");
            return value * 2;
          },
          wrong: () => "text" as unknown as number,
          slow: (_, signal) =>
            new Promise((resolve, reject) =>
              signal.addEventListener("abort", () => reject(signal.reason as Error)),
            ),
          bytes: (params) => params,
        },
        onBroken: (error) => broken.push(error),
      });
    return { left: end(port1), right: end(port2), broken };
  }

  test("asks and answers both ways over a channel, at the same time", async () => {
    const { left, right, broken } = pair();
    const answers = await Promise.all([
      left.request("double", { value: 2 }),
      right.request("double", { value: 3 }),
      left.request("echo", { a: [1, null, "x", { b: undefined }] }),
      left.request("bytes", Uint8Array.of(1, 2, 3)),
    ]);
    expect(answers).toEqual([4, 6, { a: [1, null, "x", { b: undefined }] }, Uint8Array.of(1, 2, 3)]);
    await expect(left.request("double", { value: -1 })).rejects.toMatchObject({
      name: "LimpidError",
      code: "InvalidArgument",
      message: "-1 is negative",
    });
    await expect(left.request("double", { value: 1e10 })).rejects.toMatchObject({
      code: "ExtensionFailed",
      message: "RangeError: too large",
    });
    await expect(left.request("wrong", undefined)).rejects.toMatchObject({ code: "InvalidMessage" });
    expect([broken, left.pendingCount, right.pendingCount]).toEqual([[], 0, 0]);
    left.dispose();
    right.dispose();
  });

  test("gives up on a signal or when the time is up, and goes on", async () => {
    const { left, right, broken } = pair();
    const controller = new AbortController();
    const asking = left.request("slow", undefined, { signal: controller.signal });
    controller.abort("enough");
    await expect(asking).rejects.toMatchObject({ code: "Aborted", cause: "enough" });
    await expect(left.request("slow", undefined, { timeout: 20 })).rejects.toMatchObject({
      code: "ExtensionFailed",
      message: "slow did not answer within 20 ms",
    });
    expect(await left.request("double", { value: 5 })).toBe(10);
    expect([broken, left.pendingCount]).toEqual([[], 0]);
    left.dispose();
    await expect(left.request("double", { value: 5 })).rejects.toMatchObject({ code: "Disposed" });
    right.dispose();
  });

  test("sends nothing that the other end would refuse", async () => {
    const { bridge, sent, broken } = rawBridge();
    const circle: unknown[] = [];
    circle.push(circle);
    const refused = [
      () => bridge.request("double", { value: "2" } as never),
      () => bridge.request("double", { value: 2, more: 1 } as never),
      () => bridge.request("echo", () => 1),
      () => bridge.request("echo", new Map()),
      () => bridge.request("echo", circle),
      () => bridge.request("echo", Uint8Array.of(1)),
      () => bridge.request("bytes", new Uint8Array(65)),
      () => bridge.request("echo", "x".repeat(2 ** 20 + 1)),
    ];
    for (const ask of refused) await expect(ask()).rejects.toMatchObject({ code: "InvalidMessage" });
    expect([sent, broken]).toEqual([[], []]);
  });

  test("fails what waits when it closes", async () => {
    const { bridge, closed, receive, signals } = rawBridge();
    const asking = bridge.request("slow", undefined);
    receive(request(1, "slow", undefined));
    bridge.dispose();
    bridge.dispose();
    await expect(asking).rejects.toMatchObject({ code: "Disposed" });
    expect([closed(), bridge.pendingCount, signals[0]?.aborted]).toEqual([1, 0, true]);
  });

  const good = request(1, "double", { value: 1 });
  test.each<[string, readonly unknown[]]>([
    ["no message", [undefined]],
    ["a text", ["request"]],
    ["an unknown kind", [{ kind: "shout", id: 1 }]],
    ["an unknown field", [{ ...good, more: 1 }]],
    ["a missing field", [{ kind: "request", id: 1, method: "double" }]],
    ["an id that is none", [{ ...good, id: 0 }]],
    ["a broken id", [{ ...good, id: 1.5 }]],
    ["an unknown method", [{ ...good, method: "triple" }]],
    ["a method of all objects", [{ ...good, method: "constructor" }]],
    ["a method of prototypes", [{ ...good, method: "__proto__" }]],
    ["wrong parameters", [{ ...good, params: { value: "1" } }]],
    ["more parameters", [{ ...good, params: { value: 1, more: 1 } }]],
    ["bytes where none belong", [request(1, "echo", new Uint8Array(8))]],
    ["too many bytes", [request(1, "bytes", new Uint8Array(65))]],
    ["a replayed request", [good, good]],
    ["a request out of order", [{ ...good, id: 2 }, good]],
    ["an answer that nobody asked for", [{ kind: "response", id: 1, result: 1 }]],
    ["an error that nobody asked for", [{ kind: "error", id: 7, error: { code: "Aborted", message: "" } }]],
    ["a cancellation of the future", [{ kind: "cancel", id: 1 }]],
    ["a class", [request(1, "echo", new Date())]],
    ["too much text", [request(1, "echo", "x".repeat(2 ** 20 + 1))]],
    ["too many values", [request(1, "echo", new Array(20_001).fill(0))]],
    ["a sparse list", [request(1, "echo", new Array(2 ** 31))]],
    ["a deep list", [request(1, "echo", JSON.parse(`${"[".repeat(30)}${"]".repeat(30)}`))]],
  ])("breaks at %s, and answers nobody any more", async (_, messages) => {
    const { bridge, sent, broken, receive, closed } = rawBridge();
    const asking = bridge.request("slow", undefined);
    asking.catch(() => undefined);
    const before = messages.length > 1 ? 1 : 0;
    sent.length = 0;
    // The question above has the id 1: an answer to it would be right.
    for (const message of messages) receive(id1(message));
    await settled();
    expect(broken.map(({ code }) => code)).toEqual(["InvalidMessage"]);
    await expect(asking).rejects.toMatchObject({ code: "InvalidMessage" });
    receive({ ...good, id: 99 });
    await settled();
    expect([broken.length, closed(), sent.length <= before]).toEqual([1, 1, true]);
  });

  /** Answers to the id 1 would be answers to the question that is open: they are for another. */
  function id1(message: unknown): unknown {
    const { kind, id } = (message ?? {}) as { kind?: string; id?: number };
    return kind === "response" && id === 1 ? { ...(message as object), id: 5 } : message;
  }

  test("breaks at an answer of the wrong shape, and at a second one", async () => {
    const first = rawBridge();
    const asking = first.bridge.request("double", { value: 1 });
    first.receive({ kind: "response", id: 1, result: "2" });
    await expect(asking).rejects.toMatchObject({ code: "InvalidMessage" });
    const second = rawBridge();
    const fine = second.bridge.request("double", { value: 1 });
    second.receive({ kind: "response", id: 1, result: 2 });
    expect(await fine).toBe(2);
    second.receive({ kind: "response", id: 1, result: 2 });
    expect(second.broken.map(({ code }) => code)).toEqual(["InvalidMessage"]);
  });

  test("breaks at too many requests at a time", () => {
    const { receive, broken } = rawBridge();
    for (let id = 1; id <= 256; id++) receive(request(id, "slow", undefined));
    expect(broken).toEqual([]);
    receive(request(257, "slow", undefined));
    expect(broken.map(({ code }) => code)).toEqual(["InvalidMessage"]);
  });

  test("never throws, and runs a handler for right messages alone, whatever comes", async () => {
    const id = fc.oneof(
      fc.integer({ min: 1, max: 6 }),
      fc.constantFrom(0, -1, 1.5, Number.NaN, 2 ** 53, "1", null),
    );
    const method = fc.oneof(
      fc.constantFrom("echo", "double", "wrong", "bytes", "slow"),
      fc.constantFrom("toString", "__proto__", "", "x".repeat(65)),
    );
    const params = fc.oneof(
      fc.record({ value: fc.oneof(fc.integer(), fc.string(), fc.constant(Number.NaN)) }),
      fc.anything({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withTypedArray: true,
        withSparseArray: true,
        maxDepth: 2,
      }),
      fc.constant(undefined),
    );
    const right = fc
      .record({ id: fc.integer({ min: 1, max: 9 }), value: fc.integer() })
      .map(({ id, value }) => request(id, "double", { value }));
    const message = fc.oneof(
      { weight: 8, arbitrary: right },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant("request"), id, method, params }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant("response"), id, result: params }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("cancel"), id }) },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant("error"),
          id,
          error: fc.record({ code: fc.constantFrom("Aborted", "x", 5), message: fc.string() }),
        }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.string(), id, method }, { requiredKeys: [] }) },
      { weight: 1, arbitrary: fc.anything() },
    );
    let [answered, brokenCount] = [0, 0];
    await fc.assert(
      fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 8 }), async (messages) => {
        const { bridge, receive, broken, sent, calls } = rawBridge();
        bridge.request("echo", 1).catch(() => undefined);
        sent.length = 0;
        let [last, expected] = [0, 0];
        for (const one of messages) {
          const {
            kind,
            id: given,
            method: name,
          } = (one ?? {}) as { kind?: unknown; id?: unknown; method?: unknown };
          const isNext =
            kind === "request" &&
            Number.isSafeInteger(given) &&
            (given as number) > last &&
            Object.hasOwn(methods, String(name));
          if (isNext) {
            last = given as number;
            expected++;
          }
          receive(one);
        }
        await settled();
        expect(calls()).toBeLessThanOrEqual(expected);
        expect(sent.length).toBeLessThanOrEqual(expected);
        expect(broken.length).toBeLessThanOrEqual(1);
        for (const { code } of broken) expect(code).toBe("InvalidMessage");
        answered += calls();
        brokenCount += broken.length;
        bridge.dispose();
      }),
      { seed: 6, numRuns: 1500 },
    );
    expect(answered).toBeGreaterThan(200);
    expect(brokenCount).toBeGreaterThan(500);
  });
});

describe("plain data", () => {
  test("is what JSON can hold, and passes", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        expect(() => checkPlainValue(value, messageLimits)).not.toThrow();
        expect(() => checkPlainValue(structuredClone(value), messageLimits)).not.toThrow();
      }),
      { seed: 7, numRuns: 1000 },
    );
  });

  class Box {
    readonly side = 1;
  }

  test.each<[unknown, string]>([
    [new Map(), "an object of a class"],
    [{ a: { b: new Set() } }, "at a.b"],
    [[1, Number.NaN], "at 1: it is NaN"],
    [Symbol("x"), "it is a symbol"],
    [1n, "it is a bigint"],
    [Object.assign([1], { more: 2 }), "holes or names"],
    [new BigInt64Array(1), "more|BigInt64Array"],
    [{ [Symbol("x")]: 1 }, "an object of a class"],
    [new Box(), "an object of a class"],
    [new Error("x"), "an object of a class"],
    [new ArrayBuffer(4), "an object of a class"],
  ])("is not %p", (value, fault) => {
    const { code, message } = errorOf(() => checkPlainValue(value, { ...messageLimits, bytes: 100 }));
    expect(code).toBe("InvalidMessage");
    expect(message).toMatch(new RegExp(fault));
  });

  test("counts the whole buffer behind a view of a part", () => {
    const view = new Uint8Array(new ArrayBuffer(1000), 0, 1);
    expect(errorOf(() => checkPlainValue(view, { ...messageLimits, bytes: 999 })).code).toBe(
      "InvalidMessage",
    );
    expect(() => checkPlainValue(view, { ...messageLimits, bytes: 1000 })).not.toThrow();
  });
});

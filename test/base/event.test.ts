import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { EventEmitter } from "../../src/sdk/base/index.js";
import { expectCollected } from "../support/index.js";

describe("EventEmitter", () => {
  test("calls its listeners in order with the event", () => {
    const log: string[] = [];
    const emitter = new EventEmitter<number>();
    emitter.event((value) => log.push(`first ${value}`));
    emitter.event((value) => log.push(`second ${value}`));
    emitter.fire(1);
    emitter.fire(2);
    expect(log).toEqual(["first 1", "second 1", "first 2", "second 2"]);
  });

  test("fires without listeners", () => {
    const emitter = new EventEmitter<void>();
    expect(() => {
      emitter.fire();
    }).not.toThrow();
  });

  test("stops calling a listener that was disposed, and no other", () => {
    const log: string[] = [];
    const emitter = new EventEmitter<void>();
    const first = emitter.event(() => log.push("first"));
    emitter.event(() => log.push("second"));
    first.dispose();
    first.dispose();
    emitter.fire();
    expect(log).toEqual(["second"]);
  });

  test("counts a listener that was added twice as two", () => {
    let calls = 0;
    const listener = () => calls++;
    const emitter = new EventEmitter<void>();
    const first = emitter.event(listener);
    emitter.event(listener);
    emitter.fire();
    expect(calls).toBe(2);
    first.dispose();
    emitter.fire();
    expect(calls).toBe(3);
  });

  test("hands out an event that works on its own", () => {
    const log: number[] = [];
    const emitter = new EventEmitter<number>();
    const { event } = emitter;
    event((value) => log.push(value));
    emitter.fire(7);
    expect(log).toEqual([7]);
  });

  test("a listener added while firing waits for the next event", () => {
    const log: string[] = [];
    const emitter = new EventEmitter<string>();
    emitter.event((name) => {
      log.push(`outer ${name}`);
      if (name === "a") emitter.event((later) => log.push(`inner ${later}`));
    });
    emitter.fire("a");
    emitter.fire("b");
    expect(log).toEqual(["outer a", "outer b", "inner b"]);
  });

  test("a listener removed while firing is not called", () => {
    const log: string[] = [];
    const emitter = new EventEmitter<void>();
    emitter.event(() => {
      second.dispose();
    });
    const second = emitter.event(() => log.push("second"));
    emitter.event(() => log.push("third"));
    emitter.fire();
    expect(log).toEqual(["third"]);
  });

  test("a nested event is complete before the outer one goes on", () => {
    const log: string[] = [];
    const emitter = new EventEmitter<number>();
    emitter.event((depth) => {
      if (depth === 0) emitter.fire(1);
    });
    emitter.event((depth) => log.push(`depth ${depth}`));
    emitter.fire(0);
    expect(log).toEqual(["depth 1", "depth 0"]);
  });

  test("reaches nobody after dispose, and takes no new listeners", () => {
    const log: string[] = [];
    const emitter = new EventEmitter<void>();
    const before = emitter.event(() => log.push("before"));
    emitter.dispose();
    emitter.dispose();
    const after = emitter.event(() => log.push("after"));
    emitter.fire();
    expect(log).toEqual([]);
    before.dispose();
    after.dispose();
  });

  test("stops in the middle if a listener disposes the emitter", () => {
    const log: string[] = [];
    const emitter = new EventEmitter<void>();
    emitter.event(() => {
      emitter.dispose();
    });
    emitter.event(() => log.push("second"));
    emitter.fire();
    expect(log).toEqual([]);
  });

  test("holds no listener once it is disposed", async () => {
    await expectCollected(() => {
      const emitter = new EventEmitter<void>();
      const listener = () => undefined;
      emitter.event(listener);
      emitter.dispose();
      return { keep: emitter, collect: listener };
    });
  });

  test("holds no listener whose registration is disposed", async () => {
    await expectCollected(() => {
      const emitter = new EventEmitter<void>();
      const listener = () => undefined;
      const registration = emitter.event(listener);
      registration.dispose();
      return { keep: [emitter, registration], collect: listener };
    });
  });

  describe("with a listener that fails", () => {
    const reported: unknown[] = [];
    beforeEach(() => {
      reported.length = 0;
      jest.spyOn(console, "error").mockImplementation((error) => void reported.push(error));
    });
    afterEach(() => {
      jest.restoreAllMocks();
      Reflect.deleteProperty(globalThis, "reportError");
    });

    test("calls the others and reports the error", () => {
      const log: string[] = [];
      const emitter = new EventEmitter<void>();
      const error = new Error("broken listener");
      emitter.event(() => {
        throw error;
      });
      emitter.event(() => log.push("second"));
      emitter.fire();
      expect(log).toEqual(["second"]);
      expect(reported).toEqual([error]);
    });

    test("reports a rejected promise", async () => {
      const emitter = new EventEmitter<void>();
      const error = new Error("broken promise");
      emitter.event(() => Promise.reject(error));
      emitter.fire();
      await Promise.resolve();
      await Promise.resolve();
      expect(reported).toEqual([error]);
    });

    test("reports as the browser does where it can", () => {
      const seen: unknown[] = [];
      Object.assign(globalThis, { reportError: (error: unknown) => seen.push(error) });
      const emitter = new EventEmitter<void>();
      emitter.event(() => {
        throw new Error("broken listener");
      });
      emitter.fire();
      expect(seen.map(String)).toEqual(["Error: broken listener"]);
      expect(reported).toEqual([]);
    });
  });
});

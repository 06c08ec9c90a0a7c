import { describe, expect, test } from "@jest/globals";
import { DisposableStore, EventEmitter, toDisposable } from "../../src/sdk/base/index.js";
import { expectCollected } from "../support/index.js";

/** A disposable that writes its name down each time it is disposed. */
function recorder(log: string[], name: string) {
  return { name, dispose: () => void log.push(name) };
}

describe("toDisposable", () => {
  test("runs its function once", () => {
    const log: string[] = [];
    const disposable = toDisposable(() => log.push("run"));
    expect(log).toEqual([]);
    disposable.dispose();
    disposable.dispose();
    expect(log).toEqual(["run"]);
  });

  test("runs once even if it throws or calls itself", () => {
    let runs = 0;
    const throwing = toDisposable(() => {
      runs++;
      throwing.dispose();
      throw new Error("broken");
    });
    expect(() => {
      throwing.dispose();
    }).toThrow("broken");
    throwing.dispose();
    expect(runs).toBe(1);
  });

  test("lets go of its function once it has run", async () => {
    await expectCollected(() => {
      const held = { bytes: new Uint8Array(16) };
      const disposable = toDisposable(() => held.bytes.fill(0));
      disposable.dispose();
      return { keep: disposable, collect: held };
    });
  });
});

describe("DisposableStore", () => {
  test("returns what it takes", () => {
    const store = new DisposableStore();
    const member = recorder([], "a");
    expect(store.add(member)).toBe(member);
  });

  test("disposes its members, the last added first", () => {
    const log: string[] = [];
    const store = new DisposableStore();
    for (const name of ["a", "b", "c"]) store.add(recorder(log, name));
    expect(store.isDisposed).toBe(false);
    expect(log).toEqual([]);
    store.dispose();
    expect(store.isDisposed).toBe(true);
    expect(log).toEqual(["c", "b", "a"]);
  });

  test("disposes once, and a member added twice once", () => {
    const log: string[] = [];
    const store = new DisposableStore();
    const member = recorder(log, "a");
    store.add(member);
    store.add(member);
    store.dispose();
    store.dispose();
    expect(log).toEqual(["a"]);
  });

  test("disposes at once what comes too late", () => {
    const log: string[] = [];
    const store = new DisposableStore();
    store.dispose();
    store.add(recorder(log, "late"));
    expect(log).toEqual(["late"]);
  });

  test("disposes what a member adds while the store is being disposed", () => {
    const log: string[] = [];
    const store = new DisposableStore();
    store.add(toDisposable(() => store.add(recorder(log, "added"))));
    store.dispose();
    expect(log).toEqual(["added"]);
  });

  test("goes on after a member that throws, then throws its error", () => {
    const log: string[] = [];
    const store = new DisposableStore();
    const error = new Error("broken");
    store.add(recorder(log, "a"));
    store.add(
      toDisposable(() => {
        throw error;
      }),
    );
    store.add(recorder(log, "c"));
    expect(() => {
      store.dispose();
    }).toThrow(error);
    expect(log).toEqual(["c", "a"]);
    store.dispose();
    expect(log).toEqual(["c", "a"]);
  });

  test("throws all errors if several members throw", () => {
    const store = new DisposableStore();
    for (const name of ["a", "b"]) {
      store.add(
        toDisposable(() => {
          throw new Error(name);
        }),
      );
    }
    let caught: unknown;
    try {
      store.dispose();
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(AggregateError);
    expect((caught as AggregateError).errors.map(String)).toEqual(["Error: b", "Error: a"]);
  });

  test("nests", () => {
    const log: string[] = [];
    const outer = new DisposableStore();
    const inner = outer.add(new DisposableStore());
    inner.add(recorder(log, "inner"));
    outer.dispose();
    expect(inner.isDisposed).toBe(true);
    expect(log).toEqual(["inner"]);
  });

  test("holds nothing once it is disposed", async () => {
    await expectCollected(() => {
      const store = new DisposableStore();
      const member = store.add(recorder([], "a"));
      store.dispose();
      return { keep: store, collect: member };
    });
  });
});

test.each([
  ["a function", (end: () => void) => toDisposable(end)],
  [
    "a store",
    (end: () => void) => {
      const store = new DisposableStore();
      store.add({ dispose: end });
      return store;
    },
  ],
  [
    "a class that extends one that ends",
    (end: () => void) =>
      new (class extends EventEmitter<void> {
        override dispose(): void {
          super.dispose();
          end();
        }
      })(),
  ],
])("`using` ends %s at the end of its block", (_, open) => {
  const log: string[] = [];
  {
    using held = open(() => log.push("ended"));
    log.push(typeof held);
  }
  log.push("after");
  expect(log).toEqual(["object", "ended", "after"]);
});

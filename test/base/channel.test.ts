import { MessageChannel } from "node:worker_threads";
import { afterEach, expect, test } from "@jest/globals";
import {
  Channel,
  LimpidError,
  portOf,
  type Disposable,
  type MessageTarget,
} from "../../src/sdk/base/index.js";

/** What one end does for the other in these tests. */
interface Methods {
  double(bytes: Uint8Array): Uint8Array;
  count(to: number, step: number): string;
  refuse(_: undefined): never;
  wait(_: undefined): string;
  note(text: string): void;
}

interface Caller {
  ask(question: string): string;
}

const open: Disposable[] = [];
afterEach(() => open.splice(0).forEach((one) => one.dispose()));

/** Both ends of a channel, each over a real port of a thread. */
function connect({ hangTime, isSilent = false }: { hangTime?: number; isSilent?: boolean } = {}) {
  const { port1, port2 } = new MessageChannel();
  const [near, far] = [port1, port2].map((port) =>
    portOf(port as unknown as MessageTarget, () => port.close()),
  ) as [ReturnType<typeof portOf>, ReturnType<typeof portOf>];
  const [notes, aborted, failures]: [string[], unknown[], LimpidError[]] = [[], [], []];
  const caller = new Channel<Methods, Caller>(near, {
    handlers: { ask: (question) => `${question}!` },
    ...(hangTime !== undefined && { hangTime }),
    onFail: (error) => failures.push(error),
  });
  open.push(caller, far);
  if (isSilent) return { caller, notes, aborted, failures };
  const server: Channel<Caller, Methods> = new Channel<Caller, Methods>(far, {
    handlers: {
      double(bytes, { transfer }) {
        const doubled = bytes.map((value) => 2 * value);
        transfer.push(doubled.buffer);
        return doubled;
      },
      async count(to, { progress, signal }) {
        for (let step = 1; step <= to; step++) {
          if (signal.aborted) throw new LimpidError("Aborted", "it was aborted");
          await progress(step);
        }
        return server.call("ask", `counted to ${to}`);
      },
      refuse() {
        throw new LimpidError("DiskFull", "no room", { details: { free: 0, why: () => "a function" } });
      },
      wait: (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => {
            aborted.push("wait");
            reject(new LimpidError("Aborted", "it was aborted"));
          });
        }),
      note(text) {
        if (text === "bad") throw new Error("a bad note");
        notes.push(text);
      },
    },
  });
  open.push(server);
  return { caller, notes, aborted, failures };
}

test("calls move bytes there and back, in order with what needs no answer", async () => {
  const { caller, notes } = connect();
  const bytes = Uint8Array.of(1, 2, 3);
  caller.tell("note", "first");
  const doubled = await caller.call("double", bytes, { transfer: [bytes.buffer] });
  expect([...doubled]).toEqual([2, 4, 6]);
  expect(bytes).toHaveLength(0);
  expect(notes).toEqual(["first"]);
});

test("progress is told and waited for, and each side calls the other", async () => {
  const { caller } = connect();
  const steps: number[] = [];
  let waiting = 0;
  const counted = await caller.call("count", 3, {
    async onProgress(step) {
      expect(++waiting).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 5));
      waiting--;
      steps.push(step);
    },
  });
  expect(counted).toBe("counted to 3!");
  expect(steps).toEqual([1, 2, 3]);
});

test("what a listener throws ends its call", async () => {
  const { caller } = connect();
  const onProgress = () => Promise.reject(new Error("enough"));
  await expect(caller.call("count", 1e9, { onProgress })).rejects.toThrow("enough");
  expect(await caller.call("count", 1)).toBe("counted to 1!");
});

test("errors keep their code and the details that can be posted", async () => {
  const { caller } = connect();
  await expect(caller.call("refuse", undefined)).rejects.toMatchObject({
    code: "DiskFull",
    message: "no room",
    details: { free: 0, why: expect.stringContaining("function") },
  });
});

test("an abort reaches the other side, whose answer ends the call", async () => {
  const { caller, aborted } = connect();
  const controller = new AbortController();
  const waiting = caller.call("wait", undefined, { signal: controller.signal });
  controller.abort("why not");
  await expect(waiting).rejects.toMatchObject({ code: "Aborted", cause: "why not" });
  expect(aborted).toEqual(["wait"]);
  await expect(caller.call("wait", undefined, { signal: controller.signal })).rejects.toMatchObject({
    code: "Aborted",
  });
  expect(aborted).toEqual(["wait"]);
});

test("a side that falls silent, or fails at what needs no answer, fails every call", async () => {
  const silent = connect({ hangTime: 50, isSilent: true });
  await expect(silent.caller.call("wait", undefined)).rejects.toMatchObject({ code: "WorkerFailed" });
  const { caller, failures } = connect();
  const waiting = caller.call("wait", undefined);
  caller.tell("note", "bad");
  await expect(waiting).rejects.toMatchObject({ code: "WorkerFailed", message: "a bad note" });
  await expect(caller.call("count", 1)).rejects.toMatchObject({ code: "WorkerFailed" });
  expect(failures).toHaveLength(1);
});

test("closing ends what waits on both sides, and what is asked later", async () => {
  const { caller } = connect();
  const waiting = caller.call("wait", undefined);
  caller.dispose();
  await expect(waiting).rejects.toMatchObject({ code: "Disposed" });
  await expect(caller.call("count", 1)).rejects.toMatchObject({ code: "Disposed" });
});

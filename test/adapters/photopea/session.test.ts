import { afterEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { connectWindows, type MessageTarget } from "../../../src/adapters/photopea/endpoint.js";
import { PhotopeaExchange, type PhotopeaAnswer } from "../../../src/adapters/photopea/exchange.js";
import { PhotopeaScript, script } from "../../../src/adapters/photopea/script.js";
import { LimpidError } from "../../../src/sdk/base/index.js";
import { errorOf } from "../../support/index.js";
import { connect, makePicture, type Connected } from "./connected.js";

const opened: Connected[] = [];

const open = (options?: Parameters<typeof connect>[0]): Connected => {
  const connected = connect(options);
  opened.push(connected);
  return connected;
};

afterEach(() => {
  for (const { host } of opened.splice(0)) host.dispose();
});

const tellOne = script`tell(1);`;

/** The code and reason that a promise rejects with. */
async function failureOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!LimpidError.is(error)) throw new Error(`expected a LimpidError, not ${String(error)}`);
  const { reason } = error.details;
  return typeof reason === "string" ? `${error.code} ${reason}` : error.code;
}

describe("a session with Photopea", () => {
  test("is not misled by stray dones: each script gets its own answer", async () => {
    const { session, photopea, ...connected } = open();
    photopea.open({ layers: [{ image: makePicture(4, 4) }] });
    const answers = Array.from({ length: 20 }, (_, index) =>
      session.turn((turn) => {
        connected.inject("done");
        return turn.tell(script`
          app.documents.add(2, 2, 72, "a").close(SaveOptions.DONOTSAVECHANGES);
          tell(${index});`);
      }),
    );
    expect(await Promise.all(answers)).toEqual(answers.map((_, index) => index));
  });

  test("tells a script that throws from one that succeeds, though Photopea does not", async () => {
    const { session } = open();
    expect(await failureOf(session.turn((turn) => turn.tell(script`noSuchThing();`)))).toBe(
      "HostFailed error",
    );
    expect(await failureOf(session.turn((turn) => turn.tell(script`fail("empty-layer", "x");`)))).toBe(
      "HostFailed empty-layer",
    );
    expect(await session.turn((turn) => turn.tell(tellOne))).toBe(1);
  });

  test.each(["this is no script", "app.activeDocument;"])(
    "learns at once that Photopea ended a script, %s, and goes on",
    async (source) => {
      // The time that a lost script takes would end the test.
      const { session, photopea, posted } = open({ timeout: 3_600_000 });
      photopea.settle({ hostErrors: "abort" });
      const broken = session.turn((turn) => turn.tell(new PhotopeaScript(source)));
      expect(await failureOf(broken)).toBe("HostFailed aborted");
      expect(session.isBroken).toBe(false);
      expect(await session.turn((turn) => turn.tell(tellOne))).toBe(1);
      const sent = posted.filter((message) => typeof message === "string" && message.includes(source));
      expect(sent).toHaveLength(1);
    },
  );

  test("closes what a lost turn left open, and nothing else, when Photopea is back", async () => {
    const { session, photopea } = open();
    photopea.open({ layers: [{ image: makePicture(4, 4) }], name: "limpid of mine" });
    const lost = session.turn(async (turn) => {
      await turn.tell(script`app.documents.add(2, 2, 72, ${session.nextScratchName()}); tell(1);`);
      photopea.misbehave({ mute: true });
      return turn.tell(tellOne);
    });
    expect(await failureOf(lost)).toBe("HostFailed timeout");
    photopea.misbehave({ mute: false });
    expect(photopea.look()).toHaveLength(2);
    await session.turn((turn) => turn.tell(tellOne));
    expect(photopea.look().map(({ name }) => name)).toEqual(["limpid of mine"]);
  });

  test("says so if Photopea never answers", async () => {
    const { session, photopea } = open();
    photopea.misbehave({ silent: true });
    expect(await failureOf(session.start())).toBe("HostFailed timeout");
    photopea.misbehave({ silent: false });
    await session.start();
    expect(await session.turn((turn) => turn.tell(tellOne))).toBe(1);
  });

  test("gives up a turn that waits, and one that runs, without disturbing the next", async () => {
    const { session } = open();
    const controller = new AbortController();
    const running = session.turn((turn) => {
      controller.abort(new Error("enough"));
      return turn.tell(tellOne);
    }, controller.signal);
    let hasRun = false;
    const waiting = session.turn(() => Promise.resolve((hasRun = true)), controller.signal);
    const next = session.turn((turn) => turn.tell(script`tell(2);`));
    expect(await Promise.all([failureOf(running), failureOf(waiting), next])).toEqual([
      "Aborted",
      "Aborted",
      2,
    ]);
    expect(hasRun).toBe(false);
  });

  test("ends with Disposed, what runs, what waits and what comes later", async () => {
    const { session, photopea } = open({ timeout: 60_000 });
    photopea.misbehave({ silent: true });
    const running = session.turn((turn) => {
      setImmediate(() => session.dispose());
      return turn.tell(tellOne);
    });
    const waiting = session.turn((turn) => turn.tell(tellOne));
    const disposed = ["Disposed", "Disposed", "Disposed"];
    const late = running.catch(() => session.turn((turn) => turn.tell(tellOne)));
    expect(await Promise.all([failureOf(running), failureOf(waiting), failureOf(late)])).toEqual(disposed);
  });

  test("polls until there is an answer, and not for ever", async () => {
    const { session, photopea } = open();
    setTimeout(() => photopea.open({ layers: [{ image: makePicture(1, 1) }] }), 150);
    const ask = script`tell(app.documents.length > 0 ? "open" : null);`;
    expect(await session.turn((turn) => turn.poll(ask))).toBe("open");
    expect(await failureOf(session.turn((turn) => turn.poll(script`tell(null);`)))).toBe(
      "HostFailed timeout",
    );
    expect(session.isBroken).toBe(false);
  });
});

describe("an exchange", () => {
  const token = "limpid-secret-7";
  const run = async (messages: readonly unknown[], wantsFile = true): Promise<PhotopeaAnswer | string> => {
    const exchange = new PhotopeaExchange(token, script`tell(1);`, wantsFile);
    const answer = exchange.answer.catch((error: unknown) => failureOf(Promise.reject(error as Error)));
    for (const message of messages) exchange.receive(message);
    exchange.fail(new LimpidError("HostFailed", "not ended", { details: { reason: "open" } }));
    return answer;
  };
  const file = Uint8Array.of(1, 2, 3);

  test("takes one file, a buffer or a view, between its markers", async () => {
    const larger = new Uint8Array(9).subarray(4, 7);
    larger.set(file);
    for (const sent of [file.slice().buffer, file, larger, new DataView(larger.buffer, 4, 3)]) {
      const answer = await run([
        "done",
        `${token}:value:{"a":1}`,
        `${token}:begin`,
        sent,
        "done",
        `${token}:end`,
      ]);
      expect(answer).toEqual({ value: { a: 1 }, file });
    }
  });

  test.each([
    ["no file", [`${token}:begin`, `${token}:end`]],
    ["two files", [`${token}:begin`, file, file, `${token}:end`]],
    ["a file before the marker", [file, `${token}:begin`, `${token}:end`]],
    ["no marker", [file, `${token}:end`]],
    ["two markers", [`${token}:begin`, `${token}:begin`, file, `${token}:end`]],
    ["two values", [`${token}:value:1`, `${token}:value:2`, `${token}:begin`, file, `${token}:end`]],
    ["a value that is no JSON", [`${token}:value:{`, `${token}:begin`, file, `${token}:end`]],
    ["an unknown kind", [`${token}:other`, `${token}:begin`, file, `${token}:end`]],
    [
      "an oversized text",
      [`${token}:value:"${"x".repeat(2 ** 20)}"`, `${token}:begin`, file, `${token}:end`],
    ],
  ])("refuses %s", async (_, messages) => {
    expect(await run(messages)).toBe("HostFailed malformed");
  });

  test("passes over files and markers when none is wanted", async () => {
    expect(await run([file, `${token}:value:1`, `${token}:end`], false)).toEqual({
      value: 1,
      file: undefined,
    });
    expect(await run([`${token}:begin`, file, `${token}:end`], false)).toBe("HostFailed malformed");
  });

  test("is moved by nothing that does not carry its token", async () => {
    const foreign = fc.oneof(
      fc.string(),
      fc.constantFrom("done", "MSFAPI#ping", token, ":end", "limpid-secret-6:end", `x${token}:end`),
      fc.uint8Array().map((bytes) => bytes.buffer),
      fc.anything(),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(foreign), async (messages) => {
        const strange = messages.filter(
          (message) => typeof message !== "string" || !message.startsWith(`${token}:`),
        );
        expect(await run(strange)).toBe("HostFailed open");
        const apart = strange.filter((message) => typeof message === "string");
        expect(await run([`${token}:begin`, ...apart, file, ...apart, `${token}:end`])).toEqual({
          value: undefined,
          file,
        });
      }),
      { seed: 4 },
    );
  });
});

describe("connected windows", () => {
  const receiver = (): EventTarget & { say: (source: unknown, origin: string, data: unknown) => void } =>
    Object.assign(new EventTarget(), {
      say(this: EventTarget, source: unknown, origin: string, data: unknown) {
        this.dispatchEvent(Object.assign(new Event("message"), { source, origin, data }));
      },
    });
  const target = (): MessageTarget & { sent: unknown[][] } => {
    const sent: unknown[][] = [];
    return { sent, postMessage: (...values) => void sent.push(values) };
  };

  test("listen to one window at one origin only, and talk to it alone", () => {
    const [page, photopea, other] = [receiver(), target(), target()];
    const origin = "https://www.photopea.com";
    const endpoint = connectWindows(page as never, photopea, origin);
    const heard: unknown[] = [];
    endpoint.onMessage((data) => heard.push(data));
    page.say(other, origin, "of another window");
    for (const false_ of [
      "https://photopea.com",
      "http://www.photopea.com",
      "https://www.photopea.com.evil.org",
      "null",
    ])
      page.say(photopea, false_, "of another origin");
    page.say(photopea, origin, "genuine");
    endpoint.post("1;");
    const buffer = new ArrayBuffer(2);
    endpoint.post(buffer);
    endpoint.dispose();
    page.say(photopea, origin, "late");
    expect(heard).toEqual(["genuine"]);
    expect(photopea.sent).toEqual([
      ["1;", origin, []],
      [buffer, origin, [buffer]],
    ]);
  });

  test.each([
    "*",
    "null",
    "",
    "www.photopea.com",
    "https://www.photopea.com/",
    "https://www.photopea.com/#x",
  ])("are not made for %j, which is no origin", (origin) => {
    expect(errorOf(() => connectWindows(receiver() as never, target(), origin)).code).toBe("InvalidArgument");
  });
});

import { describe, expect, test } from "@jest/globals";
import { command, makeExtension, openWorkbench } from "./workbench.js";

/** What code without capabilities does to whoever runs it, 20 ms after it is told to. */
const attacks: readonly (readonly [string, string, RegExp])[] = [
  ["loops", "for (;;);", /no sign of life/],
  ["loops in promises", "const go = () => void Promise.resolve().then(go); go();", /no sign of life/],
  [
    "waits on shared memory",
    "for (;;) try { Atomics.wait(new Int32Array(new SharedArrayBuffer(8)), 0, 0); } catch {}",
    /no sign of life/,
  ],
  ["loops within the engine", "Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1);", /no sign of life/],
  ["matches for ever", "/(a+)+$/.test('a'.repeat(60) + 'b');", /no sign of life/],
  ["fills the heap", "Array(1e8).fill(1.1);", /ran out of memory/],
  [
    "fills the heap bit by bit",
    "const all = []; for (;;) all.push(new Array(1e5).fill(0.5 + all.length));",
    /memory|life/,
  ],
  [
    "fills typed arrays",
    "const all = []; for (;;) all.push(new Uint8Array(8 << 20).fill(1));",
    /ran out of memory/,
  ],
  ["fills texts", "const all = []; for (;;) all.push('y'.repeat(1e6) + all.length);", /memory|life/],
  ["logs for ever", "for (;;) console.log('x'.repeat(4000));", /faster than it is answered/],
  [
    "logs for ever, now and then",
    "setInterval(() => { for (let i = 0; i < 5000; i++) console.log('x'.repeat(4000)); }, 1);",
    /faster than it is answered/,
  ],
  [
    "sets context keys for ever",
    "for (let i = 0; ; i++) api.contextKeys.set('acme.k' + i, 'x'.repeat(4000)).catch(() => {});",
    /faster than it is answered/,
  ],
  [
    "remembers for ever",
    "for (let i = 0; ; i++) context.globalState.update('k' + i, 'x'.repeat(1e5)).catch(() => {});",
    /faster than it is answered/,
  ],
  [
    "registers for ever",
    "for (let i = 0; ; i++) api.commands.register('acme.c' + i, () => 1);",
    /faster than it is answered/,
  ],
  [
    "sends a list without end past its own check",
    `const list = new Array(2e6).fill(7), { keys } = Object, { map } = Array.prototype;
     Object.keys = (o) => (o === list ? list : keys(o)); Array.prototype.entries = () => [][Symbol.iterator]();
     Object.entries = () => [];
     api.commands.execute("acme.other", list).catch(() => {});`,
    /./,
  ],
  [
    "writes messages of its own by what the engine's program calls",
    `const { stringify } = JSON; JSON.stringify = () => '{"kind":"request","id":1,"method":"__proto__","params":{}}';
     console.log(1); console.log(1);`,
    /broke the rules/,
  ],
  ["sends half a message", "JSON.stringify = () => '{'; console.log(1);", /no message/],
  [
    "sends nested lists",
    "JSON.stringify = () => '['.repeat(1e5) + ']'.repeat(1e5); console.log(1);",
    /no message|fails/,
  ],
  [
    "sends bytes that are none",
    `JSON.stringify = () => '{"$":"bytes","type":"Uint8Array","index":9}'; console.log(1);`,
    /no message/,
  ],
];

describe("an extension without capabilities", () => {
  test.each(attacks)("that %s ends only itself", async (_, attack, reason) => {
    const { extensions, commands, liveWorkers } = await openWorkbench({
      memoryLimit: 64,
      timeouts: { activation: 30_000, response: 3000 },
    });
    await extensions.install(
      makeExtension({
        name: "other",
        code: "export const activate = (context, { commands }) => void commands.register('acme.other', () => 'runs');",
        contributes: { commands: [command("acme.other")] },
      }),
    );
    const bad = await extensions.install(
      makeExtension({
        name: "bad",
        code: `export function activate(context, api) {
          api.commands.register("acme.attack", () => { setTimeout(() => { ${attack} }, 20); });
        }`,
        contributes: { commands: [command("acme.attack")] },
      }),
    );
    await commands.execute("acme.other");
    const ended = new Promise<void>((resolve) => {
      extensions.onDidChange(() => bad.state === "failed" && resolve());
    });
    const before = process.memoryUsage().rss;
    await commands.execute("acme.attack");
    await ended;
    expect(bad.error?.message).toMatch(reason);
    expect(process.memoryUsage().rss - before).toBeLessThan(600 * 2 ** 20);
    expect([await commands.execute("acme.other"), liveWorkers()]).toEqual(["runs", 1]);
    await expect(commands.execute("acme.attack")).rejects.toBe(bad.error);
  });

  test("is refused more commands, context keys and characters than it may have", async () => {
    const { extensions, commands, contextKeys } = await openWorkbench();
    await extensions.install(
      makeExtension({
        code: `export function activate({ globalState }, api) {
          const text = "x".repeat(4000);
          const fill = async (add) => {
            for (let i = 0; i < 400; i++) try { await add(i); } catch (error) { return [i, error.message]; }
          };
          api.commands.register("acme.fill", async () => [
            await fill((i) => api.contextKeys.set("acme.k" + i, i)),
            (await fill((i) => api.contextKeys.set("acme.k" + i, Array(50).fill(text))))[1],
            await fill((i) => globalState.update("k" + i, text.repeat(20))),
          ]);
          for (let i = 0; i < 300; i++) api.commands.register("acme.c" + i, () => i);
        }`,
        contributes: { commands: [command("acme.fill")] },
      }),
    );
    expect(await commands.execute("acme.fill")).toEqual([
      [256, expect.stringContaining("256 context keys")],
      expect.stringContaining("more than 1048576 characters in its context keys"),
      [13, expect.stringContaining("more than 1048576 characters")],
    ]);
    expect(contextKeys.keys).toHaveLength(256);
    expect(commands.list().filter(({ id }) => id.startsWith("acme.c"))).toHaveLength(255);
  });

  test("cannot send one buffer many times over, past what counts in its engine", async () => {
    const { extensions, commands } = await openWorkbench({ memoryLimit: 64 });
    await extensions.install(
      makeExtension({
        code: `export function activate(context, api) {
          api.commands.register("acme.send", () => {
            const big = new ArrayBuffer(12 << 20), { map } = Array.prototype;
            ArrayBuffer.prototype.slice = () => big;
            Array.prototype.map = function (encode) {
              if (this[0] === "many") for (let i = 0; i < 12; i++) encode(new Uint8Array(big));
              return map.call(this, encode);
            };
            return api.commands.execute("acme.send", "many").catch((error) => error.message);
          });
        }`,
        contributes: { commands: [command("acme.send")] },
      }),
    );
    expect(await commands.execute("acme.send")).toBe("a message has too many bytes");
  });

  test("may write much at once, and nothing of it is lost", async () => {
    const { extensions, commands } = await openWorkbench();
    const extension = await extensions.install(
      makeExtension({
        code: `export const activate = (context, { commands }) =>
          void commands.register("acme.write", () => { for (let i = 0; i < 1500; i++) console.log(String(i)); });`,
        contributes: { commands: [command("acme.write")] },
      }),
    );
    const lines: string[] = [];
    const all = new Promise<void>((resolve) => {
      extension.onDidLog(({ text }) => lines.push(text) === 1500 && resolve());
    });
    await commands.execute("acme.write");
    await all;
    expect(lines).toEqual(Array.from({ length: 1500 }, (_, index) => String(index)));
    expect(extension.state).toBe("active");
  });
});

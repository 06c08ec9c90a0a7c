import { expect, test } from "@jest/globals";
import { memoryStorage, type KeyValueStorage } from "../../src/sdk/extensions/index.js";
import { memoryStore } from "../../src/sdk/packs/index.js";
import { command, makeExtension, openWorkbench } from "./workbench.js";

const slow = "export function deactivate() { return new Promise(() => {}); }";

const who = (version: string, rest = "") =>
  makeExtension({
    version,
    code: `export async function activate(context, { commands, contextKeys }) {
      await contextKeys.set("acme.version", "${version}");
      commands.register("acme.who", () => "${version}");
      commands.register("acme.long", () => new Promise((resolve) => setTimeout(resolve, 100, "${version}")));
    } ${rest}`,
    contributes: { commands: [command("acme.who"), command("acme.long")] },
  });

test.each([
  ["ends at once", ""],
  ["takes its time to end", slow],
])("a command right after an update is the new code's, though the old one %s", async (_, rest) => {
  const { extensions, commands, contextKeys } = await openWorkbench({ timeouts: { deactivation: 4000 } });
  await extensions.install(who("1.0.0", rest));
  expect(await commands.execute("acme.who")).toBe("1.0.0");
  for (const version of ["2.0.0", "3.0.0", "4.0.0"]) {
    const extension = await extensions.install(who(version, rest));
    const [first] = await Promise.all([commands.execute("acme.who"), extension.activate()]);
    expect([first, extension.state, contextKeys.get("acme.version")]).toEqual([version, "active", version]);
    expect(extension.log).toEqual([]);
  }
  await extensions.rollback("acme.tools");
  expect(await commands.execute("acme.who")).toBe("3.0.0");
});

test("a command under way ends with the code that it began with", async () => {
  const { extensions, commands } = await openWorkbench();
  await extensions.install(who("1.0.0"));
  await commands.execute("acme.who");
  const [before] = [commands.execute("acme.long")];
  await extensions.install(who("2.0.0"));
  expect([await commands.execute("acme.long"), await before]).toEqual(["2.0.0", "1.0.0"]);
});

test("a command that waits for code which is replaced gets the new one's", async () => {
  const { extensions, commands } = await openWorkbench();
  await extensions.install(who("1.0.0"));
  const waiting = commands.execute("acme.who");
  await extensions.install(who("2.0.0"));
  expect(["1.0.0", "2.0.0"]).toContain(await waiting);
  expect(await commands.execute("acme.who")).toBe("2.0.0");
});

test("a command while the code is being disabled is refused, not lost", async () => {
  const { extensions, commands } = await openWorkbench({ timeouts: { deactivation: 200 } });
  await extensions.install(who("1.0.0", slow));
  await commands.execute("acme.who");
  const disabling = extensions.disable("acme.tools");
  await expect(commands.execute("acme.who")).rejects.toMatchObject({ code: "UnknownCommand" });
  await disabling;
  await extensions.enable("acme.tools");
  expect(await commands.execute("acme.who")).toBe("1.0.0");
});

/** Starts a workbench whose extension hangs, in a process that either lives to see it or ends first. */
async function crash(store: ReturnType<typeof memoryStore>, storage: KeyValueStorage, lives: boolean) {
  const { extensions } = await openWorkbench({ store, storage, timeouts: { activation: 4000 } });
  const extension = extensions.getExtension("acme.tools")!;
  const starting = extension.activate();
  if (!lives) {
    starting.catch(() => undefined);
    while (!(await storage.get("starts"))?.includes("acme.tools")) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return "ended with its process";
  }
  return starting.then(
    () => "started",
    (error: unknown) => (error as Error).message,
  );
}

test.each([
  ["are seen", true],
  ["end the process", false],
])(
  "an extension is not started a third time after two crashes that %s, until people want it",
  async (_, lives) => {
    const [store, storage] = [memoryStore(), memoryStorage()];
    const setUp = await openWorkbench({ store, storage });
    await setUp.extensions.install(makeExtension({ code: "export function activate() { for (;;); }" }));
    for (let start = 0; start < 2; start++) {
      // Each on a copy of the storage: what a process that ended has written, no more.
      const outcome = await crash(store, storage, lives);
      expect(outcome).toMatch(lives ? /did not answer/ : /ended/);
    }
    const { extensions, liveWorkers } = await openWorkbench({
      store,
      storage,
      timeouts: { activation: 4000 },
    });
    const extension = extensions.getExtension("acme.tools")!;
    await expect(extension.activate()).rejects.toThrow("crashed at its last 2 starts");
    expect([extension.state, liveWorkers()]).toEqual(["failed", 0]);
    await extensions.enable("acme.tools");
    await expect(extension.activate()).rejects.toThrow("did not answer");
    // Other code is another matter.
    await extensions.install(makeExtension({ version: "1.1.0", code: "export function activate() {}" }));
    await extension.activate();
    expect(extension.state).toBe("active");
  },
);

test("an error that the code throws at its start is no crash, and is tried again", async () => {
  const [store, storage] = [memoryStore(), memoryStorage()];
  const setUp = await openWorkbench({ store, storage });
  await setUp.extensions.install(
    makeExtension({ code: "export function activate() { throw new Error('no luck'); }" }),
  );
  for (let start = 0; start < 4; start++) {
    const { extensions } = await openWorkbench({ store, storage });
    await expect(extensions.getExtension("acme.tools")!.activate()).rejects.toThrow("no luck");
  }
});

import { describe, expect, test } from "@jest/globals";
import { memoryStorage } from "../../src/sdk/extensions/index.js";
import { memoryStore } from "../../src/sdk/packs/index.js";
import { makeTinyPack } from "../support/tiny-pack.js";
import { command, makeExtension, model, openWorkbench } from "./workbench.js";

const greeting = makeExtension({
  code: `export function activate(context, api) {
    context.subscriptions.push(api.commands.register("acme.greet", (name) => "Hello " + name));
  }`,
  contributes: {
    commands: [command("acme.greet")],
    menus: { tools: [{ command: "acme.greet", group: "a@1" }] },
  },
});

describe("an extension with code", () => {
  test("starts when one of its commands is executed, once", async () => {
    const { extensions, commands, menus, liveWorkers } = await openWorkbench();
    const extension = await extensions.install(greeting);
    expect([extension.id, extension.state, liveWorkers()]).toEqual(["acme.tools", "enabled", 0]);
    expect(menus.items("tools").map(({ title }) => title)).toEqual(["acme.greet"]);
    const [first, second] = await Promise.all([
      commands.execute("acme.greet", "Ann"),
      commands.execute("acme.greet", "Bob"),
    ]);
    expect([first, second]).toEqual(["Hello Ann", "Hello Bob"]);
    expect([extension.state, extension.isActive, liveWorkers()]).toEqual(["active", true, 1]);
    expect(extension.activation?.reason).toBe("onCommand:acme.greet");
  });

  test("leaves nothing behind when it is disabled, and starts anew when it is enabled", async () => {
    const { extensions, commands, menus, contextKeys, liveWorkers } = await openWorkbench();
    const extension = await extensions.install(
      makeExtension({
        code: `export async function activate(context, api) {
          await api.contextKeys.set("acme.ready", true);
          api.commands.register("acme.unlisted", () => 1);
          context.subscriptions.push(api.commands.register("acme.greet", () => "Hello"));
        }`,
        contributes: {
          commands: [command("acme.greet")],
          menus: { tools: [{ command: "acme.greet" }] },
          configuration: {
            title: "Acme",
            properties: { "acme.on": { type: "boolean", description: "x", default: true } },
          },
        },
      }),
    );
    await extension.activate();
    expect(contextKeys.keys).toEqual(["config.acme.on", "acme.ready"]);
    expect(commands.list().map(({ id }) => id)).toEqual(["acme.greet", "acme.unlisted"]);
    await extensions.disable("acme.tools");
    expect([contextKeys.keys, commands.list(), menus.ids, liveWorkers()]).toEqual([[], [], [], 0]);
    expect(extension.state).toBe("disabled");
    await expect(extension.activate()).rejects.toMatchObject({ code: "InvalidArgument" });
    await extensions.enable("acme.tools");
    expect(await commands.execute("acme.greet")).toBe("Hello");
    await extensions.uninstall("acme.tools");
    expect([contextKeys.keys, commands.list(), menus.ids, liveWorkers()]).toEqual([[], [], [], 0]);
    expect(extensions.list()).toEqual([]);
  });

  test("disposes what it subscribed, the last first, after its deactivate", async () => {
    const { extensions } = await openWorkbench();
    const extension = await extensions.install(
      makeExtension({
        code: `export function activate(context) {
          for (const name of ["first", "second"]) context.subscriptions.push({ dispose: () => console.log(name) });
        }
        export const deactivate = () => console.warn("deactivate");`,
      }),
    );
    await extension.activate();
    await extensions.disable("acme.tools");
    expect(extension.log).toEqual([
      { level: "warn", text: "deactivate" },
      { level: "info", text: "second" },
      { level: "info", text: "first" },
    ]);
  });

  test.each([
    ["throws", "export function activate() { throw new RangeError('no luck'); }", "RangeError: no luck"],
    ["rejects", "export const activate = async () => { await null; throw 'no luck'; }", "no luck"],
    ["exports nothing", "export const x = 1;", "exports no function activate"],
    ["is no JavaScript", "export function {", "SyntaxError"],
    ["never returns", "export function activate() { for (;;); }", "did not answer within 5000 ms"],
    [
      "never resolves",
      "export const activate = () => new Promise(() => {});",
      "did not answer within 5000 ms",
    ],
    [
      "loads a module",
      "import fs from 'node:fs'; export function activate() {}",
      "loads another module in line 1",
    ],
    [
      "loads a module later",
      "export function activate() {\n return import('node:fs'); }",
      "module in line 2",
    ],
  ])("that %s is ended and reported, and the others run on", async (_, code, reason) => {
    const { extensions, commands, liveWorkers } = await openWorkbench({ timeouts: { activation: 5000 } });
    await extensions.install(
      makeExtension({
        name: "other",
        code: `export function activate(context, api) {
        api.commands.register("acme.other", () => "runs");
      }`,
        contributes: { commands: [command("acme.other")] },
      }),
    );
    const bad = await extensions.install(
      makeExtension({ name: "bad", code, contributes: { commands: [command("acme.bad")] } }),
    );
    await expect(commands.execute("acme.bad")).rejects.toMatchObject({
      code: "ExtensionFailed",
      message: expect.stringContaining(reason) as unknown,
      details: { id: "acme.bad" },
    });
    expect([bad.state, bad.error?.message.includes(reason), liveWorkers()]).toEqual(["failed", true, 0]);
    await expect(commands.execute("acme.bad")).rejects.toBe(bad.error);
    expect(await commands.execute("acme.other")).toBe("runs");
  });

  test("that hangs in a command is ended, and its command is gone", async () => {
    const { extensions, commands, liveWorkers } = await openWorkbench({ timeouts: { response: 300 } });
    const extension = await extensions.install(
      makeExtension({
        code: `export function activate(context, api) {
          api.commands.register("acme.slow", () => new Promise((resolve) => setTimeout(resolve, 1000, "slow")));
          api.commands.register("acme.hang", () => { for (;;); });
        }`,
        contributes: { commands: [command("acme.slow"), command("acme.hang")] },
      }),
    );
    // What only takes long gives signs of life.
    expect(await commands.execute("acme.slow")).toBe("slow");
    const hanging = commands.execute("acme.hang");
    await expect(hanging).rejects.toMatchObject({ code: "ExtensionFailed" });
    await expect(hanging).rejects.toThrow("gave no sign of life for 300 ms");
    expect([extension.state, liveWorkers()]).toEqual(["failed", 0]);
    await expect(commands.execute("acme.slow")).rejects.toMatchObject({ code: "ExtensionFailed" });
  });

  test("that runs out of memory is ended without the process", async () => {
    const { extensions, commands } = await openWorkbench({ memoryLimit: 32 });
    const extension = await extensions.install(
      makeExtension({
        code: `export function activate(context, api) {
          api.commands.register("acme.grow", () => { const all = []; for (;;) all.push(new Array(1e6).fill(0.5 + all.length)); });
        }`,
        contributes: { commands: [command("acme.grow")] },
      }),
    );
    await expect(commands.execute("acme.grow")).rejects.toMatchObject({ code: "ExtensionFailed" });
    expect(extension.error?.message).toMatch(/memory/);
  });

  test("passes on what its command throws, and tells of what nothing caught", async () => {
    const { extensions, commands } = await openWorkbench();
    const extension = await extensions.install(
      makeExtension({
        code: `export function activate(context, api) {
          api.commands.register("acme.throw", () => { throw new TypeError("bad argument"); });
          api.commands.register("acme.later", () => new Promise((resolve) => {
            setTimeout(() => { setTimeout(resolve, 20); throw new Error("nobody catches this"); });
          }));
        }`,
        contributes: { commands: [command("acme.throw"), command("acme.later")] },
      }),
    );
    await expect(commands.execute("acme.throw")).rejects.toMatchObject({
      code: "ExtensionFailed",
      message: "TypeError: bad argument",
    });
    await commands.execute("acme.later");
    expect(extension.log.at(-1)).toEqual({ level: "error", text: "uncaught: Error: nobody catches this" });
    expect(extension.state).toBe("active");
  });

  test("starts when an analysis finds its degradation, or at the end of the start", async () => {
    const { extensions } = await openWorkbench();
    const code = "export function activate() {}";
    const rain = await extensions.install(
      makeExtension({ name: "rain", code, manifest: { activationEvents: ["onDegradation:rain"] } }),
    );
    const late = await extensions.install(
      makeExtension({ name: "late", code, manifest: { activationEvents: ["onStartupFinished"] } }),
    );
    const found = (...present: string[]) =>
      extensions.analyzed(
        [
          { degradation: "rain", probability: 0.6 },
          { degradation: "haze", probability: 0.9 },
        ],
        present.map((degradation) => ({ degradation })),
      );
    found("haze");
    expect([rain.state, late.state]).toEqual(["enabled", "enabled"]);
    found("haze", "rain");
    expect([rain.state, late.state]).toEqual(["activating", "enabled"]);
    extensions.fireActivationEvent("onStartupFinished");
    await Promise.all([rain.activate(), late.activate()]);
    expect([rain.activation?.reason, late.activation?.reason]).toEqual([
      "onDegradation:rain",
      "onStartupFinished",
    ]);
  });

  test("remembers its state, reads and changes its settings, and nobody else's", async () => {
    const storage = memoryStorage();
    const extension = makeExtension({
      code: `export async function activate(context, api) {
        const count = (context.globalState.get("count") ?? 0) + 1;
        await context.globalState.update("count", count);
        api.configuration.onDidChange(({ keys }) => console.log(keys.join(), api.configuration.get("acme.mode")));
        api.commands.register("acme.count", () => count);
        api.commands.register("acme.fine", () => api.configuration.update("acme.mode", "fine"));
        api.commands.register("acme.wrong", () => api.configuration.update("acme.mode", "slow"));
        api.commands.register("acme.foreign", () => api.configuration.update("other.mode", "slow"));
        api.commands.register("acme.where", () => [context.asAbsoluteUri("a/b.png"), context.extension, context.extensionMode]);
        api.commands.register("acme.out", () => context.asAbsoluteUri("../x"));
      }`,
      contributes: {
        commands: ["count", "fine", "wrong", "foreign", "where", "out"].map((name) =>
          command(`acme.${name}`),
        ),
        configuration: {
          title: "Acme",
          properties: {
            "acme.mode": { type: "string", description: "x", default: "fast", enum: ["fast", "fine"] },
          },
        },
      },
    });
    const store = memoryStore();
    for (const expected of [1, 2]) {
      const { extensions, commands, configuration } = await openWorkbench({ storage, store });
      const installed = extensions.getExtension("acme.tools") ?? (await extensions.install(extension));
      expect(await commands.execute("acme.count")).toBe(expected);
      await configuration.update("acme.mode", "fast");
      await commands.execute("acme.fine");
      expect(configuration.get("acme.mode")).toBe("fine");
      expect(installed.log.at(-1)).toEqual({ level: "info", text: "acme.mode fine" });
      await expect(commands.execute("acme.wrong")).rejects.toMatchObject({
        message: expect.stringContaining("slow") as unknown,
      });
      await expect(commands.execute("acme.foreign")).rejects.toMatchObject({ code: "UnknownSetting" });
      expect(await commands.execute("acme.where")).toEqual([
        "limpid-extension://acme.tools/1.0.0/a/b.png",
        { id: "acme.tools", version: "1.0.0", displayName: "acme.tools" },
        "production",
      ]);
      await expect(commands.execute("acme.out")).rejects.toMatchObject({ code: "InvalidArgument" });
    }
  });
});

describe("extensions", () => {
  const needing = (name: string, ...extensionDependencies: string[]) =>
    makeExtension({ name, manifest: { extensionDependencies } });

  test("that need another are refused without it, and nothing is installed", async () => {
    const { extensions, packs } = await openWorkbench();
    await expect(extensions.install(needing("a", "acme.b"))).rejects.toMatchObject({
      code: "DependencyMissing",
      details: { missing: "acme.b", neededBy: "acme.a" },
    });
    expect([packs.list(), extensions.list()]).toEqual([[], []]);
    await extensions.install(needing("b"));
    await extensions.install(needing("a", "acme.b"));
    await expect(extensions.disable("acme.b")).rejects.toMatchObject({
      code: "DependencyMissing",
      details: { missing: "acme.b", neededBy: ["acme.a"] },
    });
    await expect(extensions.uninstall("acme.b")).rejects.toMatchObject({ code: "DependencyMissing" });
    await expect(
      extensions.install(
        makeExtension({ name: "b", version: "1.1.0", manifest: { extensionDependencies: ["acme.a"] } }),
      ),
    ).rejects.toMatchObject({ details: { cycle: ["acme.b", "acme.a", "acme.b"] } });
    await extensions.disable("acme.a");
    await extensions.disable("acme.b");
    await expect(extensions.enable("acme.a")).rejects.toMatchObject({ code: "DependencyMissing" });
  });

  test("start after those that they need", async () => {
    const { extensions } = await openWorkbench();
    const started: string[] = [];
    const code = "export function activate(context) { console.log(context.extension.id); }";
    for (const [name, needs] of [
      ["c", []],
      ["b", ["acme.c"]],
      ["a", ["acme.b"]],
    ] as const) {
      const extension = await extensions.install(
        makeExtension({ name, code, manifest: { extensionDependencies: needs } }),
      );
      extension.onDidLog(({ text }) => started.push(text));
    }
    await extensions.getExtension("ACME.a")?.activate();
    expect(started).toEqual(["acme.c", "acme.b", "acme.a"]);
  });

  test("bring experts when they are enabled, and take them along", async () => {
    const { extensions, experts } = await openWorkbench();
    const before = experts.size;
    const pack = makeTinyPack(model);
    const extension = await extensions.install(pack);
    await extension.activate();
    expect([experts.has("acme.descreen"), extension.state]).toEqual([true, "enabled"]);
    await extensions.disable(extension.id);
    expect(experts.has("acme.descreen")).toBe(false);
    await extensions.install(makeTinyPack(model, { version: "1.1.0" }));
    expect([experts.has("acme.descreen"), extension.version, extension.state]).toEqual([
      false,
      "1.1.0",
      "disabled",
    ]);
    await extensions.enable(extension.id);
    expect(experts.get("acme.descreen")?.owner).toBe(extension.id);
    await extensions.uninstall(extension.id);
    expect(experts.size).toBe(before);
  });

  test("stay disabled or enabled at the next start, those that are needed first", async () => {
    const first = await openWorkbench();
    await first.extensions.install(needing("z"));
    await first.extensions.install(needing("a", "acme.z"));
    await first.extensions.install(needing("off"));
    await first.extensions.disable("acme.off");
    const { storage, store } = first;
    const second = await openWorkbench({ storage, store });
    expect(second.extensions.list().map(({ id, state }) => [id, state])).toEqual([
      ["acme.a", "enabled"],
      ["acme.off", "disabled"],
      ["acme.z", "enabled"],
    ]);
  });

  test("swap their code and contributions when they are updated or rolled back", async () => {
    const { extensions, commands, liveWorkers } = await openWorkbench();
    const make = (version: string, name: string) =>
      makeExtension({
        version,
        code: `export function activate(context, api) { api.commands.register("acme.${name}", () => "${version}"); }`,
        contributes: { commands: [command(`acme.${name}`)] },
      });
    const extension = await extensions.install(make("1.0.0", "old"));
    expect(await commands.execute("acme.old")).toBe("1.0.0");
    await extensions.update("acme.tools", make("2.0.0", "new"));
    expect(commands.list().map(({ id }) => id)).toEqual(["acme.new"]);
    expect(await commands.execute("acme.new")).toBe("2.0.0");
    await extensions.rollback("acme.tools");
    expect([extension.version, commands.list().map(({ id }) => id)]).toEqual(["1.0.0", ["acme.old"]]);
    expect(await commands.execute("acme.old")).toBe("1.0.0");
    await expect(extensions.update("acme.tools", makeExtension({ name: "other" }))).rejects.toMatchObject({
      code: "PackMismatch",
    });
    await expect(extensions.update("acme.none", makeExtension())).rejects.toMatchObject({
      code: "UnknownExtension",
    });
    await extensions.disable("acme.tools");
    expect(liveWorkers()).toBe(0);
  });

  test("that try proposals run in development only", async () => {
    const tries = (...enabledApiProposals: string[]) =>
      makeExtension({
        code: `export function activate(context, api) {
          api.analysis.onDidAnalyze((found) => console.log(found));
        }`,
        manifest: { enabledApiProposals },
      });
    const published = await openWorkbench();
    await expect(published.extensions.install(tries("analysisEvents"))).rejects.toMatchObject({
      code: "CapabilityMissing",
    });
    expect(published.packs.list()).toEqual([]);
    const development = await openWorkbench({ mode: "development" });
    await expect(development.extensions.install(tries("telepathy"))).rejects.toMatchObject({
      code: "CapabilityMissing",
      details: { unknown: ["telepathy"] },
    });
    const extension = await development.extensions.install(tries("analysisEvents"));
    await extension.activate();
    const told = new Promise((resolve) => extension.onDidLog(({ text }) => resolve(JSON.parse(text))));
    development.extensions.analyzed([{ degradation: "rain", probability: 0.25 }], []);
    expect(await told).toEqual([{ degradation: "rain", probability: 0.25 }]);
  });

  test("ask people for their capabilities, and again when they want more", async () => {
    const asked: string[] = [];
    let answer = true;
    const { extensions, packs } = await openWorkbench({
      confirmCapabilities: ({ version, capabilities }) => {
        asked.push(
          `${version} ${Object.keys(capabilities).join()} ${capabilities.network?.domains.join() ?? ""}`,
        );
        return answer;
      },
    });
    const wants = (version: string, ...domains: string[]) =>
      makeExtension({
        version,
        code: "export function activate() {}",
        manifest: { capabilities: { network: { domains, reason: "To upload what people choose." } } },
      });
    await extensions.install(makeExtension());
    await extensions.install(wants("1.1.0", "a.example"));
    await extensions.install(wants("1.2.0", "a.example"));
    answer = false;
    await expect(extensions.install(wants("1.3.0", "a.example", "b.example"))).rejects.toMatchObject({
      code: "CapabilityMissing",
    });
    // Files in memory come from anywhere: each is asked for.
    expect(asked).toEqual([
      "1.1.0 network a.example",
      "1.2.0 network a.example",
      "1.3.0 network a.example,b.example",
    ]);
    expect(packs.get("acme.tools")?.version).toBe("1.2.0");
  });

  test("wait for events that there are, and contribute what is free", async () => {
    const { extensions, packs, commands } = await openWorkbench();
    const waiting = makeExtension({
      code: "export function activate() {}",
      manifest: { activationEvents: ["onMoonrise"] },
    });
    await expect(extensions.install(waiting)).rejects.toMatchObject({ code: "InvalidManifest" });
    expect(packs.list()).toEqual([]);
    commands.register("acme.taken", () => 1);
    const taking = (version: string, id: string) =>
      makeExtension({
        version,
        code: "export function activate() {}",
        contributes: { commands: [command(id)] },
      });
    await expect(extensions.install(taking("1.0.0", "acme.taken"))).rejects.toMatchObject({
      code: "InvalidArgument",
      message: expect.stringContaining("acme.taken") as unknown,
    });
    expect([packs.list(), extensions.list()]).toEqual([[], []]);
    const extension = await extensions.install(taking("1.0.0", "acme.free"));
    await expect(extensions.install(taking("2.0.0", "acme.taken"))).rejects.toMatchObject({
      code: "InvalidArgument",
    });
    expect([extension.version, extension.state]).toEqual(["1.0.0", "enabled"]);
    expect(commands.list().map(({ id }) => id)).toEqual(["acme.free", "acme.taken"]);
  });

  test("end with the instance", async () => {
    const { extensions, commands, contextKeys, menus, liveWorkers } = await openWorkbench();
    const extension = await extensions.install(greeting);
    await extension.activate();
    expect(liveWorkers()).toBe(1);
    extensions.dispose();
    extensions.dispose();
    expect([liveWorkers(), commands.list(), contextKeys.keys, menus.ids]).toEqual([0, [], [], []]);
    await expect(extensions.enable("acme.tools")).rejects.toMatchObject({ code: "Disposed" });
  });

  test("without workers are installed, and say what they lack when they start", async () => {
    const { extensions, commands } = await openWorkbench({ workers: undefined as never });
    await extensions.install(greeting);
    await expect(commands.execute("acme.greet")).rejects.toMatchObject({
      code: "InvalidArgument",
      message: expect.stringContaining("extensions.workers") as unknown,
    });
  });
});

import { describe, expect, test } from "@jest/globals";
import { memoryStorage } from "../../src/sdk/extensions/index.js";
import {
  memoryStore,
  packFromFiles,
  type ExtensionManifest,
  type PackSource,
} from "../../src/sdk/packs/index.js";
import { openPacks } from "../support/packs.js";
import { command, makeExtension, model, openWorkbench, type TestExtension } from "./workbench.js";

const pixels = { capabilities: { pixels: { reason: "To look." } } };
const network = (...domains: string[]) => ({ capabilities: { network: { domains, reason: "To ask." } } });
const code = "export function activate() {}";

function at(address: string, options: TestExtension): PackSource {
  return { ...packFromFiles(makeExtension({ code, ...options }), address), address };
}

/** Notes who was asked, and answers. */
function people(answer = true) {
  const asked: string[] = [];
  const confirmCapabilities = ({ version, capabilities }: ExtensionManifest): boolean => {
    asked.push(`${version} ${Object.keys(capabilities).join()}`);
    return answer;
  };
  return { asked, confirmCapabilities };
}

describe("consent", () => {
  test("is asked for on every road that code comes in by", async () => {
    const { asked, confirmCapabilities } = people(false);
    const { extensions, packs } = await openWorkbench({ confirmCapabilities });
    const files = makeExtension({ code, manifest: pixels });
    for (const install of [() => extensions.install(files), () => packs.install(files)]) {
      await expect(install()).rejects.toMatchObject({ code: "CapabilityMissing" });
    }
    expect([asked, extensions.list(), packs.list()]).toEqual([["1.0.0 pixels", "1.0.0 pixels"], [], []]);
  });

  test("was not given to what was installed where nobody could be asked; enabling it asks", async () => {
    const store = memoryStore();
    await (await openPacks(model, { store })).packs.install(makeExtension({ code, manifest: pixels }));
    const unwilling = people(false);
    const first = await openWorkbench({ store, confirmCapabilities: unwilling.confirmCapabilities });
    const extension = first.extensions.getExtension("acme.tools")!;
    expect([extension.state, extension.error?.code]).toEqual(["disabled", "CapabilityMissing"]);
    await expect(first.extensions.enable("acme.tools")).rejects.toMatchObject({ code: "CapabilityMissing" });
    await expect(extension.activate()).rejects.toMatchObject({ code: "InvalidArgument" });
    const willing = people();
    const second = await openWorkbench({ store, confirmCapabilities: willing.confirmCapabilities });
    await second.extensions.enable("acme.tools");
    await second.extensions.getExtension("acme.tools")!.activate();
    const third = await openWorkbench({ store, confirmCapabilities: willing.confirmCapabilities });
    expect([third.extensions.isEnabled("acme.tools"), willing.asked]).toEqual([true, ["1.0.0 pixels"]]);
  });

  test("holds for updates from one address that ask for no more, through a rollback too", async () => {
    const { asked, confirmCapabilities } = people();
    const { extensions } = await openWorkbench({ confirmCapabilities });
    const version = (number: string, manifest: Readonly<Record<string, unknown>>) =>
      extensions.install(at(`https://acme.example/${number}/`, { version: number, manifest }));
    await version("1.0.0", pixels);
    await version("1.1.0", pixels);
    expect(asked).toEqual(["1.0.0 pixels"]);
    await version("1.2.0", {});
    await version("1.3.0", pixels); // what was given up is asked for again
    await version("1.4.0", network("a.example"));
    await version("1.5.0", network("a.example"));
    await version("1.6.0", network("a.example", "b.example"));
    expect(asked.slice(1)).toEqual(["1.3.0 pixels", "1.4.0 network", "1.6.0 network"]);
    await extensions.rollback("acme.tools");
    expect([extensions.isEnabled("acme.tools"), asked.length]).toEqual([true, 4]);
  });

  test("does not pass to another address, package, or files of unknown origin", async () => {
    const { asked, confirmCapabilities } = people();
    const { extensions, packs } = await openWorkbench({ confirmCapabilities });
    const tools = { manifest: pixels };
    await extensions.install(at("https://acme.example/1.0.0/", tools));
    for (const source of [
      at("https://evil.example/99.0.0/", { ...tools, version: "99.0.0" }),
      at("https://acme.example/2.0.0/", { version: "2.0.0", manifest: { ...pixels, name: "@evil/tools" } }),
      packFromFiles(makeExtension({ code, ...tools, version: "2.0.0" })),
    ]) {
      await expect(extensions.install(source)).rejects.toMatchObject({ code: "ReplacementRefused" });
      await expect(packs.install(source)).rejects.toMatchObject({ code: "ReplacementRefused" });
    }
    expect([packs.get("acme.tools")?.version, asked]).toEqual(["1.0.0", ["1.0.0 pixels"]]);
    // Files in memory are of one origin only if they are the same files.
    await extensions.uninstall("acme.tools");
    for (const version of ["2.0.0", "2.0.0", "2.1.0"]) {
      await extensions.install(makeExtension({ code, ...tools, version }));
    }
    expect(asked).toEqual(["1.0.0 pixels", "2.0.0 pixels", "2.1.0 pixels"]);
  });

  test("an accepted replacement inherits nothing: neither consent nor state nor settings", async () => {
    const { asked, confirmCapabilities } = people();
    const storage = memoryStorage();
    const workbench = await openWorkbench({
      confirmCapabilities,
      confirmReplacement: () => true,
      storage,
    });
    const { extensions, commands, configuration } = workbench;
    const remembering = {
      code: `export function activate({ globalState }, { commands, configuration }) {
        commands.register("acme.get", () => [globalState.get("secret") ?? null, configuration.get("acme.key")]);
        commands.register("acme.set", () => globalState.update("secret", "token"));
      }`,
      contributes: {
        commands: [command("acme.get"), command("acme.set")],
        configuration: {
          title: "Acme",
          properties: { "acme.key": { type: "string", description: "x", default: "" } },
        },
      },
      manifest: pixels,
    };
    await extensions.install(at("https://acme.example/1.0.0/", remembering));
    await commands.execute("acme.set");
    await configuration.update("acme.key", "private");
    await extensions.install(at("https://acme.example/1.1.0/", { ...remembering, version: "1.1.0" }));
    expect(await commands.execute("acme.get")).toEqual(["token", "private"]);
    await extensions.install(at("https://other.example/2.0.0/", { ...remembering, version: "2.0.0" }));
    expect(await commands.execute("acme.get")).toEqual([null, ""]);
    expect(asked).toEqual(["1.0.0 pixels", "2.0.0 pixels"]);
  });

  test("a pack that is uninstalled by any road leaves no state behind", async () => {
    const { extensions, commands, packs } = await openWorkbench();
    const files = makeExtension({
      code: `export function activate({ globalState }, { commands }) {
        commands.register("acme.count", async () => {
          const count = (globalState.get("count") ?? 0) + 1;
          await globalState.update("count", count);
          return count;
        });
      }
      export const deactivate = () => undefined;`,
      contributes: { commands: [command("acme.count")] },
    });
    for (const uninstall of [() => packs.uninstall("acme.tools"), () => extensions.uninstall("acme.tools")]) {
      await extensions.install(files);
      expect([await commands.execute("acme.count"), await commands.execute("acme.count")]).toEqual([1, 2]);
      await uninstall();
    }
  });
});

describe("a command that an extension executes", () => {
  const caller = (name: string, manifest: Readonly<Record<string, unknown>> = {}) =>
    makeExtension({
      name,
      code: `export function activate(context, { commands }) {
        commands.register("acme.${name}", (id, ...args) => commands.execute(id, ...args));
        commands.register("acme.${name}.who", function () { return this.caller ?? null; });
      }`,
      contributes: { commands: [command(`acme.${name}`), command(`acme.${name}.who`)] },
      manifest,
    });
  const missing = { code: "CapabilityMissing" };

  test("is one that the application lists, and the handler learns who calls", async () => {
    const { extensions, commands } = await openWorkbench({ commands: ["app.who"] });
    await extensions.install(caller("tools"));
    for (const id of ["app.who", "app.secret"]) {
      commands.register(id, function (...args) {
        return [this.caller ?? null, ...args];
      });
    }
    expect(await commands.execute("acme.tools", "app.who", 1)).toEqual(["acme.tools", 1]);
    expect(await commands.execute("app.who", 1)).toEqual([null, 1]);
    await expect(commands.execute("acme.tools", "app.secret")).rejects.toMatchObject(missing);
    await expect(commands.execute("acme.tools", "app.none")).rejects.toMatchObject({
      code: "UnknownCommand",
    });
  });

  test("is one of an extension that was granted no more than itself", async () => {
    const { extensions, commands } = await openWorkbench();
    await extensions.install(caller("plain"));
    await extensions.install(caller("seeing", pixels));
    await extensions.install(caller("calling", network("a.example")));
    expect(await commands.execute("acme.seeing", "acme.plain.who")).toBe("acme.seeing");
    expect(await commands.execute("acme.plain", "acme.plain.who")).toBe("acme.plain");
    for (const [from, to] of [
      ["plain", "seeing"],
      ["plain", "calling"],
      ["seeing", "calling"],
      ["calling", "seeing"],
    ]) {
      await expect(commands.execute(`acme.${from}`, `acme.${to}.who`)).rejects.toMatchObject(missing);
    }
  });
});

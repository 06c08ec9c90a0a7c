import { describe, expect, test } from "@jest/globals";
import { nodeExtensionWorkers } from "../../src/node/index.js";
import { HeadlessHost, type HostMenu } from "../../src/sdk/host/index.js";
import { memoryStore } from "../../src/sdk/packs/index.js";
import { startLimpid } from "../support/start-limpid.js";
import { makeExtension } from "../extensions/workbench.js";
import { workerFile } from "../extensions/worker-file.js";

const code = `export function activate(context, { commands, contextKeys }) {
  commands.register("acme.flip", async () => {
    await contextKeys.set("acme.flipped", true);
    return "flipped";
  });
  commands.register("acme.fail", () => {
    throw new RangeError("no luck");
  });
}`;

const extension = makeExtension({
  code,
  contributes: {
    commands: [
      { command: "acme.flip", title: "Flip", category: "Acme" },
      { command: "acme.fail", title: "Fail" },
      { command: "acme.late", title: "Later", enablement: "hasImage" },
    ],
    menus: {
      "image/context": [
        { command: "acme.flip", group: "b@2" },
        { command: "acme.late", group: "b@1" },
        { command: "acme.fail" },
        { command: "limpid.restore", group: "a", when: "acme.flipped" },
      ],
      layer: [{ command: "acme.flip", when: "mode == 'layers'" }],
      "tools/acme": [{ command: "acme.fail" }],
    },
  },
});

const open = async (host: HeadlessHost) =>
  startLimpid(
    {},
    {
      host,
      packs: { store: memoryStore() },
      extensions: { workers: nodeExtensionWorkers({ file: workerFile }) },
    },
  );

const shown = ({ commands }: HeadlessHost) =>
  commands.commands.map(({ id, title }) => `${id} ${title}`).sort();
const menu = ({ commands }: HeadlessHost, name: HostMenu) => commands.menu(name).map(({ id }) => id);

describe("the commands and menus of extensions reach the host", () => {
  test("with when clauses held against the context keys, and go with the extension", async () => {
    const host = new HeadlessHost({ width: 8, height: 8 });
    const limpid = await open(host);
    expect(shown(host)).toEqual(["limpid.restore Limpid: Restore"]);

    await limpid.extensions.install(extension);
    expect(shown(host)).toEqual(["acme.fail Fail", "acme.flip Acme: Flip", "limpid.restore Limpid: Restore"]);
    expect(menu(host, "image")).toEqual(["acme.flip", "acme.fail"]);
    expect(["layer", "selection", "panel"].map((name) => menu(host, name as HostMenu))).toEqual([[], [], []]);

    limpid.contextKeys.set("hasImage", true);
    expect(shown(host)).toContain("acme.late Later");
    expect(menu(host, "image")).toEqual(["acme.late", "acme.flip", "acme.fail"]);
    limpid.contextKeys.set("mode", "layers");
    expect(menu(host, "layer")).toEqual(["acme.flip"]);
    limpid.contextKeys.set("mode", "pixels");
    expect(menu(host, "layer")).toEqual([]);
    limpid.contextKeys.set("hasImage", false);
    expect(shown(host)).not.toContain("acme.late Later");

    // Chosen in the editor, a command starts its extension; a key that the extension sets shows another item.
    expect(await host.commands.run("acme.flip")).toBe("flipped");
    expect(menu(host, "image")).toEqual(["limpid.restore", "acme.flip", "acme.fail"]);

    await limpid.extensions.disable("acme.tools");
    expect([shown(host), menu(host, "image")]).toEqual([["limpid.restore Limpid: Restore"], []]);
    await limpid.extensions.enable("acme.tools");
    expect(shown(host)).toHaveLength(3);
    await limpid.extensions.uninstall("acme.tools");
    expect([shown(host), menu(host, "image")]).toEqual([["limpid.restore Limpid: Restore"], []]);

    await limpid.extensions.install(extension);
    limpid.dispose();
    expect([shown(host), menu(host, "image")]).toEqual([[], []]);
    host.dispose();
  });

  test("whose person is told of a command that fails, once", async () => {
    const host = new HeadlessHost({ width: 8, height: 8 });
    const limpid = await open(host);
    await limpid.extensions.install(extension);
    const told: string[] = [];
    host.onDidNotify(({ text, level }) => told.push(`${level} ${text}`));
    await expect(host.commands.run("acme.fail")).rejects.toThrow("no luck");
    expect(told).toEqual([expect.stringMatching(/^error .*no luck/)]);
    // Nothing is active in an empty document, which the restore tells by itself.
    await expect(host.commands.run("limpid.restore")).rejects.toMatchObject({ code: "NothingSelected" });
    expect(told).toHaveLength(2);
    host.dispose();
  });

  test("which keeps its own commands of the same name, and those of the application to itself", async () => {
    const host = new HeadlessHost({ width: 8, height: 8 });
    host.registerCommand({ id: "acme.flip", title: "The editor's own", run: () => "own" });
    const limpid = await open(host);
    limpid.commands.register("app.undo", () => host.undo(), { title: "Undo" });
    await limpid.extensions.install(extension);
    expect(shown(host)).toEqual([
      "acme.fail Fail",
      "acme.flip The editor's own",
      "limpid.restore Limpid: Restore",
    ]);
    expect(await host.commands.run("acme.flip")).toBe("own");
    await limpid.extensions.uninstall("acme.tools");
    expect(shown(host)).toContain("acme.flip The editor's own");
    // A host that is closed first is left alone.
    host.dispose();
    await limpid.extensions.install(extension);
    expect(limpid.commands.has("acme.flip")).toBe(true);
  });

  test("unless it has no place for them", async () => {
    class BareHost extends HeadlessHost {
      override readonly capabilities = {
        ...new HeadlessHost({ width: 1, height: 1 }).capabilities,
        commands: false,
        menus: false,
      };
    }
    const host = new BareHost({ width: 8, height: 8 });
    const limpid = await open(host);
    await limpid.extensions.install(extension);
    expect([shown(host), menu(host, "image")]).toEqual([[], []]);
    host.dispose();
  });
});

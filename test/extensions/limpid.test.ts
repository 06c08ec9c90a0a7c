import { describe, expect, test } from "@jest/globals";
import { nodeExtensionWorkers } from "../../src/node/index.js";
import { memoryStorage } from "../../src/sdk/extensions/index.js";
import { HeadlessHost } from "../../src/sdk/host/index.js";
import { PixelImage } from "../../src/sdk/image/index.js";
import type { Limpid, LimpidOptions } from "../../src/sdk/limpid/index.js";
import { memoryStore } from "../../src/sdk/packs/index.js";
import { startLimpid } from "../support/start-limpid.js";
import { makeTinyPack } from "../support/tiny-pack.js";
import { workerFile } from "./worker-file.js";
import { command, makeExtension, model } from "./workbench.js";

function start(options: Partial<LimpidOptions> = {}): Promise<Limpid> {
  return startLimpid(
    { bias: 20 },
    {
      extensions: { workers: nodeExtensionWorkers({ file: workerFile }) },
      ...options,
      packs: { store: memoryStore(), ...options.packs },
    },
  );
}

const photo = new PixelImage({
  width: 16,
  height: 8,
  channels: 3,
  data: Uint8Array.from({ length: 16 * 8 * 3 }, (_, i) => 100 + (i % 100)),
});

describe("Limpid", () => {
  test("starts what waits for its degradations and experts, and for its start", async () => {
    const store = memoryStore();
    const code = "export function activate() {}";
    const waiting = (name: string, event: string) =>
      makeExtension({ name, code, manifest: { activationEvents: [event] } });
    const first = await start({ packs: { store } });
    const [{ id: expert } = { id: "" }] = first.experts.list();
    const [degradation = ""] = first.experts.list()[0]?.degradations ?? [];
    await first.extensions.install(waiting("found", `onDegradation:${degradation}`));
    await first.extensions.install(waiting("used", `onExpert:${expert}`));
    await first.extensions.install(waiting("late", "onStartupFinished"));
    // The start is over some time later: the third is looked at below.
    const states = () =>
      ["found", "used"].map((name) => first.extensions.getExtension(`acme.${name}`)!.state);
    expect(states()).toEqual(["enabled", "enabled"]);
    await first.analyze(photo);
    expect(states()).toEqual([expect.stringMatching(/activ/), "enabled"]);
    await first.restore(photo, { experts: [{ id: expert }], tileSize: 8 });
    expect(states()[1]).toMatch(/activ/);
    first.dispose();

    const second = await start({ packs: { store } });
    expect(second.extensions.list().map(({ state }) => state)).toEqual(["enabled", "enabled", "enabled"]);
    const late = second.extensions.getExtension("acme.late")!;
    await new Promise<void>((resolve) => {
      second.extensions.onDidChange(() => late.isActive && resolve());
    });
    expect(late.activation?.reason).toBe("onStartupFinished");
  });

  const inverting = (capabilities: object) =>
    makeExtension({
      code: `export function activate(context, { commands, pixels, experts }) {
        commands.register("acme.invert", async () => {
          const image = await pixels.read();
          await pixels.write({ ...image, data: image.data.map((sample) => 255 - sample) });
          return [image.width, image.height, image.channels, image.data.constructor.name];
        });
        commands.register("acme.repair", async (expert) => {
          const image = await pixels.read();
          const found = await pixels.analyze(image);
          const { mixture, backend, image: restored } = await pixels.restore(image, { experts: [{ id: expert }], strength: 0.5 });
          return { found: found.length, mixture, backend, changed: restored.data.some((sample, i) => sample !== image.data[i]) };
        });
        commands.register("acme.give", async () => (await pixels.read()).data);
        commands.register("acme.call", () => commands.execute("app.photo"));
        commands.register("acme.experts", () => experts.list());
      }`,
      contributes: {
        commands: ["invert", "repair", "give", "call", "experts"].map((name) => command(`acme.${name}`)),
      },
      manifest: { capabilities },
    });

  test("gives the editor's pixels to those who were granted them, and takes them back as one step", async () => {
    const host = HeadlessHost.ofImage(photo);
    const limpid = await start({ host });
    await limpid.extensions.install(inverting({ pixels: { reason: "To invert what you choose." } }));
    expect(await limpid.commands.execute("acme.invert")).toEqual([16, 8, 3, "Uint8Array"]);
    expect(host.layers).toHaveLength(1);
    expect([...host.layers[0]!.image.data]).toEqual([...photo.data].map((sample) => 255 - sample));
    host.undo();
    expect(host.layers[0]!.image.data).toEqual(photo.data);
    const [{ id } = { id: "" }] = limpid.experts.list();
    expect(await limpid.commands.execute("acme.repair", id)).toEqual({
      found: 3,
      mixture: [{ expert: id, weight: 1 }],
      backend: "wasm",
      changed: true,
    });
    expect(await limpid.commands.execute("acme.experts")).toEqual(
      limpid.experts.list().map((expert) => ({ id: expert.id, degradations: expert.degradations })),
    );
    // Results of commands are for everybody: they carry no bytes.
    await expect(limpid.commands.execute("acme.give")).rejects.toMatchObject({ code: "InvalidMessage" });
    expect(limpid.extensions.getExtension("acme.tools")?.state).toBe("active");
    host.dispose();
  });

  test("shows how far an extension's task is, and lets people cancel it", async () => {
    const host = HeadlessHost.ofImage(photo);
    const limpid = await start({ host });
    const shown: unknown[] = [];
    host.onDidProgress((progress) => shown.push(progress));
    const code = `export function activate(context, { commands, withProgress }) {
      commands.register("acme.count", () => withProgress({ title: "Counts" }, async ({ report }) => {
        for (const step of [1, 2]) report({ fraction: step / 2, message: String(step) });
        return "counted";
      }));
      commands.register("acme.wait", () => withProgress({ title: "Waits" }, ({ signal, report }) => {
        report({ message: "waits" });
        return new Promise((resolve) => signal.addEventListener("abort", () => resolve("cancelled")));
      }));
      commands.register("acme.fail", () => withProgress({ title: "Fails" }, () => { throw new RangeError("no luck"); }));
    }`;
    const names = ["count", "wait", "fail"].map((name) => command(`acme.${name}`));
    await limpid.extensions.install(makeExtension({ code, contributes: { commands: names } }));
    expect(await limpid.commands.execute("acme.count")).toBe("counted");
    expect(shown.splice(0)).toEqual([
      { message: "Counts" },
      { fraction: 0.5, message: "1" },
      { fraction: 1, message: "2" },
      undefined,
    ]);
    const waits = () =>
      new Promise<void>((resolve) => {
        const listening = host.onDidProgress((progress) => {
          if (progress?.message !== "waits") return;
          listening.dispose();
          resolve();
        });
      });
    let waiting = waits();
    const cancelled = limpid.commands.execute("acme.wait");
    await waiting;
    host.cancel();
    expect(await cancelled).toBe("cancelled");
    await expect(limpid.commands.execute("acme.fail")).rejects.toMatchObject({
      message: expect.stringContaining("no luck") as unknown,
    });
    // What an extension shows goes with it.
    waiting = waits();
    const ended = expect(limpid.commands.execute("acme.wait")).rejects.toThrow();
    await waiting;
    await limpid.extensions.disable("acme.tools");
    await ended;
    expect(shown.at(-1)).toBeUndefined();
    host.dispose();
  });

  test("a task runs without an editor too", async () => {
    const limpid = await start();
    const code = `export function activate(context, { commands, withProgress }) {
      commands.register("acme.count", () => withProgress({ title: "Counts" }, async ({ report, signal }) => {
        report({ fraction: 1 });
        return signal.aborted;
      }));
    }`;
    await limpid.extensions.install(
      makeExtension({ code, contributes: { commands: [command("acme.count")] } }),
    );
    expect(await limpid.commands.execute("acme.count")).toBe(false);
  });

  test("writes where the same extension read, whatever another reads meanwhile", async () => {
    const host = HeadlessHost.ofImage(photo);
    const other = host.addLayer({ image: photo.withData(new Uint8Array(photo.data.length)), name: "Other" });
    host.activate(host.layers[0]!.id);
    const limpid = await start({
      host,
      extensions: { workers: nodeExtensionWorkers({ file: workerFile }), commands: ["app.between"] },
    });
    const capabilities = { pixels: { reason: "To read and write." } };
    for (const name of ["one", "two"]) {
      const code = `export function activate(context, { commands, pixels }) {
        commands.register("acme.${name}Read", async () => void (await pixels.read()));
        commands.register("acme.${name}Fill", async () => {
          const image = await pixels.read();
          await commands.execute("app.between");
          await pixels.write({ ...image, data: image.data.map(() => 7) });
        });
      }`;
      const contributes = { commands: [command(`acme.${name}Read`), command(`acme.${name}Fill`)] };
      await limpid.extensions.install(makeExtension({ name, code, contributes, manifest: { capabilities } }));
    }
    limpid.commands.register("app.between", async () => {
      host.activate(other.id);
      await limpid.commands.execute("acme.twoRead");
    });
    await limpid.commands.execute("acme.oneFill");
    expect(host.layers.map(({ image }) => image.data[0])).toEqual([7, 0]);
    host.dispose();
  });

  test("takes no more than four images at a time for an extension", async () => {
    const host = HeadlessHost.ofImage(photo);
    const capture = host.capture.bind(host);
    let release: (() => void) | undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    host.capture = async (options) => {
      await released;
      return capture(options);
    };
    const limpid = await start({
      host,
      extensions: { workers: nodeExtensionWorkers({ file: workerFile }), commands: ["app.release"] },
    });
    limpid.commands.register("app.release", () => release?.());
    const code = `export function activate(context, { commands, pixels }) {
      commands.register("acme.all", async () => {
        let refused = 0;
        const take = (_, index) => (index % 2 ? pixels.read() : commands.execute("limpid.restore", { restore: { experts: [] } }))
          .then(() => "taken", (error) => { if (++refused === 8) void commands.execute("app.release"); return error.message; });
        return [...await Promise.all(Array.from({ length: 12 }, take)), await take(0, 1)];
      });
    }`;
    const manifest = { capabilities: { pixels: { reason: "To read." } } };
    const contributes = { commands: [command("acme.all")] };
    await limpid.extensions.install(makeExtension({ code, contributes, manifest }));
    const refusal = "acme.tools takes 4 images at a time already";
    expect(await limpid.commands.execute("acme.all")).toEqual([
      ...Array<string>(4).fill("taken"),
      ...Array<string>(8).fill(refusal),
      "taken",
    ]);
    host.dispose();
  });

  test("gives no image bytes to those who were not", async () => {
    const host = HeadlessHost.ofImage(photo);
    const limpid = await start({ host });
    limpid.commands.register("app.photo", () => photo.data);
    await limpid.extensions.install(inverting({}));
    await expect(limpid.commands.execute("acme.invert")).rejects.toMatchObject({
      message: expect.stringContaining("TypeError") as unknown,
    });
    await expect(limpid.commands.execute("acme.call")).rejects.toMatchObject({ code: "CapabilityMissing" });
    await expect(limpid.commands.execute("acme.experts", photo.data)).rejects.toMatchObject({
      code: "InvalidMessage",
    });
    expect(host.layers[0]!.image.data).toEqual(photo.data);
    host.dispose();
  });

  test("restores the picture for extensions with the capability only, and says what it did", async () => {
    const host = HeadlessHost.ofImage(photo);
    const limpid = await start({
      host,
      extensions: { workers: nodeExtensionWorkers({ file: workerFile }), commands: ["limpid.restore"] },
    });
    const [{ id } = { id: "" }] = limpid.experts.list();
    const restoring = (name: string, capabilities: object) =>
      makeExtension({
        name,
        code: `export function activate(context, { commands }) {
          commands.register("acme.${name}", (options) => commands.execute("limpid.restore", options));
        }`,
        contributes: { commands: [command(`acme.${name}`)] },
        manifest: { capabilities },
      });
    await limpid.extensions.install(restoring("plain", {}));
    await limpid.extensions.install(restoring("seeing", { pixels: { reason: "To repair." } }));
    const options = { restore: { experts: [{ id }], tileSize: 8 } };
    await expect(limpid.commands.execute("acme.plain", options)).rejects.toMatchObject({
      code: "CapabilityMissing",
    });
    expect(host.layers[0]!.image.data).toEqual(photo.data);
    expect(await limpid.commands.execute("acme.seeing", options)).toMatchObject({
      isChanged: true,
      mixture: [{ expert: id, weight: 1 }],
      backend: "wasm",
    });
    expect(host.layers[0]!.image.data).not.toEqual(photo.data);
    host.dispose();
  });

  test("restores what is active in the editor by its own command", async () => {
    const host = HeadlessHost.ofImage(photo);
    const limpid = await start({ host });
    const [{ id } = { id: "" }] = limpid.experts.list();
    await limpid.commands.execute("limpid.restore", { restore: { experts: [{ id }], tileSize: 8 } });
    expect(host.layers[0]!.image.data).not.toEqual(photo.data);
    host.undo();
    expect(host.layers[0]!.image.data).toEqual(photo.data);
    // @ts-expect-error -- the compiler knows what the command takes
    await expect(limpid.commands.execute("limpid.restore", 5)).rejects.toMatchObject({
      code: "InvalidArgument",
    });
    host.dispose();
    const without = await start();
    await expect(without.commands.execute("limpid.restore")).rejects.toMatchObject({
      code: "UnknownCommand",
    });
  });

  test("shares nothing with another, and ends with all that it started", async () => {
    const [one, two] = [await start(), await start()];
    await one.extensions.install(
      makeExtension({
        code: `export function activate(context, api) { api.commands.register("acme.only", () => 1); }`,
        contributes: { commands: [command("acme.only")] },
      }),
    );
    await one.commands.execute("acme.only");
    expect([two.extensions.list(), two.commands.list(), two.contextKeys.keys]).toEqual([[], [], []]);
    one.dispose();
    one.dispose();
    expect([one.extensions.list(), one.commands.list(), one.contextKeys.keys, one.menus.ids]).toEqual([
      [],
      [],
      [],
      [],
    ]);
  });
});

describe("diagnostics", () => {
  test("report versions, backend, bytes and what became of each extension, as JSON", async () => {
    const storage = {
      ...memoryStorage(),
      get: () => Promise.reject(new Error("storage is denied")),
    };
    const limpid = await start({ storage });
    await limpid.extensions.install(makeTinyPack(model));
    await limpid.extensions.install(
      makeExtension({
        name: "bad",
        code: "export function activate() { throw new Error('no luck'); }",
        contributes: { commands: [command("acme.bad")] },
      }),
    );
    await limpid.extensions.install(
      makeExtension({
        name: "good",
        code: "export function activate() {}",
        manifest: { capabilities: { pixels: { reason: "To look." } } },
      }),
    );
    await limpid.commands.execute("acme.bad").catch(() => undefined);
    await limpid.extensions.getExtension("acme.good")?.activate();
    const report = JSON.parse(JSON.stringify(await limpid.diagnostics.report())) as unknown;
    const time = expect.any(Number) as unknown;
    expect(report).toMatchObject({
      limpid: {
        version: expect.stringMatching(/^\d+\.\d+/) as unknown,
        runtime: "node",
        backend: "wasm",
        deviceBytes: limpid.byteSize,
      },
      model: { experts: limpid.experts.list().map(({ id }) => id) },
      cache: { kind: "memory", bytes: await limpid.packs.cache.size() },
      settingsFailure: "Error: storage is denied",
      extensions: [
        {
          id: "acme.bad",
          state: "failed",
          hasCode: true,
          capabilities: [],
          error: {
            code: "ExtensionFailed",
            message: "the extension acme.bad cannot be activated: Error: no luck",
          },
        },
        {
          id: "acme.good",
          state: "active",
          capabilities: ["pixels"],
          activation: { reason: "activate", readTime: time, activateTime: time },
        },
        {
          id: "acme.limpid-descreen",
          state: "enabled",
          hasCode: false,
          version: "1.0.0",
          source: "the pack in memory",
        },
      ],
      unusable: [],
    });
    const bytes = (report as { extensions: { bytes: number }[] }).extensions.map(
      (extension) => extension.bytes,
    );
    expect(bytes.every((size) => size > 0)).toBe(true);
  });

  test.each([1, 2, 3, 4, 5, 8, 9])(
    "bisect %i extensions in as many answers as halving takes",
    async (count) => {
      const limpid = await start();
      const names = Array.from({ length: count }, (_, index) => `x${index}`);
      for (const [index, name] of names.entries()) {
        // Each second one needs the one before it.
        const extensionDependencies = index % 2 === 1 ? [`acme.x${index - 1}`] : [];
        await limpid.extensions.install(makeExtension({ name, manifest: { extensionDependencies } }));
      }
      await limpid.extensions.install(makeExtension({ name: "off" }));
      await limpid.extensions.disable("acme.off");
      const enabled = () =>
        limpid.extensions
          .list()
          .filter(({ id }) => limpid.extensions.isEnabled(id))
          .map(({ id }) => id);
      const all = names.map((name) => `acme.${name}`).sort();
      const { bisect } = limpid.diagnostics;
      for (const culprit of all) {
        let state = await bisect.start();
        let answers = 0;
        while (state.isRunning) {
          expect(state.candidates).toContain(culprit);
          expect(enabled().length).toBeLessThan(count);
          answers++;
          state = enabled().includes(culprit) ? await bisect.bad() : await bisect.good();
        }
        expect(state.suspect).toBe(culprit);
        expect(answers).toBeLessThanOrEqual(Math.ceil(Math.log2(count)));
        expect(enabled()).toEqual(all);
      }
    },
  );

  test("bisect can be given up, and refuses answers out of turn", async () => {
    const limpid = await start();
    const { bisect } = limpid.diagnostics;
    await expect(bisect.start()).rejects.toMatchObject({ code: "InvalidArgument" });
    for (const name of ["a", "b", "c"]) await limpid.extensions.install(makeExtension({ name }));
    await expect(bisect.good()).rejects.toMatchObject({ code: "InvalidArgument" });
    expect(await bisect.start()).toMatchObject({ isRunning: true, answersLeft: 2, suspect: undefined });
    await expect(bisect.start()).rejects.toMatchObject({ code: "InvalidArgument" });
    await bisect.bad();
    await limpid.extensions.uninstall("acme.b");
    await bisect.reset();
    expect(bisect.state.isRunning).toBe(false);
    expect(limpid.extensions.list().map(({ id, state }) => `${id} ${state}`)).toEqual([
      "acme.a enabled",
      "acme.c enabled",
    ]);
    await expect(bisect.bad()).rejects.toMatchObject({ code: "InvalidArgument" });
  });
});

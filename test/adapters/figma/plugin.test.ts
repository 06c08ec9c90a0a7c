import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { parse } from "acorn";
import { Ajv } from "ajv";
import { getQuickJS, type QuickJSContext, type QuickJSHandle } from "quickjs-emscripten";
import { decodePng, encodePng } from "../../../src/sdk/image/index.js";
import { FakeFigma } from "../../fakes/figma/index.js";
import { invert, makePicture } from "./connected.js";
import { manifestSchema } from "./manifest-schema.js";
import { buildPlugins, type PluginFolder } from "./plugin-folder.js";

let plugins: PluginFolder;
const builds = ["offline", "hosted"] as const;

beforeAll(async () => {
  plugins = await buildPlugins({ url: "https://limpid.example/figma/" });
});

afterAll(() => plugins.remove());

const read = (...path: string[]): string => readFileSync(join(plugins.path, ...path), "utf8");

interface Manifest {
  readonly networkAccess: object;
  readonly ui?: string;
  readonly menu: readonly { readonly command: string }[];
  readonly relaunchButtons: readonly { readonly command: string }[];
}

describe("the Figma plugins of the examples", () => {
  test.each(builds)("have a manifest that Figma takes: %s", (build) => {
    const manifest = JSON.parse(read(build, "manifest.json")) as Manifest;
    const ajv = new Ajv({ allErrors: true });
    expect([ajv.validate(manifestSchema, manifest), ajv.errors]).toEqual([true, null]);
    const commands = manifest.menu.map(({ command }) => command);
    for (const { command } of manifest.relaunchButtons) expect(commands).toContain(command);
  });

  test("ask for no more of the network than each needs", async () => {
    const [offline, hosted] = builds.map((build) => JSON.parse(read(build, "manifest.json")) as Manifest);
    expect([offline!.ui, offline!.networkAccess]).toEqual(["ui.html", { allowedDomains: ["none"] }]);
    expect([hosted!.ui, hosted!.networkAccess]).toMatchObject([
      undefined,
      { allowedDomains: ["https://limpid.example"] },
    ]);
    const local = await buildPlugins({ url: "http://localhost:8000/" });
    const manifest = JSON.parse(
      readFileSync(join(local.path, "hosted", "manifest.json"), "utf8"),
    ) as Manifest;
    local.remove();
    expect(manifest.networkAccess).toEqual({
      allowedDomains: ["none"],
      devAllowedDomains: ["http://localhost:8000"],
    });
  });

  test("the offline one is one page that names nothing outside of it", () => {
    const page = read("offline", "ui.html");
    const markup = page.replace(/<script[^>]*>[^]*?<\/script>/g, "").replace(/<style>[^]*?<\/style>/g, "");
    expect(markup).not.toMatch(/\b(?:src|href)=/);
    // Three texts and one script, and nothing that ends one of them early.
    expect(page.match(/<script/g)).toHaveLength(4);
    expect(page.match(/<\/script/gi)).toHaveLength(4);
    expect(readdirSync(join(plugins.path, "offline")).sort()).toEqual([
      "code.js",
      "manifest.json",
      "ui.html",
    ]);
  });

  test.each(builds)("have a sandbox of ECMAScript 2017: %s", (build) => {
    const code = read(build, "code.js");
    expect(() => parse(code, { ecmaVersion: 2017, sourceType: "script" })).not.toThrow();
    expect(() => parse("const { a, ...rest } = b;", { ecmaVersion: 2017 })).toThrow();
  });
});

/** QuickJS with what Figma documents of its sandbox: `figma`, `__html__`, the console, timers; neither a DOM nor a network. */
class Sandbox {
  readonly figma = new FakeFigma({
    showUI: (html) => this.shown.push(html),
    postMessage: (message) => this.said.push(message as Record<string, unknown>),
  });
  readonly shown: string[] = [];
  readonly said: Record<string, unknown>[] = [];
  readonly #context: QuickJSContext;
  readonly #objects = new Map<number, object>();
  readonly #handles = new Map<number, QuickJSHandle>();
  #lastId = 0;

  private constructor(context: QuickJSContext) {
    this.#context = context;
  }

  static async open(html: string): Promise<Sandbox> {
    const sandbox = new Sandbox((await getQuickJS()).newContext());
    sandbox.#prepare(html);
    return sandbox;
  }

  run(code: string): void {
    this.#context.unwrapResult(this.#context.evalCode(code)).dispose();
    this.settle();
  }

  /** Runs what waits in the sandbox. */
  settle(): void {
    this.#context.unwrapResult(this.#context.runtime.executePendingJobs()).toString();
  }

  async send(message: unknown): Promise<Record<string, unknown>> {
    const count = this.said.length;
    this.figma.receive(message);
    for (let wait = 0; wait < 200 && this.said.length === count; wait++) {
      this.settle();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return this.said[count]!;
  }

  evaluate(code: string): unknown {
    const handle = this.#context.unwrapResult(this.#context.evalCode(code));
    const value: unknown = this.#context.dump(handle);
    handle.dispose();
    return value;
  }

  close(): void {
    for (const handle of this.#handles.values()) handle.dispose();
    this.#context.dispose();
  }

  /** `figma` and the nodes are objects out here; in there each is a proxy, which hands every access over. */
  #prepare(html: string): void {
    const context = this.#context;
    const bridge = context.newFunction("bridge", (kind, id, name, value) => {
      const target = this.#objects.get(context.getNumber(id))! as Record<string, unknown>;
      const key = context.getString(name);
      try {
        switch (context.getString(kind)) {
          case "get":
            return this.#inward(target[key]);
          case "has":
            return key in target ? context.true : context.false;
          case "set":
            target[key] = this.#outward(value);
            return context.true;
          default: {
            const values = this.#outward(value) as unknown[];
            return this.#inward((target[key] as (...values: unknown[]) => unknown).apply(target, values));
          }
        }
      } catch (error) {
        const thrown = context.newError(String(error instanceof Error ? error.message : error));
        return { error: thrown };
      }
    });
    context.setProp(context.global, "bridge", bridge);
    bridge.dispose();
    const page = context.newString(html);
    context.setProp(context.global, "__html__", page);
    page.dispose();
    this.#objects.set(++this.#lastId, this.figma.api);
    // The functions that answer the outside, and the two names of the bridge, are taken from the global scope again.
    const made = context.unwrapResult(
      context.evalCode(`(() => {
        const host = globalThis.bridge;
        delete globalThis.bridge;
        const ids = new WeakMap();
        const wrap = (id, callable) => {
          const proxy = new Proxy({}, {
            get: (_, name) => {
              if (typeof name === "symbol") return undefined;
              const value = host("get", id, name);
              return value === "limpid:function" ? (...values) => host("call", id, name, values) : value;
            },
            has: (_, name) => host("has", id, String(name)),
            set: (_, name, value) => host("set", id, String(name), value),
          });
          ids.set(proxy, id);
          return proxy;
        };
        globalThis.figma = wrap(1);
        const nothing = () => undefined;
        globalThis.console = { log: nothing, error: nothing, assert: nothing, info: nothing, warn: nothing, clear: nothing };
        globalThis.setTimeout = globalThis.clearTimeout = globalThis.setInterval = globalThis.clearInterval = () => 0;
        return { wrap, idOf: (value) => (typeof value === "object" && value !== null && ids.get(value)) || 0 };
      })()`),
    );
    this.#handles.set(-1, context.getProp(made, "wrap"));
    this.#handles.set(-2, context.getProp(made, "idOf"));
    made.dispose();
  }

  #call(which: -1 | -2, value: QuickJSHandle): QuickJSHandle {
    return this.#context.unwrapResult(
      this.#context.callFunction(this.#handles.get(which)!, this.#context.undefined, value),
    );
  }

  /** A value out here, as the sandbox sees it. */
  #inward(value: unknown): QuickJSHandle {
    const context = this.#context;
    switch (typeof value) {
      case "string":
        return context.newString(value);
      case "number":
        return context.newNumber(value);
      case "boolean":
        return value ? context.true : context.false;
      case "function":
        return context.newString("limpid:function");
      case "symbol":
        return context.newUniqueSymbol("mixed");
      case "object":
        return value === null ? context.null : this.#objectInward(value);
      default:
        return context.undefined;
    }
  }

  #objectInward(value: object): QuickJSHandle {
    const context = this.#context;
    if (value instanceof Promise) {
      const promise = context.newPromise();
      value.then(
        (settled) => this.#inward(settled).consume((handle) => promise.resolve(handle)),
        (error: unknown) => context.newError(String(error)).consume((handle) => promise.reject(handle)),
      );
      void promise.settled.then(() => this.settle());
      return promise.handle;
    }
    if (value instanceof Uint8Array) {
      const buffer = context.newArrayBuffer(value.slice().buffer);
      context.setProp(context.global, "limpidBytes", buffer);
      buffer.dispose();
      return context.unwrapResult(
        context.evalCode(
          "{ const b = globalThis.limpidBytes; delete globalThis.limpidBytes; new Uint8Array(b); }",
        ),
      );
    }
    if (Array.isArray(value)) {
      const array = context.newArray();
      value.forEach((item, index) => {
        const handle = this.#inward(item);
        context.setProp(array, index, handle);
        handle.dispose();
      });
      return array;
    }
    const isPlain = Object.getPrototypeOf(value) === Object.prototype;
    const hasMethods = Object.values(value).some((item) => typeof item === "function");
    if (isPlain && !hasMethods) {
      const object = context.newObject();
      for (const [name, item] of Object.entries(value)) {
        const handle = this.#inward(item);
        context.setProp(object, name, handle);
        handle.dispose();
      }
      return object;
    }
    this.#objects.set(++this.#lastId, value);
    const id = context.newNumber(this.#lastId);
    const proxy = this.#call(-1, id);
    id.dispose();
    return proxy;
  }

  /** A value of the sandbox's, out here. */
  #outward(handle: QuickJSHandle): unknown {
    const context = this.#context;
    const type = context.typeof(handle);
    if (type === "function") {
      const kept = handle.dup();
      this.#handles.set(++this.#lastId, kept);
      return (...values: unknown[]) => {
        const given = values.map((value) => this.#inward(value));
        context.unwrapResult(context.callFunction(kept, context.undefined, ...given)).dispose();
        for (const one of given) one.dispose();
        this.settle();
      };
    }
    if (type !== "object") return context.dump(handle);
    const found = this.#call(-2, handle);
    const id = context.getNumber(found);
    found.dispose();
    if (id !== 0) return this.#objects.get(id);
    return this.#objectOutward(handle);
  }

  #objectOutward(handle: QuickJSHandle): unknown {
    const context = this.#context;
    const tag = context.unwrapResult(
      context.evalCode("(value) => Object.prototype.toString.call(value).slice(8, -1)"),
    );
    const named = context.unwrapResult(context.callFunction(tag, context.undefined, handle));
    const kind = context.getString(named);
    tag.dispose();
    named.dispose();
    if (kind === "Null") return null;
    const item = (name: string | number): unknown => {
      const property = context.getProp(handle, name);
      const value = this.#outward(property);
      property.dispose();
      return value;
    };
    if (kind === "Uint8Array" || kind === "Array") {
      const length = item("length") as number;
      const items = Array.from({ length }, (_, index) => item(index));
      return kind === "Array" ? items : Uint8Array.from(items as number[]);
    }
    const keys = context.unwrapResult(context.evalCode("Object.keys"));
    const listed = context.unwrapResult(context.callFunction(keys, context.undefined, handle));
    const names = context.dump(listed) as string[];
    keys.dispose();
    listed.dispose();
    return Object.fromEntries(names.map((name) => [name, item(name)]));
  }
}

/**
 * What Figma's own sample for image effects does, as its documentation describes it: each image fill of the selection goes to a
 * page without a window, which inverts it and sends it back; then the plugin ends itself.
 */
const invertImage = `
  const inverted = async (paint) => {
    if (paint.type !== "IMAGE") return paint;
    const bytes = await figma.getImageByHash(paint.imageHash).getBytesAsync();
    figma.showUI(__html__, { visible: false });
    figma.ui.postMessage(bytes);
    const answer = await new Promise((resolve) => { figma.ui.onmessage = (value) => resolve(value); });
    const copy = JSON.parse(JSON.stringify(paint));
    copy.imageHash = figma.createImage(answer).hash;
    return copy;
  };
  const invertSelection = async () => {
    for (const node of figma.currentPage.selection) {
      if (!("fills" in node)) continue;
      const fills = [];
      for (const paint of node.fills) fills.push(await inverted(paint));
      node.fills = fills;
    }
    figma.closePlugin();
  };
  invertSelection();`;

test("a plugin that inverts photos in the way of Figma's sample runs on the stand-in, in QuickJS", async () => {
  const sandbox = await Sandbox.open("<p>inverts</p>");
  const { figma, said } = sandbox;
  const picture = makePicture(8, 6);
  const solid = { type: "SOLID", color: { r: 1, g: 0, b: 0 } };
  const photo = { type: "IMAGE", scaleMode: "FILL", imageHash: figma.importImage(await encodePng(picture)) };
  figma.select([figma.add({ fills: [solid, photo], width: 8, height: 6 })]);
  sandbox.run(invertImage);
  while (!figma.isClosed) {
    const bytes = said.pop() as unknown as Uint8Array | undefined;
    if (bytes !== undefined) figma.receive(await encodePng(invert((await decodePng(bytes)).image)));
    sandbox.settle();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const [first, second] = figma.look()[0]!.fills as [object, { imageHash: string }];
  expect(first).toEqual(solid);
  const { image } = await decodePng(figma.imageBytes(second.imageHash));
  expect([...image.data]).toEqual([...invert(picture).data]);
  expect(figma.undoSteps).toBe(2);
  sandbox.close();
});

test("the stand-in has each member of Figma's API, or says by name that it does not", () => {
  const typings = readFileSync("node_modules/@figma/plugin-typings/plugin-api-standalone.d.ts", "utf8");
  const [, body] = /interface PluginAPI \{\n([^]*?)\n\}/.exec(typings)!;
  const members = new Set([...body!.matchAll(/^ {2}(?:readonly )?(\w+)\??[:(<]/gm)].map(([, name]) => name!));
  expect(members.size).toBeGreaterThan(100);
  const figma = new FakeFigma();
  const api = figma.api as unknown as Record<string, unknown>;
  const missing = [...members].filter((name) => !(name in api));
  expect(members.size - missing.length).toBeGreaterThan(15);
  for (const name of missing) expect(() => api[name]).toThrow(`the fake Figma has no ${name} of figma`);
  const node = (api.createEllipse as () => Record<string, unknown>)();
  expect(() => node.vectorPaths).toThrow("the fake Figma has no vectorPaths of a node");
});

describe("the built sandbox in QuickJS, with the documented globals only", () => {
  const session = "ab".repeat(12);

  test("shows the page, answers, reads a photo, replaces it, and takes it back by one undo", async () => {
    const sandbox = await Sandbox.open("<p>the page</p>");
    for (const name of [
      "window",
      "document",
      "URL",
      "TextEncoder",
      "fetch",
      "AbortController",
      "structuredClone",
    ]) {
      expect(sandbox.evaluate(`typeof ${name}`)).toBe("undefined");
    }
    sandbox.run(read("offline", "code.js"));
    const { figma } = sandbox;
    figma.run("open");
    expect(sandbox.shown).toEqual(["<p>the page</p>"]);
    const file = await encodePng(makePicture(8, 6));
    const id = figma.addPhoto(file);
    figma.select([id]);
    let call = 0;
    const ask = async (method: string, params: object): Promise<Record<string, never>> => {
      const answer = await sandbox.send({ limpid: 1, session, call: ++call, method, params });
      if (answer.error !== undefined) throw new Error(JSON.stringify(answer.error));
      expect(answer).toMatchObject({ limpid: 1, session, call });
      return answer.result as Record<string, never>;
    };
    const hello = await ask("hello", { version: 1 });
    expect(hello).toMatchObject({
      command: "open",
      state: { fills: [{ nodeId: id, index: 0, name: "Photo" }] },
    });

    const opened = await ask("openFill", { nodeId: id, index: 0, maximumSide: 4096, maximumPixels: 1e6 });
    expect(opened).toMatchObject({ length: file.length, width: 8, height: 6 });
    const { bytes } = await ask("read", { transfer: opened.transfer, offset: 0 });
    expect(bytes).toEqual(new Uint8Array(file));

    const result = await encodePng(makePicture(8, 6, 3, 3));
    const { transfer } = await ask("begin", { length: result.length });
    await ask("write", { transfer, offset: 0, bytes: new Uint8Array(result) });
    const { hash: image } = await ask("finish", { transfer });
    const before = figma.look();
    const fill = (hello.state as unknown as { fills: { hash: string }[] }).fills[0]!;
    await ask("replaceFill", { nodeId: id, index: 0, hash: fill.hash, image, factor: 1 });
    expect(figma.look()[0]).toMatchObject({
      fills: [{ imageHash: image, scaleMode: "FILL" }],
      relaunchData: { restore: "Restores the photos of the selected layers" },
    });
    figma.undo();
    expect(figma.look()).toEqual(before);
    await expect(
      ask("replaceFill", { nodeId: "9:9", index: 0, hash: "x", image, factor: 1 }),
    ).rejects.toThrow(/"changed"/);
    await ask("addTiles", {
      nodeId: id,
      frame: {
        width: 8,
        height: 6,
        transform: [
          [1, 0, 5],
          [0, 1, 7],
        ],
      },
      tiles: [0, 4].map((x) => ({
        image,
        x,
        y: 0,
        width: 4,
        height: 6,
        shown: { x: x / 8, y: 0, width: 0.5, height: 1 },
      })),
      label: "Tiles",
    });
    expect(figma.look()[1]).toMatchObject({
      type: "GROUP",
      name: "Tiles",
      children: [{ width: 4 }, { width: 4 }],
    });
    sandbox.close();
  });

  test("sends the hosted one's window to its page, and suggests strengths", async () => {
    const sandbox = await Sandbox.open("");
    sandbox.run(read("hosted", "code.js"));
    sandbox.figma.run("restore", { strength: "50 %" });
    expect(sandbox.shown).toEqual([
      '<script>window.location.href = "https://limpid.example/figma/";</script>',
    ]);
    sandbox.close();
  });
});

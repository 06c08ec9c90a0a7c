import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { findImport } from "../../src/sdk/extensions/index.js";
import { guardFetch } from "../../src/worker/guarded-fetch.js";
import { command, makeExtension, openWorkbench } from "./workbench.js";

describe("the scope of an extension's code", () => {
  test("has nothing that loads, sends or stores, nor code from text", async () => {
    const { extensions, commands } = await openWorkbench();
    await extensions.install(
      makeExtension({
        code: `
          const attempt = (run) => { try { return "reached " + String(run()); } catch (error) { return error.name; } };
          const names = ["fetch", "XMLHttpRequest", "WebSocket", "WebTransport", "EventSource", "BroadcastChannel", "Worker",
            "SharedWorker", "MessageChannel", "importScripts", "postMessage", "indexedDB", "caches", "navigator", "location",
            "Request", "process", "require", "module", "Buffer", "global", "eval", "close", "gc", "queueMicrotask"];
          export function activate(context, api) {
            api.commands.register("acme.probe", () => ({
              there: names.filter((name) => name in globalThis),
              all: Object.getOwnPropertyNames(globalThis).sort(),
              code: [
                () => Function("return 1")(),
                () => (() => 1).constructor("return 1")(),
                () => (async () => 1).constructor("return 1")(),
                () => (function* () {}).constructor("yield 1")(),
                () => (async function* () {}).constructor("yield 1")(),
                () => Object.getPrototypeOf(class {}).constructor("return 1")(),
                () => Object.getPrototypeOf(Int8Array).constructor("return 1")(),
                () => api.commands.execute.constructor("return 1")(),
                () => Reflect.construct(Function, ["return 1"])(),
                () => eval("1"),
                () => setTimeout("1"),
                () => URL.createObjectURL(new Blob(["1"])),
              ].map(attempt),
              functions: (() => 1) instanceof Function && typeof Function.prototype.call,
              pixels: "pixels" in api,
              analysis: "analysis" in api,
            }));
          }`,
        contributes: { commands: [command("acme.probe")] },
      }),
    );
    const found = (await commands.execute("acme.probe")) as Record<string, unknown>;
    // A test of leaks in the same process turns `gc` on.
    const isOfTheLanguage = (name: string): boolean => name !== "gc";
    expect((found.there as string[]).filter(isOfTheLanguage)).toEqual(["queueMicrotask"]);
    expect(found.code).toEqual([
      ...new Array<string>(9).fill("TypeError"),
      "ReferenceError",
      "TypeError",
      "TypeError",
    ]);
    expect([found.functions, found.pixels, found.analysis]).toEqual(["function", false, false]);
    // Whatever a later Node adds is gone too: nothing is there that is not in the language or on the list.
    expect((found.all as string[]).filter((name) => /^[a-z]/.test(name) && isOfTheLanguage(name))).toEqual(
      [
        "atob",
        "btoa",
        "clearInterval",
        "clearTimeout",
        "console",
        "crypto",
        "decodeURI",
        "decodeURIComponent",
        "encodeURI",
        "encodeURIComponent",
        "escape",
        "globalThis",
        "isFinite",
        "isNaN",
        "parseFloat",
        "parseInt",
        "performance",
        "queueMicrotask",
        "setInterval",
        "setTimeout",
        "structuredClone",
        "undefined",
        "unescape",
      ].sort(),
    );
  });

  test("has a fetch for the hosts that the manifest names", async () => {
    const { extensions, commands } = await openWorkbench();
    await extensions.install(
      makeExtension({
        code: `export function activate(context, api) {
          api.commands.register("acme.get", (url) => fetch(url).then(() => "reached", (error) => error.message));
          api.commands.register("acme.there", () => ["fetch", "Request", "XMLHttpRequest", "WebSocket"].filter((n) => n in globalThis));
        }`,
        contributes: { commands: [command("acme.get"), command("acme.there")] },
        manifest: { capabilities: { network: { domains: ["limpid.invalid.example"], reason: "To try." } } },
      }),
    );
    expect(await commands.execute("acme.there")).toEqual(["fetch", "Request"]);
    expect(await commands.execute("acme.get", "https://other.example/")).toContain(
      "may not talk to other.example",
    );
    expect(await commands.execute("acme.get", "http://limpid.invalid.example/")).toContain("may not talk to");
    expect(await commands.execute("acme.get", "data:text/plain,x")).toContain("may not talk to");
    // A name that nobody has: the platform's own fetch was asked, and found nothing.
    expect(await commands.execute("acme.get", "https://limpid.invalid.example/")).toBe("fetch failed");
  });
});

describe("a guarded fetch", () => {
  const asked: [string, RequestInit | undefined][] = [];
  const send = ((request: Request, init?: RequestInit) => {
    asked.push([request.url, init]);
    return Promise.resolve(new Response("ok"));
  }) as typeof fetch;
  const guarded = guardFetch(["api.acme.example", "*.cdn.acme.example"], send);

  test.each([
    ["https://api.acme.example/x?y#z", true],
    ["https://API.ACME.example:8443/", true],
    ["https://a.cdn.acme.example/", true],
    ["https://a.b.cdn.acme.example/", true],
    ["https://cdn.acme.example/", false],
    ["https://evilcdn.acme.example/", false],
    ["https://xapi.acme.example/", false],
    ["https://api.acme.example.evil.example/", false],
    ["https://evil.example/api.acme.example", false],
    ["https://evil.example/?.cdn.acme.example", false],
    ["https://evil.example\\.cdn.acme.example/", false],
    ["http://api.acme.example/", false],
    ["blob:https://api.acme.example/1", false],
    ["data:text/plain,api.acme.example", false],
  ])("to %s: %s", async (url, isAllowed) => {
    asked.length = 0;
    const answer = await guarded(url).then(
      () => true,
      (error: unknown) => {
        expect(error).toBeInstanceOf(TypeError);
        return false;
      },
    );
    expect([answer, asked.length]).toEqual([isAllowed, isAllowed ? 1 : 0]);
  });

  test("follows no redirect, sends no cookie, and does as asked otherwise", async () => {
    asked.length = 0;
    await guarded(new Request("https://api.acme.example/", { redirect: "follow", credentials: "include" }));
    expect(asked[0]?.[1]).toEqual({ redirect: "error", credentials: "omit", referrerPolicy: "no-referrer" });
  });

  test("is not talked out of it by changed prototypes", async () => {
    asked.length = 0;
    const before = [String.prototype, Array.prototype].map((prototype: object): PropertyDescriptorMap =>
      Object.getOwnPropertyDescriptors(prototype),
    );
    try {
      Object.assign(String.prototype, { endsWith: () => true, slice: () => "" });
      Object.assign(Array.prototype, { some: () => true });
      await expect(guarded("https://evil.example/")).rejects.toBeInstanceOf(TypeError);
    } finally {
      Object.defineProperties(String.prototype, before[0]!);
      Object.defineProperties(Array.prototype, before[1]!);
    }
    expect(asked).toEqual([]);
  });
});

describe("a module that loads another", () => {
  test.each([
    'import "x"',
    "import 'x'",
    'import x from "x"',
    'import{y}from"x"',
    'import * as z from\n"x"',
    'import x, { y } from /* why */ "x"',
    'import defer * as x from "x"',
    'export * from "x"',
    'export { a } from "x"',
    "import('x')",
    "import\t(x)",
    "import/* */(x)",
    "import//\n(x)",
    "[...import(x)]",
    "`${import(x)}`",
    "import.source(x)",
    "import . defer (x)",
    "a/import(x)",
    "import.metadata",
    "import./**/meta.source(x)",
  ])("is found: %s", (code) => {
    expect(findImport(`let a = 1;\n${code}`)).toBeGreaterThanOrEqual(11);
  });

  test.each([
    "",
    "import.meta.url",
    "import . meta",
    "const reimport = (x) => x; reimport(1)",
    "important('x')",
    "$import(x)",
    "// nothing to import here",
    "'failed to import it'",
    "Array.from('abc')",
    "({ from: 'x' })",
    "const x = from('y')",
    "export { a as from }",
    "export const activate = () => 1",
  ])("is not found: %s", (code) => {
    expect(findImport(code)).toBeUndefined();
  });

  test("is found wherever it stands, in time that grows with the code alone", () => {
    const filler = fc.stringMatching(/^[a-z ;(){}'"/*\n.]{0,40}$/);
    const load = fc.constantFrom("import('x')", 'import "x"', 'export * from "x"', "import.source(x)");
    fc.assert(
      fc.property(filler, load, filler, (before, loading, after) => {
        expect(findImport(`${before};${loading};${after}`)).toBeDefined();
      }),
      { seed: 5, numRuns: 2000 },
    );
    expect(findImport("import ".repeat(200_000))).toBeUndefined();
    expect(findImport(`import${" ".repeat(2_000_000)}x`)).toBeUndefined();
  });
});

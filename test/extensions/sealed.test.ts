import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { findImport } from "../../src/sdk/extensions/index.js";
import { guardFetch } from "../../src/worker/guarded-fetch.js";
import { command, makeExtension, openWorkbench } from "./workbench.js";

describe("the engine of an extension's code", () => {
  test("has the language and a few helpers, and nothing of Node", async () => {
    const { extensions, commands } = await openWorkbench();
    await extensions.install(
      makeExtension({
        code: `
          const names = ["fetch", "XMLHttpRequest", "WebSocket", "Worker", "MessageChannel", "importScripts", "postMessage",
            "indexedDB", "caches", "navigator", "location", "process", "require", "module", "Buffer", "global", "WebAssembly"];
          const load = (name) => eval(["imp", "ort("].join("") + JSON.stringify(name) + ")").then(() => "loaded", () => "refused");
          export function activate(context, api) {
            api.commands.register("acme.probe", async () => ({
              there: names.filter((name) => name in globalThis),
              all: Object.getOwnPropertyNames(globalThis).sort(),
              // Code from text is code of the same engine.
              code: [Function("return typeof process")(), eval("typeof require"), (async () => 1).constructor("return 1") !== undefined],
              loaded: [await load("node:fs"), await load("fs"), await load("data:text/javascript,export default 1"), await load("./x.js")],
              pixels: "pixels" in api,
            }));
          }`,
        contributes: { commands: [command("acme.probe")] },
      }),
    );
    const found = (await commands.execute("acme.probe")) as Record<string, unknown>;
    expect([found.there, found.pixels]).toEqual([[], false]);
    expect(found.code).toEqual(["undefined", "undefined", true]);
    expect(found.loaded).toEqual(["refused", "refused", "refused", "refused"]);
    expect((found.all as string[]).filter((name) => /^[a-z]/.test(name))).toEqual([
      "clearInterval",
      "clearTimeout",
      "console",
      "crypto",
      "decodeURI",
      "decodeURIComponent",
      "encodeURI",
      "encodeURIComponent",
      "escape",
      "eval",
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
    ]);
  });

  test("keeps time, encodes, clones, parses addresses and gives up as browsers do", async () => {
    const { extensions, commands } = await openWorkbench();
    await extensions.install(
      makeExtension({
        code: `export function activate(context, api) {
          api.commands.register("acme.try", async () => {
            const ticks = [];
            await new Promise((resolve) => {
              const id = setInterval(() => { ticks.push(ticks.length); if (ticks.length === 3) { clearInterval(id); resolve(); } }, 1);
              clearTimeout(setTimeout(() => ticks.push("never"), 1));
            });
            const circle = { list: [new Uint8Array([1, 2])], map: new Map([["a", new Set([1])]]) };
            circle.self = circle;
            const copy = structuredClone(circle);
            const url = new URL("../x?y#z", "https://acme.example/a/b");
            const aborted = await new Promise((resolve) => {
              const signal = AbortSignal.any([AbortSignal.timeout(1), new AbortController().signal]);
              signal.addEventListener("abort", () => resolve(signal.reason.name));
            });
            return {
              ticks,
              text: new TextDecoder().decode(new TextEncoder().encode("Grüße 🌧")),
              copied: [copy !== circle, copy.self === copy, copy.list[0][1], copy.map.get("a").has(1)],
              url: [url.href, url.hostname, URL.canParse("no url"), JSON.stringify({ url })],
              aborted,
              random: new Set(crypto.getRandomValues(new Uint8Array(64))).size > 8,
              uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID()),
            };
          });
        }`,
        contributes: { commands: [command("acme.try")] },
      }),
    );
    expect(await commands.execute("acme.try")).toEqual({
      ticks: [0, 1, 2],
      text: "Grüße 🌧",
      copied: [true, true, 2, true],
      url: ["https://acme.example/x?y#z", "acme.example", false, '{"url":"https://acme.example/x?y#z"}'],
      aborted: "TimeoutError",
      random: true,
      uuid: true,
    });
  });

  test("has timers for as long as is wanted, no more than 1000, and none that were given up", async () => {
    const { extensions, commands } = await openWorkbench();
    await extensions.install(
      makeExtension({
        code: `export function activate(context, api) {
          api.commands.register("acme.try", async () => {
            let early = 0;
            for (let i = 0; i < 5000; i++) clearTimeout(setTimeout(() => early++, 2 ** 40));
            const running = [];
            try { for (;;) running.push(setTimeout(() => early++, 2 ** 40)); } catch (error) { running.push(error.name); }
            const refused = running.pop();
            clearTimeout(running[0]);
            await new Promise((resolve) => setTimeout(resolve, 20));
            return { early, count: running.length, refused };
          });
        }`,
        contributes: { commands: [command("acme.try")] },
      }),
    );
    expect(await commands.execute("acme.try")).toEqual({ early: 0, count: 1000, refused: "RangeError" });
  });

  test("has a fetch for the hosts that the manifest names", async () => {
    const { extensions, commands } = await openWorkbench();
    await extensions.install(
      makeExtension({
        code: `export function activate(context, api) {
          api.commands.register("acme.get", (url) => fetch(url).then(() => "reached", (error) => error.message));
          api.commands.register("acme.there", () => ["fetch", "XMLHttpRequest", "WebSocket"].filter((n) => n in globalThis));
        }`,
        contributes: { commands: [command("acme.get"), command("acme.there")] },
        manifest: { capabilities: { network: { domains: ["limpid.invalid.example"], reason: "To try." } } },
      }),
    );
    expect(await commands.execute("acme.there")).toEqual(["fetch"]);
    expect(await commands.execute("acme.get", "https://other.example/")).toContain(
      "may not talk to other.example",
    );
    expect(await commands.execute("acme.get", "http://limpid.invalid.example/")).toContain("may not talk to");
    expect(await commands.execute("acme.get", "data:text/plain,x")).toContain("may not talk to");
    // A name that nobody has: the platform's own fetch was asked, and found nothing.
    expect(await commands.execute("acme.get", "https://limpid.invalid.example/")).toBe("fetch failed");
    const asked = Array.from({ length: 17 }, () =>
      commands.execute("acme.get", "https://limpid.invalid.example/"),
    );
    expect((await Promise.all(asked)).filter((answer) => answer !== "fetch failed")).toEqual([
      "more than 16 fetches run",
    ]);
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

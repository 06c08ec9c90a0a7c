import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { beforeAll, describe, expect, test } from "@jest/globals";
import type { Page } from "playwright-core";
import { mount, openPage } from "../support/page.js";
import { expected, type CaseName } from "./limpid-conformance.js";

declare const cases: Record<string, (params?: unknown) => Promise<unknown>>;

const module = "test/limpid/pages/worker.ts";
let page: Page;

beforeAll(async () => {
  page = await openPage();
  // The strict policy of the tests forbids workers of `data:` addresses, and a script is asked for that is not there.
  await page.route("**/blank*", async (route) => {
    const response = await route.fetch();
    const headers = { ...response.headers() };
    delete headers["content-security-policy"];
    await route.fulfill({ response, headers });
  });
  await page.route("**/nothing-is-here.js", (route) =>
    route.fulfill({ status: 200, body: "throw new Error('nothing');" }),
  );
  const url = new URL(page.url());
  url.searchParams.set("module", `/bundle/${module.replace(/\.ts$/, ".js")}`);
  await page.goto(url.href);
  await page.waitForFunction("typeof cases === 'object'");
});

const runCase = (name: string, params?: unknown): Promise<unknown> =>
  page.evaluate(([which, given]) => cases[which]!(given), [name, params] as const);

describe("a Limpid in a worker does what one on the page does", () => {
  test.each(Object.keys(expected) as CaseName[])("%s", async (name) => {
    const inWorker = await runCase("conforms", { name, isInWorker: true });
    expect(inWorker).toMatchObject(expected[name] as object);
    expect(await runCase("conforms", { name, isInWorker: false })).toEqual(inWorker);
  });
});

test("where no worker starts the page computes, and says why", async () => {
  const outcome = (await runCase("missingScript")) as { told: string[] };
  expect(outcome).toMatchObject({ isInWorker: false, isSame: true });
  expect(outcome.told).toEqual([
    expect.stringMatching(/^worker: it does not start/),
    expect.stringMatching(/^data: worker: it does not start/),
    expect.stringMatching(/^the engine runs on the page's thread: no worker starts/),
  ]);
  expect(await runCase("nowhere")).toBe("WorkerFailed");
  expect(await runCase("unknownScript")).toEqual({
    isInWorker: false,
    reason:
      "the engine runs on the page's thread: neither `assets` nor `worker.script` say where its script is",
  });
});

test("a worker without the page's WebGPU is passed over, and taken if the page's thread must not be used", async () => {
  expect(await runCase("gpuOnPageOnly")).toEqual([
    true,
    "wasm",
    "worker: the page has WebGPU, and this worker does not: the WebGPU adapter is a software one",
  ]);
});

test("in a sandboxed frame, which has no origin, the worker is one of a data: address", async () => {
  // Served, not put in by the test: Chromium lets a page that it does not know the address of ask this machine for nothing.
  mount("/sandboxed/", (_, response) =>
    response
      .writeHead(200, { "content-type": "text/html" })
      .end('<!doctype html><script src="/bundle/test/limpid/pages/worker.js"></script>'),
  );
  const outer = await openPage();
  // Whoever has no origin may read only what is for everybody.
  await outer.route("**/dist/**", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, headers: { ...response.headers(), "access-control-allow-origin": "*" } });
  });
  await outer.evaluate(() => {
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "allow-scripts");
    frame.src = "/sandboxed/";
    document.body.append(frame);
  });
  const frame = await (await outer.waitForSelector("iframe")).contentFrame();
  await frame!.waitForFunction("typeof cases === 'object'");
  expect(await frame!.evaluate(() => cases.firstPlace!())).toEqual({
    scheme: "data:",
    reason: expect.stringMatching(/^worker: it does not start: [^;]*$/),
    width: 64,
  });
  await outer.close();
});

test("a run that is cancelled on its way never reaches the worker, and a broken model is said", async () => {
  expect(await runCase("abortedOnTheWay")).toEqual(["Aborted", 64]);
  expect(await runCase("brokenModel")).toMatch(/^(InvalidConfig|WeightsCorrupt|InvalidManifest)$/);
});

test("a worker that dies fails its calls, and the next call starts one other worker with the same experts", async () => {
  expect(await runCase("deaths")).toEqual({
    outcomes: ["WorkerFailed", "acme.descreen 3", "WorkerFailed", "64", "1"],
    reasons: [
      "the engine was started anew: the worker died: out of memory",
      "the engine was started anew: the worker does not answer within 2 seconds",
    ],
  });
});

test("the engine's worker restores tiles in workers of its own, byte for byte as alone", async () => {
  const loads = new Map<string, number>();
  mount("/counted-scripts/", (request, response) => {
    const [, , workers = "", file = ""] = request.url!.split("/");
    if (file === "count") return response.end(String(loads.get(workers)));
    response.on("finish", () => loads.set(workers, (loads.get(workers) ?? 0) + 1));
    return response
      .writeHead(200, { "content-type": "text/javascript", "cache-control": "no-store" })
      .end(readFileSync(`dist/${basename(file)}`));
  });
  const [alone, together] = (await runCase("nestedTileWorkers")) as { data: string[] }[];
  expect(alone).toMatchObject({ tiles: 12 });
  expect(alone!.data[1]).toBe(alone!.data[0]);
  expect(together).toEqual(alone);
});

test("an engine on the page restores tiles in workers, and says why those of a broken script are given up", async () => {
  const [working, broken] = (await runCase("pageTileWorkers")) as Record<string, unknown>[];
  const started = ["limpid tiles", "limpid tiles"];
  expect(working).toMatchObject({ isSame: true, tiles: 12, started, reasons: [] });
  const reason = expect.stringMatching(/^a tile worker was given up.*nothing$/);
  expect(broken).toMatchObject({ isSame: true, tiles: 12, started, reasons: [reason, reason] });
  expect(broken!.data).toBe(working!.data);
});

/** Serves the folder of assets below a path, with what a test puts in the place of a file. */
function serveAssets(
  path: string,
  changes: Readonly<Record<string, (bytes: Buffer) => string | Buffer>> = {},
): void {
  mount(path, (request, response) => {
    const name = request.url!.slice(path.length);
    const bytes = readFileSync(join("build/assets", name));
    const change = changes[name];
    const types: Record<string, string> = { ".js": "text/javascript", ".json": "application/json" };
    const body = change === undefined ? bytes : change(bytes);
    const isHtml = body.toString().startsWith("<!doctype");
    const type = isHtml ? "text/html" : (types[/\.\w+$/.exec(name)?.[0] ?? ""] ?? "application/octet-stream");
    response.writeHead(200, { "content-type": type }).end(body);
  });
}

test("one folder has everything, at any path, under a strict policy and for the script-tag build too", async () => {
  serveAssets("/some/base/path/limpid/");
  const outcome = {
    ...{ isInWorker: true, reason: undefined, backend: "wasm", changed: true, ran: ["limpid.denoise"] },
  };
  const strict = await openPage({ module });
  await strict.waitForFunction("typeof cases === 'object'");
  const address = "/some/base/path/limpid";
  expect(await strict.evaluate((address) => cases.assets!({ address }), address)).toEqual(outcome);
  await strict.close();
  const tag = await openPage({ script: "dist/limpid.iife.js" });
  expect(
    await tag.evaluate(async (assets) => {
      const { createLimpid, PixelImage } = (
        globalThis as unknown as { limpid: typeof import("../../src/sdk/index.js") }
      ).limpid;
      const limpid = await createLimpid({ assets, backend: "wasm" });
      const data = new Uint8Array(24 * 16 * 3).map((_, index) => (index * 37) % 251);
      const { tiles } = await limpid.restore(new PixelImage({ width: 24, height: 16, channels: 3, data }), {
        experts: [],
      });
      const seen = [limpid.isInWorker, limpid.fallbackReason, tiles];
      limpid.dispose();
      return seen;
    }, "/some/base/path/limpid/"),
  ).toEqual([true, undefined, 1]);
  await tag.close();
});

test("where only tfjs computes, the worker is the script that has it", async () => {
  serveAssets("/plain/limpid/");
  const tfjs = { file: "limpid-worker-tfjs.js", width: 64 };
  expect(await runCase("fromAssets", { address: "/plain/limpid/", backend: "cpu" })).toEqual({
    ...tfjs,
    backend: "cpu",
  });
  // A browser whose WebAssembly has no SIMD.
  const old = (bytes: Buffer): string => `WebAssembly.validate = () => false;${bytes.toString()}`;
  const scripts = ["limpid-worker.js", "limpid-worker-tfjs.js"];
  serveAssets("/without-simd/limpid/", {
    ...Object.fromEntries(scripts.map((name) => [name, old])),
    "assets.json": (bytes) => {
      const list = JSON.parse(bytes.toString()) as { files: Record<string, string> };
      for (const name of scripts) {
        const script = old(readFileSync(join("build/assets", name)));
        list.files[name] = `sha256-${createHash("sha256").update(script).digest("base64")}`;
      }
      return JSON.stringify(list);
    },
  });
  expect(await runCase("fromAssets", { address: "/without-simd/limpid/", backend: "wasm" })).toEqual({
    ...tfjs,
    backend: "wasm",
    reason: "the WebAssembly kernels do not run here: this runtime's WebAssembly has no SIMD",
  });
});

test.each<[string, Parameters<typeof serveAssets>[1], RegExp]>([
  [
    "a page in the place of the worker",
    { "limpid-worker.js": () => "<!doctype html>" },
    /limpid-worker\.js is not there: a web page \(HTML\) came, with status 200: run `npx limpid-assets/,
  ],
  [
    "a worker that was changed",
    { "limpid-worker.js": (bytes) => `${bytes.toString()}\n// changed` },
    /limpid-worker\.js has another hash than the list of its folder says/,
  ],
  [
    "a page in the place of tfjs's WebAssembly",
    { "wasm/tfjs-backend-wasm.wasm": () => "<!doctype html>" },
    /tfjs-backend-wasm\.wasm is not there: a web page \(HTML\) came, with status 200/,
  ],
  [
    "a page in the place of weights",
    { "models/backbone.safetensors": () => "<!doctype html>" },
    /backbone\.safetensors .*web page \(HTML\)/,
  ],
  [
    "files of another version",
    { "assets.json": (bytes) => bytes.toString().replace(/"version": "[^"]*"/, '"version": "0.0.9"') },
    /are of Limpid 0\.0\.9, and this is [^:]*: run `npx limpid-assets/,
  ],
])("%s is said", async (name, changes, message) => {
  const address = `/assets-${createHash("sha256").update(name).digest("hex").slice(0, 8)}/`;
  serveAssets(address, changes);
  const hasSimd = Object.keys(changes ?? {}).every((file) => !file.endsWith(".wasm"));
  expect(await runCase("badAssets", { address, hasSimd })).toMatch(message);
});

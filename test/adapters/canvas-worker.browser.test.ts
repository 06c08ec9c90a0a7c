import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { beforeAll, expect, test } from "@jest/globals";
import type { Page } from "playwright-core";
import { mount, openPage } from "../support/page.js";

declare const cases: Record<string, () => Promise<unknown>>;

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
  url.searchParams.set("module", "/bundle/test/adapters/pages/canvas-worker.js");
  await page.goto(url.href);
  await page.waitForFunction("typeof cases === 'object'");
});

const runCase = (name: string): Promise<unknown> => page.evaluate((which) => cases[which]!(), name);

test("a worker, one of a data: address and the page compute the same, with progress", async () => {
  const outcomes = (await runCase("places")) as Record<string, unknown>[];
  expect(outcomes.map(({ place }) => place)).toEqual(["worker", "data-worker", "page"]);
  for (const outcome of outcomes) {
    expect({ ...outcome, place: "worker" }).toEqual(outcomes[0]);
    expect(outcome).toMatchObject({
      backend: "cpu",
      reasons: [],
      steps: [3, 6, 9, 12, 15, 18],
      degradations: 3,
      isImage: true,
      isKept: 88 * 70 * 4,
    });
  }
});

test("where no worker starts the page computes, and says why", async () => {
  const outcome = (await runCase("missingScript")) as { told: string[] };
  expect(outcome).toMatchObject({ place: "page", isSame: true });
  expect(outcome.told).toEqual([
    expect.stringMatching(/^worker: the worker does not start/),
    expect.stringMatching(/^data-worker: the worker does not start/),
  ]);
  expect(await runCase("nowhere")).toBe("WorkerFailed");
});

test("a worker without the page's WebGPU is passed over, and taken if the page's thread must not be used", async () => {
  expect(await runCase("gpuOnPageOnly")).toEqual({
    place: "worker",
    backend: "wasm",
    first: "worker: the page has WebGPU, and this worker does not: the WebGPU adapter is a software one",
  });
});

test("in a sandboxed frame, which has no origin, the worker is one of a data: address", async () => {
  // Served, not put in by the test: Chromium lets a page that it does not know the address of ask this machine for nothing.
  mount("/sandboxed/", (_, response) =>
    response
      .writeHead(200, { "content-type": "text/html" })
      .end('<!doctype html><script src="/bundle/test/adapters/pages/canvas-worker.js"></script>'),
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
    place: "data-worker",
    reasons: [expect.stringMatching(/^worker: the worker does not start: /)],
    width: 88,
  });
  await outer.close();
});

test("errors keep their codes on the way, aborting stops a run, and the next one works", async () => {
  expect(await runCase("errors")).toEqual([
    "UnknownExpert",
    "Aborted",
    "Aborted",
    "Error: the listener failed",
    "nothing was thrown",
    "Disposed",
    "Disposed",
  ]);
  expect(await runCase("brokenModel")).toMatch(/^(InvalidConfig|WeightsCorrupt|InvalidManifest)$/);
});

test("samples of every type reach the worker, in the order in which they were asked for, and stay the page's own", async () => {
  expect(await runCase("everyType")).toEqual({
    outcomes: [
      [8, true, 24640],
      [8, true, 24640],
      [16, true, 24640],
      [32, true, 24640],
    ],
    mask: 6160,
  });
  expect(await runCase("inOrder")).toEqual(["acme.descreen"]);
  expect(await runCase("abortedOnTheWay")).toEqual(["Aborted", 88]);
});

test("a worker that dies fails its calls, and the next call starts one other worker", async () => {
  expect(await runCase("deaths")).toEqual(["WorkerFailed", "88 3", "WorkerFailed", "88", "1"]);
});

test("packs come and go in a worker as on the page, with progress and the same errors", async () => {
  const [inWorker, onPage] = (await runCase("packs")) as Record<string, unknown>[];
  expect(inWorker).toEqual({
    model: "limpid.tiny",
    had: ["tiny.first", "tiny.second"],
    pack: "acme.limpid-descreen 1.0.0 4",
    progress: 1,
    has: ["tiny.first of undefined", "tiny.second of undefined", "acme.descreen of acme.limpid-descreen"],
    packs: ["acme.limpid-descreen Remove halftone"],
    isMeasured: true,
    windows: [0, 23, 47].flatMap((y) => [0, 29, 59].map((x) => `${x} ${y} 3`)),
    ran: ["acme.descreen"],
    codes: ["InvalidArgument", "PackUnavailable", "PackTooLarge", "Aborted", "UnknownExtension"],
    left: 2,
  });
  expect(onPage).toEqual(inWorker);
});

test("a pack is there again for the worker that takes the place of one that died", async () => {
  expect(await runCase("packsOutliveWorkers")).toEqual(["WorkerFailed", "acme.limpid-descreen"]);
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
  expect(alone).toMatchObject({ tiles: 12, reasons: [] });
  expect(alone!.data[1]).toBe(alone!.data[0]);
  expect(together).toEqual(alone);
});

test("an engine on the page restores tiles in workers, and says why those of a broken script are given up", async () => {
  const [working, broken] = (await runCase("pageTileWorkers")) as Record<string, unknown>[];
  expect(working).toMatchObject({ isSame: true, tiles: 12, inWorkers: 12, reasons: [], isDefault: true });
  const reason = expect.stringMatching(/^a tile worker was given up.*nothing$/);
  expect(broken).toMatchObject({ isSame: true, tiles: 12, inWorkers: 0, reasons: [reason, reason] });
  expect(broken!.data).toBe(working!.data);
});

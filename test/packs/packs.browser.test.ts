import { beforeEach, expect, test } from "@jest/globals";
import type { Page } from "playwright-core";
import { PackFiles } from "../support/pack-server.js";
import { mount, openPage } from "../support/page.js";
import { makeTinyModel } from "../support/tiny-model.js";
import { baseOf, makeTinyPack } from "../support/tiny-pack.js";
import type { FrameRequest } from "./pages/denied.js";
import type { PackPage } from "./pages/packs.js";

/** The router finds nothing in any image by itself. */
const model = makeTinyModel({ bias: -20 });
const id = "acme.limpid-descreen";
const routerRow = { weight: new Float32Array(8), bias: 9, threshold: 0.5 };
const pack = makeTinyPack(model, { routerRow });
/** The same pack, with a file that takes its time. */
const longPack = makeTinyPack(model, { version: "3.0.0", routerRow, ballast: 800_000 });

const served = new PackFiles();
beforeEach(() => {
  mount("/packs/", (request, response) => served.respond(request, response));
  served.reset();
  served.add("/packs/model", model);
  served.add("/packs/descreen", pack);
  served.add("/packs/long", longPack);
});

/** Calls a function of the page's `page`. */
const call = <K extends keyof PackPage>(
  page: Page,
  name: K,
  ...args: Parameters<PackPage[K]>
): Promise<Awaited<ReturnType<PackPage[K]>>> =>
  page.evaluate(
    ([method, given]) =>
      (globalThis as unknown as { page: Record<string, (...list: unknown[]) => never> }).page[method]!(
        ...given,
      ),
    [name, args] as [string, unknown[]],
  );

async function load(page: Page): Promise<void> {
  await page.waitForFunction("typeof page === 'object'");
  await call(
    page,
    "load",
    [...model.keys()].map((path) => `/packs/model/${path}`),
  );
}

async function openPackPage(): Promise<Page> {
  const page = await openPage({ module: "test/packs/pages/packs.ts" });
  await page.waitForFunction("typeof page === 'object'");
  await call(
    page,
    "load",
    [...model.keys()].map((path) => `/packs/model/${path}`),
  );
  return page;
}

test("a pack that comes in the middle of a restore leaves it alone, is routed to, works offline, and goes", async () => {
  const page = await openPackPage();
  expect(await call(page, "start")).toMatchObject({ packs: [], kind: "cache-storage" });
  const undisturbed = await call(page, "restore", { experts: ["tiny.first"] });
  const clean = await call(page, "restore", { experts: "auto" });
  expect([undisturbed.tiles, clean.mixture]).toEqual([36, []]);

  const disturbed = await call(page, "restore", { experts: ["tiny.first"], install: "/packs/descreen/" });
  expect(disturbed.data).toEqual(undisturbed.data);
  expect(disturbed.experts).toEqual(["tiny.first", "tiny.second", "acme.descreen"]);

  const routed = await call(page, "restore", { experts: "auto" });
  expect(routed.mixture).toEqual([{ expert: "acme.descreen", weight: 1 }]);
  expect(routed.data).not.toEqual(clean.data);

  // Another instance, as after a reload, with no network at all.
  await page.context().setOffline(true);
  served.requests.length = 0;
  expect(await call(page, "start")).toMatchObject({ packs: [`${id} 1.0.0`], unusable: [] });
  expect(await call(page, "restore", { experts: "auto" })).toEqual(routed);
  await page.context().setOffline(false);
  expect(served.requests).toEqual([]);

  expect((await call(page, "cached")).map(({ usedBy }) => usedBy)).toEqual([...pack.keys()].map(() => [id]));
  await call(page, "uninstall", id);
  expect(await call(page, "cached")).toEqual([]);
  expect((await call(page, "restore", { experts: "auto" })).data).toEqual(clean.data);
  expect(await call(page, "start")).toMatchObject({ packs: [] });
  await page.close();
});

test("a page that is reloaded in the middle of an installation has nothing, and goes on where it was; one without room too", async () => {
  const page = await openPackPage();
  await call(page, "start");
  served.stalls.set("/packs/long/ballast.bin", 600_000);
  await call(page, "installUntil", "/packs/long/", 600_000);
  await page.waitForFunction(
    "page.cached().then((files) => files.some(({ isComplete, size }) => !isComplete && size > 250000))",
  );
  page.removeAllListeners("requestfailed"); // the one that the reload cuts
  await page.reload();
  await load(page);
  expect(await call(page, "start")).toMatchObject({ packs: [], unusable: [] });
  const kept = await call(page, "cached");
  const begun = kept.find(({ isComplete }) => !isComplete)!.size;
  expect(kept.every(({ usedBy }) => usedBy.length === 0)).toBe(true);

  served.requests.length = 0;
  expect(await call(page, "install", "/packs/long/")).toBe(`${id} 3.0.0`);
  const finished = new Set(kept.filter(({ isComplete }) => isComplete).map(({ size }) => size));
  const asked = served.requests.map(({ path, range }) => `${path.split("/long/")[1]!} ${range ?? ""}`.trim());
  expect(asked).toContain(`ballast.bin bytes=${begun}-`);
  const fetchedAgain = asked.filter(
    (path) => path !== "integrity.json" && finished.has(longPack.get(path)?.length ?? -1),
  );
  expect([fetchedAgain, finished.size > 0]).toEqual([[], true]);
  await call(page, "uninstall", id);

  // An origin without room refuses the pack, and takes it when there is room again.
  const protocol = await page.context().newCDPSession(page);
  const { origin } = new URL(page.url());
  await protocol.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1000 });
  await expect(call(page, "install", "/packs/long/")).rejects.toThrow(/DiskFull/);
  expect(await call(page, "start")).toMatchObject({ packs: [], unusable: [] });
  await protocol.send("Storage.overrideQuotaForOrigin", { origin });
  expect(await call(page, "install", "/packs/long/")).toBe(`${id} 3.0.0`);
  await page.close();
});

test("a sandboxed frame, which is denied storage, keeps packs in memory and says so", async () => {
  const page = await openPage();
  const request = {
    base: baseOf(model),
    files: [...makeTinyPack(model)].map(([path, bytes]) => [path, [...bytes]]),
  };
  const answer = await page.evaluate(
    (asked) =>
      new Promise((resolve) => {
        const frame = document.createElement("iframe");
        frame.sandbox.add("allow-scripts");
        frame.src = "/blank?script=/bundle/test/packs/pages/denied.js";
        addEventListener("message", ({ data }) => {
          if (data === "ready") frame.contentWindow!.postMessage(asked, "*");
          else resolve(data);
        });
        document.body.append(frame);
      }),
    request as unknown as FrameRequest,
  );
  expect(answer).toEqual({
    id,
    kind: "memory",
    fallbackReason: expect.stringMatching(/denied Cache Storage|no Cache Storage/),
    experts: 1,
    origin: "null",
  });
  await page.close();
});

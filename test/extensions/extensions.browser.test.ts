import { expect, test } from "@jest/globals";
import type { Page } from "playwright-core";
import { openPage } from "../support/page.js";
import type { Outcome, Step } from "./page-extensions.js";
import type { Probe } from "./page-prober.js";

declare function run(plan: readonly Step[]): Promise<readonly Outcome[]>;

const greet = (name: string) => ({ name: "greeter", command: "acme.greet", args: [name] });
const probe = { name: "prober", command: "acme.probe", args: [] };

async function runInPage(page: Page, plan: readonly Step[]): Promise<readonly Outcome[]> {
  await page.waitForFunction("typeof run === 'function'");
  return page.evaluate((steps) => run(steps), plan);
}

/** Serves the worker's file with a policy of its own, as the documentation recommends. */
async function setWorkerPolicy(page: Page, policy: string): Promise<void> {
  await page.route("**/extension-worker.js", async (route) => {
    const response = await route.fetch();
    const headers = { ...response.headers(), "content-security-policy": policy };
    await route.fulfill({ response, headers });
  });
}

test("under a strict policy, code runs in engines of its own, in workers of the page's origin", async () => {
  const page = await openPage({ module: "test/extensions/page-extensions.ts" });
  let workers = 0;
  page.on("worker", () => workers++);
  const [first, thrown, second, probed] = await runInPage(page, [
    greet("Ann"),
    { name: "thrower", command: "acme.throw", args: [] },
    greet("Bob"),
    probe,
  ]);
  expect(first).toEqual({ result: "Hello Ann, after undefined", state: "active" });
  expect(thrown).toEqual({
    error: {
      code: "ExtensionFailed",
      message: "the extension acme.thrower cannot be activated: RangeError: no luck",
    },
    state: "failed",
  });
  expect(second).toEqual({ result: "Hello Bob, after Ann", state: "active" });
  expect(workers).toBe(3);
  // All are ended; Chromium may tell so a little later.
  await Promise.all(page.workers().map((worker) => new Promise((resolve) => worker.once("close", resolve))));

  const { names, fetched, loaded, pixels } = probed?.result as Probe;
  // ReferenceError: there is no such name.
  expect([fetched, loaded, pixels]).toEqual(["ReferenceError", "refused", false]);
  const reaching =
    /^(fetch|XMLHttp|Web|EventSource|import|Broadcast|Worker|Shared(?!Array)|Message|post|indexed|cache|navig|locat|Request|FontFace|RTC|Image|File|Service|Storage|close|on|trusted|Notif|scheduler|Offscreen)/;
  expect(names.filter((name) => reaching.test(name))).toEqual([]);
  expect(names).toContain("Uint8Array");
});

test("the engine needs nothing of the worker's policy but WebAssembly, and says what it lacks", async () => {
  const page = await openPage({ module: "test/extensions/page-extensions.ts" });
  await setWorkerPolicy(page, "default-src 'none'; script-src 'wasm-unsafe-eval'");
  const [allowed] = await runInPage(page, [greet("Ann")]);
  expect(allowed).toEqual({ result: "Hello Ann, after undefined", state: "active" });
  await page.unroute("**/extension-worker.js");
  await setWorkerPolicy(page, "default-src 'none'");
  const [refused] = await runInPage(page, [greet("Ann")]);
  expect(refused).toMatchObject({ error: { code: "ExtensionFailed" }, state: "failed" });
  expect(refused?.error?.message).toContain("its engine cannot start");
});

test("code reaches the hosts that it was granted and no other, and those only if the worker's policy lets it", async () => {
  const page = await openPage({ module: "test/extensions/page-extensions.ts" });
  const asked: string[] = [];
  const others = /^https?:\/\/(?!localhost)/;
  await page.route(others, async (route) => {
    const request = route.request();
    const { cookie, referer } = request.headers();
    asked.push(request.url());
    const said = JSON.stringify({ path: new URL(request.url()).pathname, cookie, referer });
    await route.fulfill({ body: said, headers: { "access-control-allow-origin": "*" } });
  });
  await setWorkerPolicy(page, "default-src 'none'; script-src 'wasm-unsafe-eval'; connect-src https: http:");
  const granted = ["https://api.acme.example/licence", "https://eu.acme-cdn.example/a"];
  const refused = [
    "http://api.acme.example/licence",
    "https://acme.example/",
    "https://acme-cdn.example/",
    "https://api.acme.example.tracker.example/",
    "/blank",
  ];
  const fetcher: Step = {
    name: "fetcher",
    command: "acme.load",
    args: [...granted, ...refused],
    capabilities: {
      network: { domains: ["api.acme.example", "*.acme-cdn.example"], reason: "Asks for licences." },
    },
  };
  const [outcome] = await runInPage(page, [fetcher]);
  const answers = outcome?.result as string[];
  // Neither cookies nor where the request comes from are told.
  expect(answers.slice(0, 2)).toEqual(['200 {"path":"/licence"}', '200 {"path":"/a"}']);
  for (const answer of answers.slice(2)) expect(answer).toMatch(/^TypeError: .*may not talk to/);
  expect([answers.length, asked.sort()]).toEqual([7, [...granted].sort()]);

  // The browser holds it to the policy of its worker as well.
  await page.unroute("**/extension-worker.js");
  await setWorkerPolicy(
    page,
    "default-src 'none'; script-src 'wasm-unsafe-eval'; connect-src https://api.acme.example",
  );
  page.removeAllListeners("requestfailed");
  const [held] = await runInPage(page, [fetcher]);
  expect((held?.result as string[]).slice(0, 2)).toEqual([
    '200 {"path":"/licence"}',
    "TypeError: Failed to fetch",
  ]);
});

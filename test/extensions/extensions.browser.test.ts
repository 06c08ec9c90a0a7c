import { expect, test } from "@jest/globals";
import type { Page } from "playwright-core";
import { openPage } from "../support/page.js";
import type { Outcome } from "./page-extensions.js";
import type { Probe } from "./page-prober.js";

declare function run(plan: readonly unknown[], fromMemory: boolean): Promise<readonly Outcome[]>;

const greet = (name: string) => ({ name: "greeter", command: "acme.greet", args: [name] });
const probe = { name: "prober", command: "acme.probe", args: [] };

async function runInPage(
  page: Page,
  plan: readonly unknown[],
  fromMemory = false,
): Promise<readonly Outcome[]> {
  await page.waitForFunction("typeof run === 'function'");
  return page.evaluate(([steps, memory]) => run(steps, memory), [plan, fromMemory] as const);
}

test("under a strict policy, code runs in module workers from the page's own origin", async () => {
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
  expect([workers, page.workers().length]).toEqual([3, 0]);

  const { names, fetched, code, pixels } = probed?.result as Probe;
  // ReferenceError: there is no such name.
  expect([fetched, pixels]).toEqual(["ReferenceError", false]);
  expect(code).toEqual(["TypeError", "TypeError", "TypeError", "TypeError"]);
  const reaching =
    /^(fetch|XMLHttp|Web(?!Assembly)|EventSource|import|Broadcast|Worker|Shared(?!Array)|Message|post|indexed|cache|navig|locat|Request|FontFace|RTC|Image(?!Data|Bitmap)|File|Service|Storage|close|eval|on|trusted|Notif|scheduler)/;
  expect(names.filter((name) => reaching.test(name))).toEqual([]);
  expect(names).toContain("OffscreenCanvas");
});

test("a module from memory runs where the worker's own policy allows it, and is refused where not", async () => {
  const page = await openPage({ module: "test/extensions/page-extensions.ts" });
  // That the browser refuses a request is what is tested here.
  page.removeAllListeners("requestfailed");
  const [refused] = await runInPage(page, [greet("Ann")], true);
  expect(refused).toMatchObject({ error: { code: "ExtensionFailed" }, state: "failed" });

  // The policy that the documentation recommends: the worker file alone may load from memory, and has no network.
  await page.route("**/extension-worker.js", async (route) => {
    const response = await route.fetch();
    await route.fulfill({
      response,
      headers: {
        ...response.headers(),
        "content-security-policy": "default-src 'none'; script-src 'self' blob:",
      },
    });
  });
  const [allowed] = await runInPage(page, [greet("Ann")], true);
  expect(allowed).toEqual({ result: "Hello Ann, after undefined", state: "active" });
});

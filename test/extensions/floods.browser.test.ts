import { expect, test } from "@jest/globals";
import { openPage } from "../support/page.js";
import type { Flooded } from "./page-floods.js";

declare function flood(attack: string): Promise<Flooded>;

test.each<[string, string, RegExp]>([
  ["logs for ever", "for (;;) console.log('x'.repeat(4000));", /faster than it is answered/],
  ["loops", "for (;;);", /no sign of life/],
  [
    "fills typed arrays",
    "const all = []; for (;;) all.push(new Uint8Array(8 << 20).fill(1));",
    /out of memory/,
  ],
])("in a page, an extension that %s ends only itself", async (_, attack, reason) => {
  const page = await openPage({ module: "test/extensions/page-floods.ts" });
  let hasCrashed = false;
  page.on("crash", () => (hasCrashed = true));
  await page.waitForFunction("typeof flood === 'function'");
  const { state, message, lines, other } = await page.evaluate((code) => flood(code), attack);
  expect([state, other, hasCrashed]).toEqual(["failed", "runs", false]);
  expect(message).toMatch(reason);
  // What the page was told is what it had given credit for, and the reason.
  expect(lines).toBeLessThan(4000);
  await page.close();
});

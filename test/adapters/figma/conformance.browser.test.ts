import { expect, test } from "@jest/globals";
import type { HostConformanceResult } from "../../../src/testing/host-conformance/index.js";
import { openPage } from "../../support/page.js";

declare function runConformance(): Promise<readonly HostConformanceResult[]>;

test("Figma is a host in a page, whose browser turns photos upright", async () => {
  const page = await openPage({ module: "test/adapters/figma/pages/conformance.ts" });
  await page.waitForFunction("typeof runConformance === 'function'");
  const results = await page.evaluate(() => runConformance());
  expect(results.length).toBeGreaterThan(30);
  expect(results.filter(({ error }) => error !== undefined)).toEqual([]);
});

import { expect, test } from "@jest/globals";
import { openPage } from "../support/page.js";
import type { Shown } from "./pages/canvas-contributions.js";

declare function contribute(): Promise<{ readonly shown: readonly Shown[]; readonly greeting: unknown }>;

test("an extension's commands and menus reach an editor on a Fabric canvas, follow what is active, and go", async () => {
  const page = await openPage({ module: "test/adapters/pages/canvas-contributions.ts" });
  await page.waitForFunction("typeof contribute === 'function'");
  const { shown, greeting } = await page.evaluate(() => contribute());
  expect(greeting).toBe("Hello undefined, after undefined");
  const own = ["Limpid: Restore"];
  const both = [...own, "Acme: Greet"];
  expect(shown).toEqual([
    { commands: own, menu: [] },
    { commands: both, menu: [] },
    { commands: both, menu: ["acme.greet"] },
    { commands: both, menu: [] },
    { commands: own, menu: [] },
    { commands: [], menu: [] },
  ]);
  await page.close();
});

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { parse } from "acorn";
import type { Frame } from "playwright-core";
import { openPage } from "../../support/page.js";
import type { ConformanceReport } from "./pages/conformance.js";
import { editorPolicy, modulePage, startSite, strictPolicy, type Site } from "./sites.js";

declare function runConformance(): Promise<ConformanceReport>;

let editor: Site;
let client: Site;

beforeAll(async () => {
  editor = await startSite("127.0.0.1", editorPolicy, await modulePage("editor"));
  client = await startSite("localhost", strictPolicy(editor.origin), await modulePage("conformance"));
});

afterAll(async () => {
  await editor.close();
  await client.close();
});

async function report(frame: Frame): Promise<ConformanceReport> {
  await frame.waitForFunction("typeof runConformance === 'function'");
  const found = await frame.evaluate(() => runConformance());
  expect(found.results.length).toBeGreaterThan(30);
  expect(found.results.filter(({ error }) => error !== undefined)).toEqual([]);
  return found;
}

describe("Photopea across origins, under a strict policy", () => {
  test("a panel in it is a host, while another plugin talks in between, by scripts of ECMAScript 3", async () => {
    const page = await openPage();
    await page.goto(`${editor.origin}/?panel=${encodeURIComponent(`${client.origin}/`)}`);
    const panel = page.frames().find((frame) => frame.url().startsWith(client.origin))!;
    const { scripts } = await report(panel);
    expect(scripts.length).toBeGreaterThan(30);
    for (const script of scripts) parse(script, { ecmaVersion: 3 });
  });

  test("a page around it is a host", async () => {
    const page = await openPage();
    await page.goto(`${client.origin}/?editor=${encodeURIComponent(editor.origin)}`);
    await report(page.mainFrame());
  });
});

import { readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Frame, Page } from "playwright-core";
import { mix } from "../../../examples/shared/mix.js";
import { PixelImage, psnr } from "../../../src/sdk/image/index.js";
import { createLimpid } from "../../../src/sdk/limpid/index.js";
import { modelFromFiles } from "../../../src/sdk/restore/index.js";
import { makeOrientedPhoto } from "../../../src/testing/host-conformance/oriented-photo.js";
import { cancelNextRun } from "../../support/cancel-next-run.js";
import { holdRestore } from "../../support/hold-restore.js";
import { openPage } from "../../support/page.js";
import { panelFaults } from "../../support/panel-faults.js";
import { focusedIn, listen, tabThrough } from "../../support/tab-order.js";
import { until } from "../../support/until.js";
import { modulePage, startSite, type Site } from "../photopea/sites.js";
import { makePicture } from "./connected.js";
import type { Arrangement, FakeEditor, ShownLayer } from "./pages/editor.js";
import { buildPlugins, type PluginFolder } from "./plugin-folder.js";

const mediaTypes: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/** Figma's own policy must let it run plugins and show their pages. */
const figmaPolicy =
  "default-src 'self'; script-src * data: 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:; connect-src data:; worker-src data:; frame-src *  data:";

/** The fake, in its page. */
declare const editor: FakeEditor;

let figma: Site;
let site: Site;
let plugins: PluginFolder;
let expected: PixelImage;
/** At half of the strength. */
let expectedHalf: PixelImage;
const picture = makePicture(48, 40, 4);

beforeAll(async () => {
  figma = await startSite("127.0.0.1", figmaPolicy, await modulePage("editor", import.meta.url));
  site = await startSite("localhost", "frame-ancestors *", (path) => {
    const file = join(plugins.path, "hosted", "site", path === "/" ? "index.html" : path);
    return { type: mediaTypes[extname(file)] ?? "application/octet-stream", body: readFileSync(file) };
  });
  plugins = await buildPlugins({ url: `${site.origin}/`, figma: figma.origin });
  const limpid = await createLimpid({ model: modelFromFiles(plugins.model), backend: "wasm" });
  expected = (await limpid.restore(picture)).image;
  expectedHalf = (await limpid.restore(picture, { strength: 0.5 })).image;
  limpid.dispose();
});

afterAll(async () => {
  await figma.close();
  await site.close();
  plugins.remove();
});

interface Opened {
  readonly page: Page;
  readonly panel: Frame;
  /** What a policy has refused. */
  readonly refused: string[];
}

type Build = "offline" | "hosted";

async function openPlugin(
  build: Build,
  arrangement: Arrangement,
  { command = "open", parameters = {}, prepare = (_: Page): Promise<void> => Promise.resolve() } = {},
): Promise<Opened> {
  const page = await openPage();
  const refused: string[] = [];
  page.on("console", (message) => {
    if (/content security policy/i.test(message.text())) refused.push(message.text());
  });
  await page.goto(`${figma.origin}/`);
  await page.waitForFunction("typeof editor === 'object'");
  await prepare(page);
  const code = readFileSync(join(plugins.path, build, "code.js"), "utf8");
  const html = build === "offline" ? readFileSync(join(plugins.path, "offline", "ui.html"), "utf8") : "";
  await page.evaluate(
    ({ code, html, arrangement, command, parameters }) =>
      editor.start(code, html, arrangement, command, parameters),
    { code, html, arrangement, command, parameters },
  );
  const panel = page.frames()[1]!;
  if (build === "hosted") await panel.waitForURL(`${site.origin}/`);
  await panel.waitForSelector("#panel:not([aria-busy])", { timeout: 60_000 });
  return { page, panel, refused };
}

function openPicture(page: Page, image = picture, locked = false): Promise<string> {
  const { width, height, data } = image;
  return page.evaluate(({ width, height, data, locked }) => editor.openPicture(width, height, data, locked), {
    width,
    height,
    data: [...data],
    locked,
  });
}

const select = (page: Page, ids: readonly string[]): Promise<void> =>
  page.evaluate((chosen) => editor.select(chosen), ids);

const look = (page: Page): Promise<ShownLayer[]> => page.evaluate(() => editor.look());

const says = (panel: Frame, id: "status" | "problem" | "active", text: RegExp): Promise<void> =>
  panel.locator(`#${id}`, { hasText: text }).waitFor({ timeout: 45_000 });

function pixelsOf({ pixels }: ShownLayer): PixelImage {
  return picture.withData(Uint8Array.from(pixels));
}

describe("the built page of the Figma plugin", () => {
  test.each<[Build, Arrangement, RegExp]>([
    ["offline", "data", /^Ready, by the CPU \(WebAssembly\)\./],
    ["offline", "srcdoc", /^Ready, by the CPU \(WebAssembly\)\./],
    ["hosted", "data", /^Ready, by the CPU \(WebAssembly\)\./],
  ])(
    "%s, held in %s: previews, replaces the photo, and one undo brings it back",
    async (build, how, ready) => {
      const { page, panel, refused } = await openPlugin(build, how);
      const id = await openPicture(page);
      await select(page, [id]);
      await says(panel, "active", /^“Photo”$/);
      await panel.locator("#preview").press("Enter");
      await says(panel, "status", ready);
      await panel.locator("#apply").press("Enter");
      await says(panel, "status", /^Replaced/);
      const [layer, ...others] = await look(page);
      expect(others).toEqual([]);
      expect(layer!.relaunchData).toEqual({ restore: "Restores the photos of the selected layers" });
      expect(psnr(pixelsOf(layer!), expected)).toBeGreaterThan(50);
      expect(psnr(picture, expected)).toBeLessThan(40);
      await page.evaluate(() => editor.undo());
      expect((await look(page))[0]!.pixels).toEqual([...picture.data]);

      // At another strength it takes the place of what it was replaced by.
      for (const strength of [1, 0.5]) {
        const wanted = mix(picture, expected, strength);
        await panel.locator("#strength").fill(String(100 * strength));
        await panel.locator("#apply").click();
        await until(async () => psnr(pixelsOf((await look(page))[0]!), wanted) > 45);
        await says(panel, "status", /^Replaced\.$/);
        expect(await look(page)).toHaveLength(1);
      }
      expect(refused).toEqual([]);
      await page.close();
    },
  );

  test("says plainly that it is of no use where WebAssembly is barred, and what to do, and begins nothing", async () => {
    const { page, panel } = await openPlugin("offline", "strict");
    await select(page, [await openPicture(page)]);
    expect(await panel.locator("#barred").textContent()).toMatch(
      /keeps WebAssembly from plugins .* nothing is restored here\. Use the plugin’s hosted build/,
    );
    expect(await panel.locator("#preview").isDisabled()).toBe(true);
    expect(await panel.locator("#active").isVisible()).toBe(false);
    await page.close();
  });

  test("is not moved by messages of others, nor by replayed or malformed ones", async () => {
    const { page, panel } = await openPlugin("hosted", "data");
    await openPicture(page);
    const forged = {
      pageId: "1",
      layers: [{ id: "9:9", name: "Forged", type: "FRAME" }],
      fills: [],
      isCut: false,
    };
    await panel.evaluate((selection) => {
      for (const session of ["0".repeat(24), "x"]) {
        window.postMessage({ pluginMessage: { limpid: 1, session, selection } }, "*");
      }
    }, forged);
    await page.evaluate((selection) => {
      for (const pluginMessage of [
        { limpid: 1, session: "0".repeat(24), selection },
        null,
        5,
        "text",
        { limpid: 1 },
      ]) {
        editor.say({ pluginMessage });
      }
      editor.say(null);
    }, forged);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await panel.locator("#active").textContent()).toBe("Nothing is selected.");
    await page.close();
  });

  test("says what is missing, can be cancelled, survives a deleted layer, and restores all by one click", async () => {
    const { page, panel } = await openPlugin("hosted", "data");
    await says(panel, "active", /Nothing is selected/);
    await panel.locator("#preview").click();
    await says(panel, "problem", /nothing is selected/);

    // Made there: so many numbers take minutes to get into a page.
    await select(page, [await page.evaluate(() => editor.openLargePicture(1600, 1200))]);
    await cancelNextRun(panel);
    await panel.locator("#preview").click();
    await says(panel, "status", /Cancelled/);
    const steps = await page.evaluate(() => editor.steps());
    expect(steps).toBe(1);

    const id = await openPicture(page);
    await select(page, [id]);
    await says(panel, "active", /^“Photo”$/);
    await panel.locator("#preview").click();
    await says(panel, "status", /Ready/);
    await page.evaluate((deleted) => editor.remove(deleted), id);
    await panel.locator("#apply").click();
    await says(panel, "status", /^Added as a new layer; the layer was changed/);

    const ids = [await openPicture(page), await openPicture(page, picture, true), await openPicture(page)];
    await select(page, ids);
    await says(panel, "active", /^3 photos: “Photo” and others$/);
    const before = await page.evaluate(() => editor.steps());
    const letGo = await holdRestore(panel);
    await panel.locator("#all").click();
    await says(panel, "status", /\(1 of 3\)$/);
    expect(await panelFaults(panel, [300, 320, 340])).toEqual([]);
    await letGo();
    await says(panel, "problem", /^2 restored, 1 failed\.$/);
    expect(await panel.locator("#outcomes li").allTextContents()).toEqual([
      "Photorestored: JPEG, Noise",
      expect.stringMatching(/^Photo"Photo" is locked/),
      "Photorestored: JPEG, Noise",
    ]);
    expect(await panelFaults(panel, [300, 320, 340])).toEqual([]);
    const layers = (await look(page)).slice(-3);
    expect(layers.map(({ pixels }) => String(pixels) === String([...picture.data]))).toEqual([
      false,
      true,
      false,
    ]);
    expect(await page.evaluate(() => editor.steps())).toBe(before + 2);
    await page.close();
  });

  test("restores at once when it is relaunched, at the strength that was chosen, a JPEG too", async () => {
    const photo = [...makeOrientedPhoto(1)];
    const { page, panel } = await openPlugin("offline", "data", {
      command: "restore",
      parameters: { strength: "50 %" },
      prepare: async (opened) => {
        const ids = [
          await openPicture(opened),
          await opened.evaluate((bytes) => editor.openFile(bytes), photo),
        ];
        await select(opened, ids);
      },
    });
    await says(panel, "status", /^2 restored\.$/);
    const [first, second] = await look(page);
    expect(psnr(pixelsOf(first!), expectedHalf)).toBeGreaterThan(45);
    expect(second!.pixels.length).toBe(16 * 8 * 4);
    await page.close();
  });

  test("draws a layer as it is, adds the result above it, and names every control for screen readers", async () => {
    const { page, panel } = await openPlugin("offline", "srcdoc");
    await select(page, [await openPicture(page)]);
    await panel.getByLabel("Layer as drawn").check();
    await panel.getByText("Sizes").click();
    await panel.getByLabel("Draw layers at").selectOption("1");
    await panel.locator("#preview").click();
    await says(panel, "status", /Ready/);
    const tree = await panel.locator("main").ariaSnapshot();
    for (const line of [
      'heading "Restore" [level=1]',
      'group "What to restore"',
      'radio "Layer as drawn" [checked]',
      'combobox "Above 4096 pixels"',
      'button "Preview"',
      'region "Result"',
      'slider "Before and after"',
      'slider "Strength"',
      'switch "Repair noise" [checked]',
      'button "Add as new layer"',
    ]) {
      expect(tree).toContain(line);
    }
    expect(await panelFaults(panel, [300, 320, 340])).toEqual([]);
    await panel.locator("#apply").click();
    await says(panel, "status", /^Added as a new layer/);
    expect((await look(page)).map(({ name }) => name)).toEqual(["Photo", "Photo restored"]);
    await page.close();
  });

  test("the keyboard goes through it from top to bottom, and comes back to where it was; what goes on is told", async () => {
    const { page, panel } = await openPlugin("hosted", "data");
    const id = await openPicture(page);
    await select(page, [id]);
    await says(panel, "active", /^“Photo”$/);
    const heard = await listen(panel, ["status", "problem"]);
    await panel.locator("#preview").press("Enter");
    await says(panel, "status", /^Ready/);
    expect(await heard()).toEqual([
      "Reading from Figma…",
      "Loading the model",
      "Looking for what is wrong",
      "Preparing…",
      "Restoring",
      expect.stringMatching(/^Ready, by the CPU \(WebAssembly\)\./),
    ]);
    await panel.getByLabel("Photo in the layer").focus();
    expect(await tabThrough(page, panel, "apply")).toEqual([
      "Replace the photo",
      "Sizes",
      "preview",
      "pane",
      "split",
      "zoom-fit",
      "zoom-whole",
      "Repair noise",
      "Amount of noise repair",
      "Repair JPEG",
      "Amount of JPEG repair",
      "strength",
      "apply",
    ]);
    // Figma's panel has no extensions, and so no commands.
    expect(await panel.locator("#commands").isVisible()).toBe(false);
    await page.keyboard.press("Enter");
    await says(panel, "status", /^Replaced/);
    expect(await focusedIn(panel)).toBe("apply");
    expect(await heard()).toEqual(["Applying…", "Replaced."]);

    await select(page, []);
    await says(panel, "active", /Nothing is selected/);
    await panel.locator("#preview").focus();
    await page.keyboard.press("Enter");
    await says(panel, "problem", /nothing is selected/);
    await until(async () => (await focusedIn(panel)) === "preview");
    expect(await panel.locator("#problem").getAttribute("role")).toBe("alert");
    expect(await panel.locator("#status").getAttribute("role")).toBe("status");

    await select(page, [await page.evaluate(() => editor.openLargePicture(1600, 1200))]);
    await says(panel, "active", /Photo|Large/);
    await page.keyboard.press("Enter");
    await until(async () => (await focusedIn(panel)) === "cancel");
    await page.keyboard.press("Enter");
    await says(panel, "status", /Cancelled/);
    expect(await focusedIn(panel)).toBe("preview");
    await page.close();
  });
});

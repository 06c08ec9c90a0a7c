import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, extname, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { Frame, Page } from "playwright-core";
import { buildPlugin } from "../../../examples/photopea-plugin/build.mjs";
import { version } from "../../../src/sdk/base/index.js";
import { PixelImage, psnr } from "../../../src/sdk/image/index.js";
import { createLimpid } from "../../../src/sdk/limpid/index.js";
import { makeIntegrity } from "../../../src/sdk/packs/index.js";
import { modelFromFiles } from "../../../src/sdk/restore/index.js";
import type { FakePhotopea } from "../../fakes/photopea/index.js";
import { cancelNextRun } from "../../support/cancel-next-run.js";
import { holdRestore } from "../../support/hold-restore.js";
import { openPage } from "../../support/page.js";
import { panelFaults, resizePanel } from "../../support/panel-faults.js";
import { focusedIn, listen, tabThrough } from "../../support/tab-order.js";
import { makeTinyModel } from "../../support/tiny-model.js";
import { until } from "../../support/until.js";
import { makePicture } from "./connected.js";
import { editorPolicy, modulePage, startSite, type Site } from "./sites.js";

const mediaTypes: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/** Writes an extension that has commands, one of them in the panel's menu, and gives its folder back. */
function writeExtension(path: string): string {
  const manifest = {
    name: "greeter",
    publisher: "acme",
    version: "1.0.0",
    engines: { limpid: `^${version}` },
    browser: "extension.js",
    contributes: {
      commands: [
        { command: "acme.greet", title: "Greet", category: "Acme" },
        { command: "acme.fail", title: "Fail", category: "Acme" },
      ],
      menus: { panel: [{ command: "acme.greet", when: "hasImage && !hasSelection" }] },
    },
  };
  const code = `
    export function activate(context, api) {
      context.subscriptions.push(api.commands.register("acme.greet", () => "Hello"));
      context.subscriptions.push(
        api.commands.register("acme.fail", () => {
          throw new RangeError("no luck");
        }),
      );
    }`;
  const encoder = new TextEncoder();
  const files = new Map<string, Uint8Array>([
    ["package.json", encoder.encode(JSON.stringify(manifest))],
    ["extension.js", encoder.encode(code)],
  ]);
  files.set("integrity.json", makeIntegrity("acme.greeter", "1.0.0", files));
  mkdirSync(path);
  for (const [name, bytes] of files) writeFileSync(join(path, name), bytes);
  return path;
}

let editor: Site;
let plugin: Site;
const folder = mkdtempSync(join(tmpdir(), "limpid-plugin-"));
// The router finds everything, so that both experts run.
const model = makeTinyModel({ bias: 20 });

beforeAll(async () => {
  for (const [path, bytes] of model) {
    const file = join(folder, "model", path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
  editor = await startSite("127.0.0.1", editorPolicy, await modulePage("editor"));
  // The page brings its own policy, for hosts that send no headers.
  plugin = await startSite("localhost", "frame-ancestors http:", (path) => {
    const file = join(folder, "plugin", path === "/" ? "index.html" : path);
    if (!existsSync(file)) return undefined; // the pack is not signed
    return { type: mediaTypes[extname(file)] ?? "application/octet-stream", body: readFileSync(file) };
  });
  await buildPlugin({
    url: `${plugin.origin}/`,
    out: join(folder, "plugin"),
    photopea: editor.origin,
    model: join(folder, "model"),
    packs: [writeExtension(join(folder, "greeter"))],
  });
});

afterAll(async () => {
  await editor.close();
  await plugin.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The fake, in the editor's page. */
declare const photopea: FakePhotopea;

interface Seen {
  readonly name: string;
  readonly historyLength: number;
  readonly layers: readonly { readonly name: string; readonly data: readonly number[] }[];
}

interface Opened {
  readonly page: Page;
  readonly panel: Frame;
  readonly refused: string[];
}

/** One panel for all tests, as people keep it open; it loads the model once. */
async function openPanel(): Promise<Opened> {
  const page = await openPage();
  const refused: string[] = [];
  page.on("console", (message) => {
    if (/content security policy/i.test(message.text())) refused.push(message.text());
  });
  await page.goto(`${editor.origin}/?panel=${encodeURIComponent(`${plugin.origin}/`)}`);
  const panel = page.frames().find((frame) => frame.url().startsWith(plugin.origin))!;
  await panel.waitForSelector("#preview:enabled");
  return { page, panel, refused };
}

const says = (panel: Frame, id: "status" | "problem", text: RegExp): Promise<void> =>
  panel.locator(`#${id}`, { hasText: text }).waitFor();

function openPicture(page: Page, { width, height, channels, data }: PixelImage): Promise<void> {
  return page.evaluate(
    (image) => photopea.open({ layers: [{ image: { ...image, data: Uint8Array.from(image.data) } }] }),
    { width, height, channels, data: [...data] },
  );
}

function look(page: Page): Promise<Seen[]> {
  return page.evaluate(() =>
    photopea.look().map(({ name, historyLength, layers }) => ({
      name,
      historyLength,
      layers: layers.map((layer) => ({ name: layer.name, data: [...(layer.image?.data ?? [])] })),
    })),
  );
}

describe("the Photopea plugin of the examples, with a pack", () => {
  test("shows the commands that extensions bring, by the keyboard too, and hides what does not apply", async () => {
    const { page, panel, refused } = await openPanel();
    expect(await panel.locator("#commands").isVisible()).toBe(false);
    await openPicture(page, makePicture(24, 16));
    await panel.locator("#preview").click();
    await says(panel, "status", /Ready/);

    const menu = panel.locator("#menu button");
    expect(await menu.allTextContents()).toEqual(["Acme: Greet"]);
    await panel.locator("#apply").focus();
    expect(await tabThrough(page, panel, "All commands")).toEqual(["Acme: Greet", "All commands"]);
    await page.keyboard.press("Space");
    expect(await panel.locator("#all-commands button").allTextContents()).toEqual([
      "Limpid: Restore",
      "Acme: Greet",
      "Acme: Fail",
    ]);
    await menu.press("Enter");
    await says(panel, "status", /^Acme: Greet: done\.$/);
    expect(await focusedIn(panel)).toBe("Acme: Greet");
    await panel.getByRole("button", { name: "Acme: Fail" }).press("Enter");
    await says(panel, "problem", /no luck/);
    expect(await panel.locator("#commands").ariaSnapshot()).toContain('list "Commands"');

    // Its clause asks for an image, and for no selection.
    const drawn = { x: 1, y: 1, width: 5, height: 5 };
    await page.evaluate((rect) => photopea.select(rect), drawn);
    await panel.evaluate(() => window.dispatchEvent(new Event("focus")));
    await until(async () => (await menu.count()) === 0);
    expect(await panel.locator("#all-commands button").count()).toBe(3);
    await page.evaluate(() => photopea.select(undefined));
    await panel.evaluate(() => window.dispatchEvent(new Event("focus")));
    await until(async () => (await menu.count()) === 1);

    await panel.getByRole("button", { name: "Limpid: Restore" }).press("Enter");
    await until(async () => (await look(page))[0]!.historyLength > 0);
    expect(refused).toEqual([]);
    await page.evaluate(() => photopea.closeDocument());
    await page.close();
  });
});

describe("the Photopea plugin of the examples", () => {
  let page: Page;
  let panel: Frame;
  let refused: string[];

  beforeAll(async () => {
    ({ page, panel, refused } = await openPanel());
  });

  afterEach(async () => {
    await page.evaluate(() => photopea.look().forEach(() => photopea.closeDocument()));
  });

  const picture = makePicture(48, 40);

  /** What is drawn of the photo. */
  const shown = (): Promise<string> =>
    panel.evaluate(() => (document.getElementById("photo-canvas") as HTMLCanvasElement).toDataURL());
  const idle = (): Promise<void> =>
    until(() => panel.evaluate(() => !document.getElementById("panel")!.hasAttribute("aria-busy")));
  const lookAgain = (): Promise<unknown> => panel.evaluate(() => window.dispatchEvent(new Event("focus")));
  /** Opens a picture that is several times as large as what the panel shows of it. */
  const openLarge = (width: number, height: number): Promise<void> =>
    page.evaluate(
      ([width, height]) => {
        const data = Uint8Array.from({ length: width * height * 3 }, (_, index) => (index * 37) % 251);
        photopea.open({ layers: [{ image: { width, height, channels: 3, data } }] });
      },
      [width, height] as const,
    );

  test("previews, compares, mixes and applies by the keyboard alone, under its own strict policy", async () => {
    await openPicture(page, picture);
    await panel.locator("#preview").press("Enter");
    await says(panel, "status", /Ready/);
    expect(await panel.locator("#found .switch:checked").count()).toBe(2);
    expect(await panel.locator("#found .fault-name").allTextContents()).toEqual(["Noise", "JPEG"]);
    expect(await panel.locator("#found .mark").allTextContents()).toEqual(["Found", "Found"]);
    expect(await panel.locator("#other").textContent()).toContain("Rain");
    expect(await panel.locator("#status").textContent()).toBe("Ready, by the CPU (WebAssembly).");
    await until(() => panel.evaluate(() => document.activeElement?.id === "preview"));

    const slider = panel.locator("#split");
    const middle = await shown();
    await slider.press("ArrowRight");
    expect(await slider.getAttribute("aria-valuenow")).toBe("51");
    await slider.press("End");
    await until(async () => (await shown()) !== middle);
    await slider.press("Home");

    await panel.locator("#apply").press("Enter");
    await says(panel, "status", /Added/);
    const [opened] = await look(page);
    expect([opened!.historyLength, opened!.layers.map(({ name }) => name)]).toEqual([
      1,
      ["Background restored", "Background"],
    ]);
    const limpid = await createLimpid({ model: modelFromFiles(model), backend: "wasm" });
    const { image } = await limpid.restore(picture);
    limpid.dispose();
    expect(psnr(picture.withData(Uint8Array.from(opened!.layers[0]!.data)), image)).toBeGreaterThan(60);
    expect(psnr(picture, image)).toBeLessThan(40);

    await panel.locator("#strength").focus();
    await page.keyboard.press("Home");
    await panel.locator("#apply").press("Enter");
    await says(panel, "status", /Added/);
    // Right above the captured layer, under the first result.
    expect((await look(page))[0]!.layers[1]!.data).toEqual([...picture.data]);
    expect(refused).toEqual([]);
  });

  test("restores one spot at 100 %, another one when the photo is moved, and then all of it", async () => {
    await openLarge(700, 560);
    const extent = panel.locator("#extent");
    await panel.locator("#preview").click();
    await says(panel, "status", /Ready/);
    expect(await extent.textContent()).toMatch(/^One spot of “Background” is restored/);
    expect(await panel.locator("#zoom-value").textContent()).toBe("100 %");
    expect(await panel.locator("#zoom-whole").getAttribute("aria-pressed")).toBe("true");
    const heard = await listen(panel, ["status"]);

    await panel.locator("#pane").press("ArrowDown");
    await panel.locator("#pane").press("ArrowLeft");
    await until(async () => (await heard()).includes("Restoring this spot"));
    await idle();
    await panel.locator("#zoom-fit").click();
    const spots = await shown();
    // Zoomed out nothing is restored by itself.
    await page.waitForTimeout(500);
    expect(await panel.locator("#panel").getAttribute("aria-busy")).toBeNull();

    await panel.locator("#apply", { hasText: "Restore all of it" }).press("Enter");
    await says(panel, "status", /^Restored\. Nothing is in the document yet\.$/);
    expect(await extent.textContent()).toMatch(/^All of “Background” is restored/);
    await until(async () => (await shown()) !== spots);
    expect(await page.evaluate(() => photopea.look()[0]!.historyLength)).toBe(0);
    await until(async () => (await focusedIn(panel)) === "apply");
    await heard();
    for (const strength of [1, 0.5]) {
      await panel.locator("#strength").fill(String(100 * strength));
      await panel.locator("#apply", { hasText: "Apply as new layer" }).click();
      await says(panel, "status", /^Added/);
    }
    // What was restored is mixed; nothing is computed again.
    expect(await heard()).toEqual([
      "Applying…",
      "Added as a new layer.",
      "Applying…",
      "Added as a new layer.",
    ]);
    expect(await extent.textContent()).toMatch(/without computing again/);
    // The newest stands right above the source.
    const off = await page.evaluate(() => {
      const [whole, half, source] = photopea
        .look()[0]!
        .layers.map((layer): readonly number[] => [...layer.image!.data]);
      return half!.reduce((most, sample, index) => {
        const from = index % 4 === 3 ? 255 : source![index - Math.floor(index / 4)]!;
        return Math.max(most, Math.abs(sample - (from + whole![index]!) / 2));
      }, 0);
    });
    expect(off).toBeLessThanOrEqual(0.5);
  });

  test("gives the result a layer mask of what is selected, and says so where Photopea makes none", async () => {
    await openPicture(page, picture);
    await page.evaluate(() => photopea.select({ x: 8, y: 8, width: 16, height: 24 }));
    await panel.getByLabel("Selection").check();
    await panel.locator("#preview").click();
    await says(panel, "status", /Ready/);
    await panel.locator("#apply", { hasText: "Apply with a layer mask" }).click();
    await says(panel, "status", /^Added as a new layer with a layer mask\.$/);
    await page.evaluate(() => photopea.misbehave({ masks: "ignored" }));
    await panel.locator("#apply").click();
    await says(panel, "status", /^Added as a new layer; no layer mask could be made of the selection/);
    await page.evaluate(() => photopea.misbehave({ masks: "of-selection" }));
    const masks = await page.evaluate(() =>
      photopea.look()[0]!.layers.map(({ name, mask }) => [name, mask?.filter((value) => value > 0).length]),
    );
    expect(masks).toEqual([
      ["Background restored", 16 * 24],
      ["Background restored", undefined],
      ["Background", undefined],
    ]);
    await panel.getByLabel("Layer", { exact: true }).check();
  });

  test("restores all chosen layers, asks before what is not made of pixels, and says what became of each", async () => {
    const { width, height, channels, data } = picture;
    await page.evaluate(
      (image) => {
        const layer = (name: string, kind = "NORMAL") => ({
          ...{ name, kind },
          image: { ...image, data: Uint8Array.from(image.data) },
        });
        // One tone: no fault could be told from what was meant.
        const fog = { name: "Fog", image: { ...image, data: new Uint8Array(image.data.length).fill(128) } };
        const huge = { name: "Huge", image: { width: 31_000, height: 1 } };
        const group = { ...layer("Group"), children: [layer("Inside")] };
        photopea.open({
          layers: [
            ...[layer("Sky"), huge, layer("Logo", "SMARTOBJECT")],
            ...[layer("Curves 1", "CURVES"), group, layer("Ground"), fog],
          ],
        });
        photopea.chooseLayers([2], [0], [1], [3], [4], [5], [6]);
      },
      { width, height, channels, data: [...data] },
    );
    await lookAgain();
    await panel.locator("#active", { hasText: "7 layers: “Logo” and others" }).waitFor();
    expect(await panel.locator("#kind").textContent()).toMatch(
      /“Logo” is a smart object\. It stays as it is/,
    );
    const question = panel.getByRole("alertdialog");
    await panel.locator("#all", { hasText: "Restore all 7" }).click();
    expect(await question.locator("#question-text").textContent()).toBe(
      "“Logo” (a smart object) is not made of pixels. Restore it too?",
    );
    expect(await panelFaults(panel, [300, 320, 400])).toEqual([]);
    await page.keyboard.press("Escape");
    await until(async () => !(await question.isVisible()));
    expect(await look(page)).toMatchObject([{ historyLength: 0 }]);

    const heard = await listen(panel, ["status"]);
    await panel.locator("#all").click();
    await question.getByText("Leave out").click();
    await says(panel, "problem", /^2 restored, 1 without a fault, 3 left out, 1 failed\.$/);
    expect((await heard()).filter((text) => text.includes(" of 4"))).toEqual([
      expect.stringMatching(/^Restore: \S.* \(1 of 4\)$/),
      expect.stringMatching(/^Restore: \S.* \(2 of 4\)$/),
      expect.stringMatching(/^Restore: \S.* \(3 of 4\)$/),
      expect.stringMatching(/^Restore: \S.* \(4 of 4\)$/),
    ]);
    const said = await panel.locator("#outcomes li").allTextContents();
    expect(said.sort()).toEqual([
      "Curves 1an adjustment layer, without pixels of its own",
      // By what the router finds in each, whatever is shown of another photo.
      "Fognothing to repair",
      "Groundrestored: JPEG, Noise",
      "Groupa group, not one of its layers",
      expect.stringMatching(
        /^HugePhotopea: the layer has 31000 x 1 pixels, more than are taken: 30000 a side/,
      ),
      "Logoleft out",
      "Skyrestored: JPEG, Noise",
    ]);
    expect((await look(page))[0]!.layers.map(({ name }) => name)).toEqual([
      ...["Sky restored", "Sky", "Huge", "Logo", "Curves 1", "Group", "Ground restored", "Ground", "Fog"],
    ]);
    expect(await panelFaults(panel, [300, 320, 400])).toEqual([]);
    // Cancelled between two, it goes on where it was, though the last result alone is chosen by then.
    await page.evaluate(() => photopea.chooseLayers([1], [7]));
    await lookAgain();
    const letGo = await holdRestore(panel, 1);
    await panel.locator("#all", { hasText: "Restore all 2" }).click();
    await says(panel, "status", /\(2 of 2\)$/);
    expect(await panelFaults(panel, [300, 320, 400])).toEqual([]);
    await panel.locator("#cancel").click();
    await letGo();
    await says(panel, "status", /^Cancelled: 1 restored\.$/);
    await panel.locator("#all", { hasText: "Go on with the other 1" }).click();
    await says(panel, "status", /^1 restored\.$/);
    expect(await panel.locator("#outcomes li").allTextContents()).toEqual(["Groundrestored: JPEG, Noise"]);
    expect(await panel.locator("#all").isVisible()).toBe(false);

    await page.evaluate(() => photopea.chooseLayers([5]));
    await lookAgain();
    await panel.locator("#kind", { hasText: "“Curves 1” is an adjustment layer" }).waitFor();
    expect(await panel.locator("#all").isVisible()).toBe(false);
    await panel.locator("#preview").click();
    await says(panel, "problem", /"Curves 1" is an adjustment layer, without pixels of its own/);
  });

  test("restores again with the experts and weights that people choose", async () => {
    await openPicture(page, picture);
    await panel.locator("#preview").click();
    await says(panel, "status", /Ready/);
    await panel.locator("#split").press("Home");
    const seen = new Set([await shown()]);
    await panel.getByRole("switch", { name: "Repair noise" }).press("Space");
    await until(
      async () =>
        seen.size < seen.add(await shown()).size &&
        (await panel.locator("#extent").textContent())!.startsWith("All"),
    );
    await idle();
    expect(await focusedIn(panel)).toBe("Repair noise");
    const count = seen.size;
    await panel.getByRole("slider", { name: "Amount of JPEG repair" }).press("End");
    await until(async () => count < seen.add(await shown()).size);
    await idle();
    expect(await panel.locator("#found .value").allTextContents()).toEqual(["200 %"]);
    await panel.getByRole("switch", { name: "Repair JPEG" }).press("Space");
    await panel.locator("#extent", { hasText: "Nothing is switched on" }).waitFor();
    expect(await panel.locator("#apply").isVisible()).toBe(false);
  });

  test("says what is missing, can be cancelled, survives a closed document, and goes on", async () => {
    const problem = panel.locator("#problem");
    await panel.locator("#preview").click();
    await says(panel, "problem", /no document is open/);
    expect(await panel.locator("#active").textContent()).toBe("No document is open.");

    await openPicture(page, picture);
    await panel.getByLabel("Selection").check();
    await panel.locator("#preview").click();
    await says(panel, "problem", /nothing is selected/);

    await openLarge(1600, 1200);
    await panel.getByLabel("Layer", { exact: true }).check();
    await cancelNextRun(panel);
    await panel.locator("#preview").click();
    await says(panel, "status", /Cancelled/);
    const steps = await page.evaluate(() => photopea.look().map(({ historyLength }) => historyLength));
    expect(steps).toEqual([0, 0]);

    await page.evaluate(() => photopea.closeDocument());
    await panel.locator("#preview").click();
    await says(panel, "status", /Ready/);
    await page.evaluate(() => photopea.closeDocument());
    await panel.locator("#apply").click();
    await says(panel, "problem", /not open any more/);
    await openPicture(page, picture);
    await panel.locator("#preview").click();
    await says(panel, "status", /Ready/);
    await panel.locator("#apply").click();
    await says(panel, "status", /Added/);
    expect(await problem.textContent()).toBe("");
    expect((await look(page)).map(({ layers }) => layers.length)).toEqual([2]);
  });

  test("names every control for screen readers", async () => {
    await openPicture(page, picture);
    await panel.locator("#preview").click();
    await says(panel, "status", /Ready/);
    const tree = await panel.locator("main").ariaSnapshot();
    for (const line of [
      'heading "Restore" [level=1]',
      'group "What to restore"',
      'radio "Layer" [checked]',
      'button "Preview"',
      "status: Ready, by the CPU (WebAssembly).",
      'region "Result"',
      'slider "Before and after"',
      'slider "Strength"',
      'group "Zoom"',
      'heading "Found in the photo" [level=2]',
      'switch "Repair noise" [checked]',
      'slider "Amount of noise repair"',
      'button "Apply as new layer"',
    ]) {
      expect(tree).toContain(line);
    }
  });

  test("the keyboard goes through it from top to bottom, and comes back to where it was", async () => {
    await openPicture(page, picture);
    await panel.locator("#preview").press("Enter");
    await says(panel, "status", /Ready/);
    await panel.getByLabel("Layer", { exact: true }).focus();
    expect(await tabThrough(page, panel, "All commands")).toEqual([
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
      "Acme: Greet",
      "All commands",
    ]);
    await panel.locator("#apply").press("Enter");
    await says(panel, "status", /Added/);
    await until(async () => (await focusedIn(panel)) === "apply");

    await openLarge(1600, 1200);
    await panel.locator("#preview").focus();
    await page.keyboard.press("Enter");
    await until(async () => (await focusedIn(panel)) === "cancel");
    await page.keyboard.press("Enter");
    await says(panel, "status", /Cancelled/);
    expect(await focusedIn(panel)).toBe("preview");

    await page.evaluate(() => photopea.look().forEach(() => photopea.closeDocument()));
    await page.keyboard.press("Enter");
    await says(panel, "problem", /no document is open/);
    await until(async () => (await focusedIn(panel)) === "preview");
  });

  test("tells screen readers what goes on, and what went wrong", async () => {
    await openPicture(page, picture);
    const roles = await panel.evaluate(() =>
      ["status", "problem", "progress", "panel"].map((id) => {
        const element = document.getElementById(id)!;
        return element.getAttribute("role") ?? element.getAttribute("aria-label");
      }),
    );
    expect(roles).toEqual(["status", "alert", "Progress", null]);
    const heard = await listen(panel, ["status", "problem"]);
    await panel.evaluate(() => {
      const states: string[] = [];
      const main = document.getElementById("panel")!;
      new MutationObserver(() => states.push(String(main.ariaBusy))).observe(main, { attributes: true });
      Object.assign(globalThis, { states });
    });
    await panel.locator("#preview").click();
    await says(panel, "status", /Ready/);
    expect(await heard()).toEqual([
      "Reading from Photopea…",
      "Loading the model",
      "Looking for what is wrong",
      "Preparing…",
      "Restoring",
      "Ready, by the CPU (WebAssembly).",
    ]);
    expect(await panel.evaluate(() => (globalThis as unknown as { states: string[] }).states)).toEqual([
      "true",
      "null",
    ]);
    await page.evaluate(() => photopea.closeDocument());
    await panel.locator("#apply").click();
    await says(panel, "problem", /not open any more/);
    expect(await heard()).toEqual(["Applying…", expect.stringMatching(/not open any more/)]);
  });

  test("shows all of itself in a narrow panel, in both schemes, and moves nothing while it runs", async () => {
    await openPicture(page, picture);
    await lookAgain();
    await resizePanel(panel, "320px");
    await panel.locator("#preview").click();
    await says(panel, "status", /Ready/);
    expect(await panel.locator("#active").textContent()).toBe("“Background” in Photo");
    expect(await panelFaults(panel, [300, 400])).toEqual([]);
    expect(await panel.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
    const top = (): Promise<number> =>
      panel.locator("#view").evaluate((element) => element.getBoundingClientRect().top);
    const before = await top();
    await panel.evaluate(() => {
      const tops = new Set<number>();
      const view = document.getElementById("view")!;
      new MutationObserver(() => tops.add(view.getBoundingClientRect().top)).observe(
        document.getElementById("panel")!,
        { attributes: true, subtree: true, childList: true },
      );
      Object.assign(globalThis, { tops });
    });
    await panel.locator("#apply").click();
    await says(panel, "status", /Added/);
    const tops = await panel.evaluate(() => [...(globalThis as unknown as { tops: Set<number> }).tops]);
    expect(tops).toEqual([before]);
    await resizePanel(panel, "100vw");
  });

  test("asks Photopea for a panel of its own address, with an icon", () => {
    const manifest = JSON.parse(readFileSync(join(folder, "plugin", "plugin.json"), "utf8")) as unknown;
    expect(manifest).toEqual({
      name: "Limpid",
      url: `${plugin.origin}/`,
      icon: `===${plugin.origin}/icon.svg`,
    });
  });
});

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
import { openPage } from "../../support/page.js";
import { focusedIn, listen, tabThrough } from "../../support/tab-order.js";
import { makeTinyModel } from "../../support/tiny-model.js";
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

/** The panel's policy forbids the evaluation that `waitForFunction` does in the page. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 60_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`still not: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
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

  test("previews, compares, mixes and applies by the keyboard alone, under its own strict policy", async () => {
    await openPicture(page, picture);
    await panel.locator("#preview").press("Enter");
    await says(panel, "status", /Ready/);
    expect(await panel.locator("#found button[aria-pressed=true]").count()).toBe(2);
    expect(await panel.locator("#found button").allTextContents()).toEqual(["Noise 100 %", "JPEG 100 %"]);
    expect(await panel.locator("#other").textContent()).toContain("Rain");
    expect(await panel.locator("#status").textContent()).toBe("Ready, by wasm in a worker.");
    await until(() => panel.evaluate(() => document.activeElement?.id === "preview"));

    const slider = panel.locator("#comparison");
    const [first, second] = await panel.evaluate(() =>
      ["before", "after"].map((id) => {
        const canvas = document.getElementById(id) as HTMLCanvasElement;
        return [...canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height).data];
      }),
    );
    expect(first).not.toEqual(second);
    await slider.focus();
    await page.keyboard.down("ArrowRight");
    await until(async () => Number(await slider.getAttribute("aria-valuenow")) > 55);
    await page.keyboard.up("ArrowRight");

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

  test("restores again with the experts and weights that people choose", async () => {
    await openPicture(page, picture);
    await panel.locator("#preview").click();
    await says(panel, "status", /Ready/);
    const shown = (): Promise<number[]> =>
      panel.evaluate(() => {
        const canvas = document.getElementById("after") as HTMLCanvasElement;
        return [...canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height).data];
      });
    const both = await shown();
    const idle = (): Promise<void> =>
      until(() => panel.evaluate(() => !document.getElementById("panel")!.hasAttribute("aria-busy")));
    await panel.locator("#found button").first().press("Space");
    await idle();
    const one = await shown();
    await panel.locator("#found input").last().press("End");
    await idle();
    const strong = await shown();
    expect(new Set([both, one, strong].map(String)).size).toBe(3);
    expect(await panel.locator("#found .value").allTextContents()).toEqual(["off", "200 %"]);
  });

  test("says what is missing, can be cancelled, survives a closed document, and goes on", async () => {
    const problem = panel.locator("#problem");
    await panel.locator("#preview").click();
    await says(panel, "problem", /no document is open/);

    await openPicture(page, picture);
    await panel.getByLabel("Selection").check();
    await panel.locator("#preview").click();
    await says(panel, "problem", /nothing is selected/);

    await page.evaluate(() => {
      const [width, height] = [1600, 1200];
      const data = Uint8Array.from({ length: width * height * 3 }, (_, index) => (index * 37) % 251);
      photopea.open({ layers: [{ image: { width, height, channels: 3, data } }] });
    });
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
      "status: Ready, by wasm in a worker.",
      'region "Result"',
      'slider "Before and after"',
      'slider "Strength"',
      'heading "Found in the photo" [level=2]',
      'button "Noise 100 %" [pressed]',
      'slider "Weight of the expert for Noise"',
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
      "comparison",
      "strength",
      "Noise 100 %",
      "Weight of the expert for Noise",
      "JPEG 100 %",
      "Weight of the expert for JPEG",
      "apply",
      "Acme: Greet",
      "All commands",
    ]);
    await panel.locator("#apply").press("Enter");
    await says(panel, "status", /Added/);
    await until(async () => (await focusedIn(panel)) === "apply");

    await page.evaluate(() => {
      const [width, height] = [1600, 1200];
      const data = Uint8Array.from({ length: width * height * 3 }, (_, index) => (index * 37) % 251);
      photopea.open({ layers: [{ image: { width, height, channels: 3, data } }] });
    });
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
      "Restoring",
      "Ready, by wasm in a worker.",
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

  test("shows all of itself in a narrow panel, and moves nothing while it runs", async () => {
    await page.setViewportSize({ width: 320, height: 800 });
    await openPicture(page, picture);
    await panel.locator("#preview").click();
    await says(panel, "status", /Ready/);
    expect(await panel.locator("#active").textContent()).toBe("Background in Photo");
    const outside = await panel.evaluate(() =>
      [...document.querySelectorAll("button, input, output, .value, p, h2, summary")]
        .filter((element) => element.checkVisibility() && element.getBoundingClientRect().right > innerWidth)
        .map((element) => element.id || element.textContent),
    );
    expect(outside).toEqual([]);
    expect(await panel.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
    const top = (): Promise<number> =>
      panel.locator("#comparison").evaluate((element) => element.getBoundingClientRect().top);
    const before = await top();
    await panel.evaluate(() => {
      const tops = new Set<number>();
      const slider = document.getElementById("comparison")!;
      new MutationObserver(() => tops.add(slider.getBoundingClientRect().top)).observe(
        document.getElementById("panel")!,
        { attributes: true, subtree: true, childList: true },
      );
      Object.assign(globalThis, { tops });
    });
    await panel.locator("#apply").click();
    await says(panel, "status", /Added/);
    const tops = await panel.evaluate(() => [...(globalThis as unknown as { tops: Set<number> }).tops]);
    expect(tops).toEqual([before]);
    await page.setViewportSize({ width: 1280, height: 720 });
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

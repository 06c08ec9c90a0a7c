import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { build } from "esbuild";
import { zipSync } from "fflate";
import type { Page } from "playwright-core";
import sharp from "sharp";
import { writePackArchive } from "../../packages/cli/src/files/index.js";
import { encodePng, PixelImage } from "../../src/sdk/image/index.js";
import { createLimpid, type Limpid } from "../../src/sdk/limpid/index.js";
import { modelFromFiles, type ExpertChoice } from "../../src/sdk/restore/index.js";
import { cancelNextRun } from "../support/cancel-next-run.js";
import { mount, openPage } from "../support/page.js";
import { makeTinyModel } from "../support/tiny-model.js";
import { makeTinyPack } from "../support/tiny-pack.js";
import {
  addToSite,
  codeHas,
  dropFile,
  idle,
  makePicture,
  model,
  openPicture,
  openPlayground,
  pictureFile,
  readFromSite,
  rgbOf,
  saved,
  says,
  shown,
  until,
} from "./open-playground.js";

/** What `watchWorkers` keeps. */
declare const workers: Worker[];

const picture = makePicture(48, 40);
let page: Page;
let refused: string[];
let limpid: Limpid;

beforeAll(async () => {
  ({ page, refused } = await openPlayground());
  limpid = await createLimpid({ model: modelFromFiles(model), backend: "wasm" });
});

afterAll(() => limpid.dispose());

afterEach(() => expect(refused).toEqual([]));

/** Samples that differ by more than rounding from those of a restore by the SDK. */
async function differences(image: PixelImage, experts?: readonly ExpertChoice[]): Promise<number> {
  const { image: expected } = await limpid.restore(picture, experts && { experts });
  const wanted = rgbOf(expected);
  return rgbOf(image).filter((value, index) => Math.abs(value - wanted[index]!) > 1).length;
}

/** The repairs that are switched on. */
const switchedOn = async (): Promise<string[]> => {
  const switches = await page.getByRole("switch", { checked: true }).all();
  const names = await Promise.all(switches.map((found) => found.getAttribute("aria-label")));
  return names.map((name) => name!.replace("Repair ", "")).sort();
};

const repair = (name: string): ReturnType<Page["getByRole"]> =>
  page.getByRole("switch", { name: `Repair ${name}`, exact: true });

test("an empty page names everything that can be done", async () => {
  const tree = await page.locator("body").ariaSnapshot();
  for (const line of [
    'link "Skip to the photo"',
    'heading "Limpid playground" [level=1]',
    'region "Photo"',
    'button "Choose a photo"',
    'list "Samples"',
    'button "Coffee, noisy"',
    'heading "What the router sees" [level=2]',
    'combobox "Compute on"',
    'textbox "Address of a pack"',
    'button "Install from a file…"',
    'button "With the fault"',
    'spinbutton "Steps"',
    'button "Copy"',
  ]) {
    expect(tree).toContain(line);
  }
  expect(tree).not.toContain('button "Undo"');
  expect(await page.locator("#model").textContent()).toBe("limpid.tiny 0.0.1");
});

test("a dropped photo is analysed and restored, and what is saved is what the SDK makes of it", async () => {
  await dropFile(page, "holiday.png", "image/png", await encodePng(picture));
  await says(page, "status", /^Restored in/);
  await idle(page);
  expect(await page.locator("#file-size").textContent()).toBe("48 × 40");
  expect(await switchedOn()).toEqual(["JPEG", "noise"]);
  expect(await page.locator("#found li").first().textContent()).toMatch(/^(JPEG|Noise)100 %Found/);
  expect(await page.locator("#other").textContent()).toContain("Rain");
  expect(await page.locator("#verdict").textContent()).toMatch(/most likely/);
  expect(await page.locator("#time-tiles").textContent()).toMatch(/one tile/);
  expect(await page.locator("#memory-device").textContent()).toMatch(/^\d+\.\d MB$/);
  const { name, image } = await saved(page);
  expect(name).toBe("holiday.restored.png");
  expect(await differences(image)).toBe(0);
  expect(rgbOf(image)).not.toEqual(rgbOf(picture));
});

test("the heat map shows each of the router's windows, for every fault", async () => {
  await openPicture(page, picture);
  const plain = await shown(page);
  await page.getByRole("button", { name: "Heat map" }).click();
  await says(page, "heat-caption", /^9 parts: 100 % to 100 %/);
  const { windows } = await limpid.analyze(picture, { windows: true });
  expect(windows).toHaveLength(9);
  const names = await page.locator("#heat-fault option").allTextContents();
  expect(names.sort()).toEqual(["JPEG", "Noise", "Rain"]);
  // It covers all of the photo.
  await until(async () =>
    (await shown(page)).every((color, place) => String(color) !== String(plain[place])),
  );
  await page.getByRole("button", { name: "Split" }).click();
  expect(await page.locator("#split").isVisible()).toBe(true);
  expect(await page.locator("#heat-caption").isVisible()).toBe(false);
});

test("experts are swapped and mixed, strength is set, and every step can be undone and done again", async () => {
  await openPicture(page, picture);
  const auto = (await saved(page)).image;

  await repair("JPEG").click();
  await codeHas(page, 'experts: [{ id: "tiny.first" }]');
  expect(await switchedOn()).toEqual(["noise"]);
  const one = (await saved(page)).image;
  expect(await differences(one, [{ id: "tiny.first" }])).toBe(0);

  const weight = page.getByRole("slider", { name: "Amount of noise repair" });
  expect(await weight.getAttribute("aria-valuetext")).toBe("normal");
  await weight.press("Home");
  await weight.press("End");
  await codeHas(page, "weight: 2");
  await idle(page);
  const strong = (await saved(page)).image;
  expect(await differences(strong, [{ id: "tiny.first", weight: 2 }])).toBe(0);

  await page.locator("#strength").press("Home");
  await codeHas(page, "strength: 0,");
  expect(await page.locator("#save").isDisabled()).toBe(true);

  await page.locator("#undo").click();
  await codeHas(page, "strength: 0,", false);
  await says(page, "status", /^Undone. Now repaired: Noise/);
  expect(rgbOf((await saved(page)).image)).toEqual(rgbOf(strong));
  // Whatever was between, enough steps back is the photo as it was opened.
  while (await page.locator("#undo").isEnabled()) {
    const label = await page.locator("#undo").getAttribute("title");
    await page.keyboard.press("Control+z");
    await until(async () => (await page.locator("#redo").isEnabled()) && label !== null);
    await page.waitForTimeout(50);
  }
  await says(page, "status", /as it was opened/);
  expect(await page.locator("#save").isDisabled()).toBe(true);
  expect(await switchedOn()).toEqual([]);
  await page.keyboard.press("Control+Shift+z");
  await until(async () => (await switchedOn()).length === 2);
  expect(rgbOf((await saved(page)).image)).toEqual(rgbOf(auto));
  while (await page.locator("#redo").isEnabled()) {
    await page.locator("#redo").click();
    await page.waitForTimeout(50);
  }
  await codeHas(page, "strength: 0,");

  await page.getByRole("button", { name: "Let it choose" }).click();
  await codeHas(page, "experts", false);
  expect(await switchedOn()).toHaveLength(2);
});

test("a run is cancelled at once and leaves the photo as it was", async () => {
  await openPicture(page, picture);
  const large = makePicture(1100, 900);
  await cancelNextRun(page);
  await page.setInputFiles("#file", await pictureFile(large, "large.png"));
  await says(page, "status", /^Cancelled. The photo is as it was/);
  expect(await page.locator("#undo").isDisabled()).toBe(true);
  expect(await page.locator("#save").isDisabled()).toBe(true);
  await openPicture(page, picture, "again");
});

test("transparent photos keep their transparency, and the colours under it", async () => {
  const data = Uint8Array.from({ length: 40 * 24 * 4 }, (_, index) => (index * 37) % 256);
  const transparent = new PixelImage({ width: 40, height: 24, channels: 4, data });
  await openPicture(page, transparent, "transparent");
  const { image } = await saved(page);
  const expected = (await limpid.restore(transparent)).image;
  const alpha = ({ data: samples }: PixelImage): number[] =>
    [...(samples as Uint8Array)].filter((_, index) => index % 4 === 3);
  expect(alpha(image)).toEqual(alpha(transparent));
  const far = [...(image.data as Uint8Array)].filter(
    (value, index) => Math.abs(value - expected.data[index]!) > 1,
  );
  expect(far).toEqual([]);
});

describe("packs", () => {
  const pack = makeTinyPack(model, {
    routerRow: { weight: new Float32Array(8), bias: 2, threshold: 0.5 },
  });

  const remove = async (): Promise<void> => {
    await page.getByRole("button", { name: "Remove Remove halftone" }).click();
    await says(page, "pack-status", /is removed/);
    await idle(page);
  };

  test.each([
    ["an npm tarball", "acme.tgz", () => writePackArchive(pack)],
    [
      "a ZIP archive",
      "acme.zip",
      () => zipSync(Object.fromEntries([...pack].map(([path, bytes]) => [`acme/${path}`, bytes]))),
    ],
  ])("come from %s, and the router sees their fault", async (_, name, archive) => {
    await openPicture(page, picture);
    await page.setInputFiles("#pack-file", {
      name,
      mimeType: "application/octet-stream",
      buffer: Buffer.from(archive()),
    });
    await says(page, "pack-status", /^Remove halftone 1.0.0 is installed/);
    const choice = repair("halftone");
    await choice.waitFor();
    await idle(page);
    expect(await choice.isChecked()).toBe(true);
    // Off and on again, by hand.
    await choice.click();
    await idle(page);
    await choice.click();
    await codeHas(page, "acme.descreen");
    await remove();
    await codeHas(page, "acme.descreen", false);
    expect(await choice.count()).toBe(0);
    expect(await page.locator("#no-packs").isVisible()).toBe(true);
  });

  test("come from an address, stay for the next visit, and work without a network", async () => {
    for (const [path, bytes] of pack) addToSite(`packs/acme/${path}`, bytes);
    await page.locator("#pack-url").fill("packs/acme/");
    await page.keyboard.press("Enter");
    await says(page, "pack-status", /is installed/);
    expect(await page.locator("#code").textContent()).toMatch(/packs\.install\("http:.*\/packs\/acme\/"\)/);

    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await page.reload();
    await page.locator("#lamp[data-state=ready]").waitFor();
    expect(await page.locator("#packs").textContent()).toContain("Remove halftone");
    page.removeAllListeners("requestfailed");
    await page.context().setOffline(true);
    try {
      await page.reload();
      await page.locator("#lamp[data-state=ready]").waitFor();
      await page.getByRole("button", { name: "Coffee, noisy" }).click();
      await says(page, "status", /^Restored/);
      await idle(page);
      await remove();
    } finally {
      await page.context().setOffline(false);
    }
  });

  test("that are none are refused with the reason, and nothing is installed", async () => {
    page.removeAllListeners("response");
    const install = (name: string, bytes: Uint8Array): Promise<void> =>
      page.setInputFiles("#pack-file", { name, mimeType: "", buffer: Buffer.from(bytes) });
    await install("note.tgz", new TextEncoder().encode("hello"));
    await says(page, "pack-problem", /note.tgz: is neither an npm tarball .* Choose the .tgz or .zip file/);
    await install("cut.tgz", writePackArchive(pack).subarray(0, 500));
    await says(page, "pack-problem", /cut.tgz: /);
    await install("other.tgz", writePackArchive(makeTinyPack(makeTinyModel({ seed: 9 }))));
    await says(page, "pack-problem", /made for another model/);
    const changed = new Map(pack).set("golden/before.png", Uint8Array.of(9));
    await install("changed.tgz", writePackArchive(changed));
    await says(page, "pack-problem", /Nothing was installed/);
    await page.locator("#pack-url").fill("packs/nowhere/");
    await page.getByRole("button", { name: "Install", exact: true }).click();
    await says(page, "pack-problem", /Check the address/);
    expect(await page.locator("#pack-url").getAttribute("aria-invalid")).toBe("true");
    await page.locator("#pack-url").fill("");
    await page.keyboard.press("Enter");
    await says(page, "pack-problem", /^Type the address/);
    expect(await page.locator("#packs li").count()).toBe(0);
  });
});

describe("what goes wrong", () => {
  const problem = (text: RegExp): Promise<void> => says(page, "problem-text", text);

  test("files that are no photos are refused, and the photo stays", async () => {
    await openPicture(page, picture, "kept");
    const before = rgbOf((await saved(page)).image);
    const text = new TextEncoder().encode("hello");
    await dropFile(page, "notes.txt", "text/plain", text);
    await problem(/^notes.txt is not an image that this browser can open/);
    await dropFile(page, "empty.png", "image/png", new Uint8Array());
    await problem(/^empty.png has no content/);
    const cut = (await encodePng(makePicture(300, 300))).subarray(0, 2000);
    await dropFile(page, "cut.png", "image/png", cut);
    await until(async () => !(await page.locator("#problem-text").textContent())!.includes("empty"));
    const wide = await sharp({
      create: { width: 16_385, height: 2, channels: 3, background: "#888" },
    })
      .png()
      .toBuffer();
    await dropFile(page, "wide.png", "image/png", wide);
    await problem(/^wide.png has 16385 × 2 pixels/);
    const huge = await sharp({
      create: { width: 8000, height: 6300, channels: 3, background: "#888" },
    })
      .jpeg()
      .toBuffer();
    await dropFile(page, "huge.jpg", "image/jpeg", huge);
    await problem(/^huge.jpg has 8000 × 6300 pixels, 50 megapixels/);
    expect(await page.locator("#file-name").textContent()).toMatch(/^kept-/);
    expect(rgbOf((await saved(page)).image)).toEqual(before);
    await page.getByRole("button", { name: "Dismiss" }).click();
    expect(await page.locator("#problem").isHidden()).toBe(true);
  });

  test("a picture that was dragged from another site is not fetched, and why is told", async () => {
    await page.evaluate(() => {
      const data = new DataTransfer();
      data.setData("text/uri-list", "https://example.com/cat.jpg");
      document.body.dispatchEvent(
        new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }),
      );
    });
    await problem(/on another site/);
  });

  test("a worker that dies leaves the photo as it was, and the next try works", async () => {
    await openPicture(page, picture, "kept");
    const before = rgbOf((await saved(page)).image);
    const started = await page.evaluate(() => workers.length);
    await page.evaluate(() => {
      // Before it can answer.
      const worker = workers.at(-1)!;
      const plain = worker.postMessage.bind(worker);
      worker.postMessage = (message: { method?: string }) => {
        if (message.method !== "restore") return plain(message);
        worker.dispatchEvent(new ErrorEvent("error", { message: "out of memory", cancelable: true }));
      };
    });
    await repair("JPEG").click();
    await problem(/the worker died: out of memory. Your photo is as it was/i);
    expect(rgbOf((await saved(page)).image)).toEqual(before);
    expect(await switchedOn()).toHaveLength(2);
    await page.getByRole("button", { name: "Try again" }).click();
    await says(page, "status", /^Restored/);
    await idle(page);
    expect(await page.evaluate(() => workers.length)).toBe(started + 1);
    expect(await page.locator("#problem").isHidden()).toBe(true);
  });

  test("a device that is lost for good leaves the photo as it was, and the page goes on", async () => {
    await openPicture(page, picture, "kept");
    const before = rgbOf((await saved(page)).image);
    await page.evaluate(() => {
      const worker = workers.at(-1)!;
      const plain = worker.postMessage.bind(worker);
      worker.postMessage = (message: { method?: string; id?: number }) => {
        if (message.method !== "restore") return plain(message);
        worker.postMessage = plain;
        const error = {
          code: "DeviceLost",
          message: "the GPU device was lost and no other could be had",
          details: {},
        };
        const data = { type: "refusal", id: message.id, error };
        worker.dispatchEvent(new MessageEvent("message", { data }));
      };
    });
    await repair("JPEG").click();
    await problem(/^The GPU device was lost.* compute on the CPU/);
    expect(rgbOf((await saved(page)).image)).toEqual(before);
    await page.getByRole("combobox", { name: "Compute on" }).selectOption("wasm");
    await says(page, "status", /^Restored/);
    await idle(page);
    expect(await page.locator("#engine-text").textContent()).toBe("WebAssembly");
  });

  test("a model that is missing is told, and is tried again", async () => {
    const other = await page.context().newPage();
    await other.addInitScript(() => {
      const Plain = globalThis.Worker;
      let isMissing = true;
      globalThis.Worker = class extends Plain {
        override postMessage(message: { method?: string; id?: number }): void {
          if (message.method !== "open" || !isMissing) return super.postMessage(message);
          isMissing = false;
          const error = {
            code: "WeightsMissing",
            message: "models/model.json cannot be fetched: status 404",
            details: {},
          };
          queueMicrotask(() =>
            this.dispatchEvent(
              new MessageEvent("message", { data: { type: "refusal", id: message.id, error } }),
            ),
          );
        }
      };
    });
    await other.goto(page.url());
    await other.locator("#lamp[data-state=failed]").waitFor();
    await says(other, "problem-text", /status 404/);
    await other.getByRole("button", { name: "Try again" }).click();
    await other.locator("#lamp[data-state=ready]").waitFor();
    await other.close();
  });
});

test("an expert is trained from one pair, and installed", async () => {
  await openPicture(page, picture);
  await page.getByRole("button", { name: "Train", exact: true }).click();
  await says(page, "train-problem", /^Two pictures are needed/);
  await page.setInputFiles("#pair-before", await pictureFile(makePicture(96, 80), "a.png"));
  await page.setInputFiles("#pair-after", await pictureFile(makePicture(80, 96), "b.png"));
  await says(page, "pair-after-name", /b.png/);
  await page.getByRole("button", { name: "Train", exact: true }).click();
  await says(page, "train-problem", /96 × 80 pixels, the other 80 × 96/);
  await page.getByRole("button", { name: "Use a sample pair" }).click();
  await says(page, "pair-after-name", /rain.png/);
  await page.getByLabel("Name of the fault").fill("Drizzle!");
  await page.getByRole("button", { name: "Train", exact: true }).click();
  await says(page, "train-problem", /small letters/);
  await page.getByLabel("Name of the fault").fill("drizzle");
  await page.getByLabel("Steps").fill("2");
  await page.getByRole("button", { name: "Train", exact: true }).click();
  await says(page, "train-status", /^Done: held-out pictures/);
  expect(await page.locator("#train-curve").isVisible()).toBe(true);
  await page.getByRole("button", { name: "Install it here" }).click();
  const text = (id: string): Promise<string | null> => page.locator(`#${id}`).textContent();
  await until(
    async () =>
      `${await text("pack-status")}${await text("pack-problem")}${await text("train-problem")}` !== "",
  );
  expect(await text("pack-problem")).toBe("");
  await says(page, "pack-status", /^Repair drizzle 0.1.0 is installed/);
  await page
    .getByRole("switch", { name: "Repair drizzle", includeHidden: true }) // perhaps among the folded ones
    .or(page.getByRole("button", { name: "Try it: drizzle" }))
    .waitFor({ state: "attached" });
  await idle(page);
  await page.getByRole("button", { name: "Remove Repair drizzle" }).click();
  await says(page, "pack-status", /is removed/);
  await idle(page);
});

test("the code that is shown does what the page does", async () => {
  await openPicture(page, picture);
  await repair("noise").click();
  await codeHas(page, "tiny.second");
  await idle(page);
  await page.locator("#strength").focus();
  await page.keyboard.press("PageDown");
  await codeHas(page, "strength: 0.9");
  const wanted = rgbOf((await saved(page)).image);
  const code = (await page.locator("#code").textContent())!;
  expect(code.split("\n").length).toBeLessThanOrEqual(14);

  const bundled = await build({
    stdin: {
      contents: `${code}\nglobalThis.isDone = true;`,
      resolveDir: new URL("../..", import.meta.url).pathname,
      loader: "ts",
    },
    bundle: true,
    tsconfigRaw: {}, // the built package, as a reader of the code would have it
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    logLevel: "error",
    logOverride: { "ignored-bare-import": "silent" },
  });
  mount("/limpid/", (request, response) => {
    const types: Record<string, string> = { js: "text/javascript", wasm: "application/wasm" };
    const type = types[request.url!.split(".").at(-1)!] ?? "application/octet-stream";
    response.writeHead(200, { "content-type": type }).end(readFromSite(request.url!.slice(1)));
  });
  mount("/code.js", (_, response) =>
    response.writeHead(200, { "content-type": "text/javascript" }).end(bundled.outputFiles[0]!.contents),
  );
  mount("/code.html", (_, response) =>
    response
      .writeHead(200, { "content-type": "text/html" })
      .end('<!doctype html><canvas width="48" height="40"></canvas>'),
  );
  const plain = await openPage();
  await plain.goto(new URL("/code.html", plain.url()).href);
  const pixels = await plain.evaluate(
    async ([data, width, height]) => {
      const context = document.querySelector("canvas")!.getContext("2d")!;
      const rgba = new ImageData(width, height);
      for (let pixel = 0; pixel < width * height; pixel++) {
        rgba.data.set([...data.slice(pixel * 3, pixel * 3 + 3), 255], pixel * 4);
      }
      context.putImageData(rgba, 0, 0);
      const script = document.createElement("script");
      script.type = "module";
      script.src = "/code.js";
      document.body.append(script);
      while (!("isDone" in globalThis)) await new Promise((resolve) => setTimeout(resolve, 50));
      return [...context.getImageData(0, 0, width, height).data];
    },
    [[...(picture.data as Uint8Array)], 48, 40] as const,
  );
  const got = pixels.filter((_, index) => index % 4 < 3);
  // The page mixes by strength what was clipped to 8 bits, a restore does so before: the same where nothing is clipped.
  const whole = rgbOf((await limpid.restore(picture, { experts: [{ id: "tiny.second" }] })).image);
  const compared = got.flatMap((value, index) =>
    whole[index]! > 0 && whole[index]! < 255 ? [Math.abs(value - wanted[index]!)] : [],
  );
  expect(compared.length).toBeGreaterThan(100);
  expect(Math.max(...compared)).toBeLessThanOrEqual(1);
  const exact = await limpid.restore(picture, { experts: [{ id: "tiny.second" }], strength: 0.9 });
  const exactly = rgbOf(exact.image);
  expect(Math.max(...got.map((value, index) => Math.abs(value - exactly[index]!)))).toBeLessThanOrEqual(1);
});

test("is static: no script inline or evaluated, nothing from elsewhere", () => {
  const html = readFromSite("index.html").toString();
  const policy = /Content-Security-Policy"\s+content="([^"]*)"/.exec(html)![1]!;
  expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'/);
  expect(policy).toContain("default-src 'none'");
  // Where a link leads is not loaded.
  expect(html.replace(policy, "").replaceAll(/<a\s[^>]*>/g, "")).not.toMatch(
    /<script(?![^>]*src=)|\son\w+=|\sstyle=|https?:(?!\/\/example\.com)/,
  );
});

import { afterEach, beforeAll, expect, test } from "@jest/globals";
import { unzipSync } from "fflate";
import type { Page } from "playwright-core";
import sharp from "sharp";
import { writePackArchive } from "../../packages/cli/src/files/index.js";
import { decodePng, type PixelImage } from "../../src/sdk/image/index.js";
import { holdRestore } from "../support/hold-restore.js";
import { makeTinyPack } from "../support/tiny-pack.js";
import {
  codeHas,
  idle,
  makePicture,
  model,
  openPicture,
  openPlayground,
  pictureFile,
  saved,
  savedFile,
  says,
  shown,
  until,
} from "./open-playground.js";

const picture = makePicture(300, 200);
let page: Page;
let refused: string[];

beforeAll(async () => {
  ({ page, refused } = await openPlayground(async (opened) => {
    await opened.addInitScript(() => {
      // The page's own folder, where nobody has to be asked.
      Object.assign(globalThis, { showDirectoryPicker: () => navigator.storage.getDirectory() });
    });
  }));
});

afterEach(() => expect(refused).toEqual([]));

const zoom = (): Promise<string | null> => page.locator("#zoom-value").textContent();
const zoomIs = (value: string): Promise<void> => until(async () => (await zoom()) === value);

/** Where the handle of the line between before and after is, in CSS pixels of the pane. */
const handleAt = (): Promise<number> =>
  page.locator("#split").evaluate((handle) => parseFloat(handle.style.left));

/** The middle of the photo on the page. */
async function middle(): Promise<{ x: number; y: number }> {
  const { x, y, width, height } = (await page.locator("#photo-canvas").boundingBox())!;
  return { x: x + width / 2, y: y + height / 2 };
}

test("the photo is zoomed by keys, buttons, wheel and double-click, and the line stays at its place", async () => {
  await openPicture(page, picture);
  await zoomIs("200 %"); // a small photo is enlarged by whole numbers
  const pane = page.locator("#pane-before");
  await pane.focus();
  await page.keyboard.press("1");
  await zoomIs("100 %");
  await page.locator("#zoom-double").click();
  await zoomIs("200 %");
  await pane.focus();
  await page.keyboard.press("+");
  await zoomIs("300 %");
  await page.keyboard.press("+");
  await zoomIs("450 %");
  // The line is at a column of the photo: it moves with it.
  const before = await handleAt();
  await page.keyboard.press("ArrowRight");
  await until(async () => Math.abs((await handleAt()) - (before - 60)) < 1);
  await page.keyboard.press("0");
  await zoomIs("200 %");
  const { x, y } = await middle();
  await page.mouse.move(x + 40, y);
  await page.mouse.wheel(0, -400);
  await until(async () => parseFloat((await zoom())!) > 250);
  await page.mouse.dblclick(x + 100, y);
  await zoomIs("200 %");
  expect(await page.locator("#zoom-fit").getAttribute("aria-pressed")).toBe("true");
  // Where the photo gets no smaller, the wheel is the page's again.
  await until(async () => {
    await page.mouse.wheel(0, 200);
    return (await page.evaluate(() => scrollY)) > 0;
  });
  await page.evaluate(() => scrollTo(0, 0));
});

test("from 100 % on pixels are sharp, and before and after are where the line says", async () => {
  await openPicture(page, picture);
  await page.locator("#zoom-double").click();
  await zoomIs("200 %");
  await page.locator("#split").press("End");
  await page.waitForTimeout(100);
  const sample = async (): Promise<number[]> => (await shown(page, 300)).flat();
  const row = await sample();
  // The middle row of the photo as it was opened, one colour a pixel, none mixed with its neighbour.
  const expected = Array.from({ length: 300 }, (_, column) => [
    ...(picture.data as Uint8Array).slice((100 * 300 + column) * 3, (100 * 300 + column) * 3 + 3),
    255,
  ]).flat();
  expect(row).toEqual(expected);
  await page.locator("#split").press("Home");
  await until(async () => String(await sample()) !== String(expected));
  const restored = String(await sample());
  // Pressing the photo, or B, shows it as it was.
  const { x, y } = await middle();
  await page.mouse.move(x + 50, y + 50);
  await page.mouse.down();
  await page.locator("#held").waitFor();
  expect(await sample()).toEqual(expected);
  await page.mouse.up();
  await until(async () => String(await sample()) === restored);
  await page.locator("#pane-before").focus();
  await page.keyboard.down("b");
  await page.locator("#held").waitFor();
  expect(await sample()).toEqual(expected);
  await page.keyboard.up("b");
  await page.locator("#held").waitFor({ state: "hidden" });

  await page.getByRole("button", { name: "Side by side" }).click();
  await page.locator("#zoom-fit").click();
  await page.locator("#pane-after").waitFor();
  // The panes move together, whichever is moved.
  const after = (await page.locator("#pane-after").boundingBox())!;
  await page.mouse.move(after.x + after.width / 2, after.y + after.height / 2);
  await page.mouse.wheel(0, -600);
  await until(async () => parseFloat((await zoom())!) > 150);
  await page.getByRole("button", { name: "Split" }).click();
  await page.locator("#zoom-fit").click();
});

test("two fingers zoom the photo", async () => {
  const { page: phone, refused: none } = await openPlayground(async (opened) => {
    const session = await opened.context().newCDPSession(opened);
    await session.send("Emulation.setTouchEmulationEnabled", { enabled: true, maxTouchPoints: 2 });
  });
  await openPicture(phone, picture);
  const session = await phone.context().newCDPSession(phone);
  const { x, y, width, height } = (await phone.locator("#photo-canvas").boundingBox())!;
  for (const [type, distance] of [
    ["touchStart", 20],
    ["touchMove", 30],
    ["touchMove", 60],
    ["touchEnd", undefined],
  ] as const) {
    const points = distance === undefined ? [] : [-distance, distance];
    const touchPoints = points.map((away) => ({ x: x + width / 2 + away, y: y + height / 2 }));
    await session.send("Input.dispatchTouchEvent", { type, touchPoints });
  }
  // From 200 %, three times as large.
  await until(async () => (await phone.locator("#zoom-value").textContent()) === "600 %");
  expect(none).toEqual([]);
  await phone.close();
});

test("the line is dragged, and its handle waits at the edge when its place is out of sight", async () => {
  await openPicture(page, picture);
  const handle = page.locator("#split");
  const { x, y } = await middle();
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x - 150, y, { steps: 4 });
  await page.mouse.up();
  expect(await handle.getAttribute("aria-valuenow")).toBe("25");
  await page.locator("#pane-before").focus();
  for (const key of ["2", "+", "+", ...Array<string>(20).fill("ArrowRight")]) await page.keyboard.press(key);
  await until(async () => (await handle.getAttribute("class"))!.includes("away"));
  expect(await handleAt()).toBe(0);
});

test("of a large photo what is looked at is restored first, then tiles from there outwards", async () => {
  const texts: string[] = [];
  await page.exposeFunction("heard", (text: string) => texts.push(text));
  await page.evaluate(() => {
    const text = document.getElementById("work-text")!;
    const hear = (globalThis as unknown as { heard: (text: string) => void }).heard;
    new MutationObserver(() => hear(text.textContent)).observe(text, { childList: true });
  });
  // That of the whole, after that of what is seen.
  const letGo = await holdRestore(page, 1);
  await page.setInputFiles("#file", await pictureFile(makePicture(1300, 1200), "large.png"));
  await says(page, "file-name", /^large/);
  const split = page.locator("#split");
  await split.press("End");
  await page.waitForTimeout(50);
  const original = await shown(page, 40);
  await split.press("Home");
  await until(() => Promise.resolve(texts.some((text) => text.startsWith("Preparing…"))));
  const isOriginal = async (place: number): Promise<boolean> =>
    String((await shown(page, 40))[place]) === String(original[place]);
  await until(async () => !(await isOriginal(20)));
  // The middle is restored, and the whole is not.
  expect(await isOriginal(0)).toBe(true);
  expect(await page.locator("#work").isVisible()).toBe(true);
  await letGo();
  await says(page, "status", /^Restored/);
  await until(async () => !(await isOriginal(0)));
  expect(texts).toContain("Restoring what you look at first…");
  expect(texts.some((text) => /^Restoring, 1 of \d+ tiles/.test(text))).toBe(true);
});

test("what may be there is one click away, and a step that changes nothing is none", async () => {
  const pack = makeTinyPack(model, {
    routerRow: { weight: new Float32Array(8), bias: Math.log(0.44 / 0.56), threshold: 0.5 },
  });
  await openPicture(page, makePicture(48, 40));
  await page.setInputFiles("#pack-file", {
    name: "acme.tgz",
    mimeType: "application/gzip",
    buffer: Buffer.from(writePackArchive(pack)),
  });
  await page.getByText("Perhaps halftone (44 %)").waitFor();
  await idle(page);
  const undo = page.locator("#undo");
  const label = await undo.getAttribute("title");
  await page.getByRole("button", { name: "Try it: halftone" }).click();
  await codeHas(page, "acme.descreen");
  await idle(page);
  const added = page.getByRole("switch", { name: "Repair halftone" });
  expect(await added.isChecked()).toBe(true);
  // The keyboard stays at what was pressed.
  expect(await page.evaluate(() => document.activeElement?.ariaLabel)).toBe("Repair halftone");
  await undo.click();
  await says(page, "status", /^Undone. Now repaired: /);
  await page.getByRole("button", { name: "Remove Remove halftone" }).click();
  await says(page, "pack-status", /is removed/);
  await idle(page);
  expect(await undo.getAttribute("title")).toBe(label);
});

test("a photo is saved as PNG, JPEG and WebP with what its file said, upright", async () => {
  const exif = { IFD0: { Copyright: "Ansel", Orientation: "6" }, IFD2: { LensModel: "Fifty" } };
  const file = await sharp({ create: { width: 60, height: 40, channels: 3, background: "#a86" } })
    .jpeg()
    .withMetadata({ exif, orientation: 6 })
    .toBuffer();
  await page.setInputFiles("#file", { name: "turned.jpg", mimeType: "image/jpeg", buffer: file });
  await says(page, "file-name", /^turned/);
  await says(page, "file-size", /^40 × 60/);
  await idle(page);
  // One tone has no fault that could be told from what was meant.
  const save = page.locator("#save");
  expect(await save.isDisabled()).toBe(true);
  expect(await save.textContent()).toBe("Save JPEG");
  await page.getByRole("button", { name: "Try it: noise" }).click();
  await says(page, "status", /^Restored/);
  for (const [format, extension] of [
    ["jpeg", "jpg"],
    ["webp", "webp"],
    ["png", "png"],
  ] as const) {
    await page.locator("#save-format").evaluate((select, value) => {
      (select as HTMLSelectElement).value = value;
      select.dispatchEvent(new Event("input", { bubbles: true }));
    }, format);
    const { name, bytes } = await savedFile(page, () => page.keyboard.press("Control+s"));
    expect(name).toBe(`turned.restored.${extension}`);
    const metadata = await sharp(bytes).metadata();
    expect(metadata).toMatchObject({ format, width: 40, height: 60 });
    expect(metadata.orientation ?? 1).toBe(1);
    expect(metadata.exif!.toString("latin1")).toMatch(/Fifty[^]*Ansel|Ansel[^]*Fifty/);
  }
  expect(await page.locator("#save-quality-row").isHidden()).toBe(true);
});

test("only what is painted is repaired, and the eraser takes it back", async () => {
  await openPicture(page, picture, "painted");
  const whole = (await saved(page)).image;
  await page.locator("#zoom-fit").click();
  await page.getByRole("button", { name: "Brush…" }).click();
  const { x, y } = await middle();
  const drag = async (from: number, to: number): Promise<void> => {
    await page.mouse.move(x + from, y);
    await page.mouse.down();
    await page.mouse.move(x + to, y, { steps: 3 });
    await page.mouse.up();
  };
  // At 200 %: from 60 pixels right of the photo's middle to 100, 20 wide.
  await drag(120, 200);
  const undo = page.locator("#undo");
  await until(async () => (await undo.getAttribute("title")) === "Undo: Brush");
  await codeHas(page, "mask,");
  const at = ({ data }: PixelImage, column: number, row: number): number[] => [
    ...(data as Uint8Array).slice((row * 300 + column) * 3, (row * 300 + column) * 3 + 3),
  ];
  const painted = (await saved(page)).image;
  expect(at(painted, 230, 100)).toEqual(at(whole, 230, 100));
  expect(at(whole, 230, 100)).not.toEqual(at(picture, 230, 100));
  for (const [column, row] of [
    [190, 100],
    [230, 80],
    [20, 20],
    [270, 100],
  ] as const) {
    expect(at(painted, column, row)).toEqual(at(picture, column, row));
  }
  await page.getByRole("button", { name: "Eraser" }).click();
  await drag(160, 161);
  await codeHas(page, "mask,");
  const erased = (await saved(page)).image;
  expect(at(erased, 230, 100)).toEqual(at(picture, 230, 100));
  expect(at(erased, 248, 100)).toEqual(at(whole, 248, 100));
  await undo.click();
  await says(page, "status", /^Undone. Now repaired: .* where you painted\.$/);
  expect((await saved(page)).image.data).toEqual(painted.data);
  await page.getByRole("button", { name: "Everywhere again" }).click();
  await codeHas(page, "mask,", false);
  expect((await saved(page)).image.data).toEqual(whole.data);
  await page.getByRole("button", { name: "Brush…" }).click();
});

test("photos come by Ctrl+O and from the clipboard", async () => {
  // Asked for before the focus is set: the browser has to know of it when the key comes.
  const chooser = page.waitForEvent("filechooser", { timeout: 30_000 });
  await page.locator("#pane-before").focus();
  await page.keyboard.press("Control+o");
  await (await chooser).setFiles(await pictureFile(picture, "chosen.png"));
  await says(page, "file-name", /^chosen/);
  await idle(page);
  const { buffer } = await pictureFile(makePicture(48, 40), "pasted.png");
  await page.evaluate(
    (bytes) => {
      const clipboardData = new DataTransfer();
      clipboardData.items.add(new File([Uint8Array.from(bytes)], "pasted.png", { type: "image/png" }));
      document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
    },
    [...buffer],
  );
  await says(page, "file-name", /^pasted/);
  await idle(page);
});

test("a photo is copied as a picture", async () => {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await openPicture(page, picture);
  await page.locator("#save-menu summary").click();
  await page.getByRole("button", { name: "Copy to the clipboard" }).click();
  await says(page, "status", /^Copied/);
  await page.keyboard.press("Escape");
  const size = await page.evaluate(async () => {
    const [item] = await navigator.clipboard.read();
    const { width, height } = await createImageBitmap(await item!.getType("image/png"));
    return [width, height];
  });
  expect(size).toEqual([300, 200]);
});

test("of several photos each is restored, failures are named, and all are saved at once", async () => {
  const [first, second] = [makePicture(64, 48), makePicture(48, 64)];
  const bad = { name: "notes.png", mimeType: "image/png", buffer: Buffer.from("no picture") };
  await openPicture(page, picture, "before");
  await page.setInputFiles("#file", [
    await pictureFile(first, "same.png"),
    bad,
    await pictureFile(second, "same.png"),
  ]);
  await says(page, "strip-count", /^3 of 4 done, 1 failed/);
  const photos = page.getByRole("list", { name: "Photos" }).getByRole("button");
  expect(await photos.allTextContents()).toEqual([
    expect.stringMatching(/^before-\d+\.pngrestored$/),
    "same.pngrestored",
    "notes.pngfailed",
    "same.pngrestored",
  ]);
  await says(page, "file-name", /^same/);
  await says(page, "file-size", /^64 × 48/);
  await photos.nth(2).click();
  await says(page, "problem-text", /^notes.png is not an image/);
  // What was set at one photo is there when somebody comes back to it.
  await page.locator("#strength").press("PageDown");
  await codeHas(page, "strength: 0.9");
  const wanted = (await saved(page)).image;
  await photos.nth(3).click();
  await says(page, "file-size", /^48 × 64/);
  await codeHas(page, "strength", false);
  expect(await photos.nth(3).getAttribute("aria-current")).toBe("true");
  await photos.nth(1).click();
  await codeHas(page, "strength: 0.9");
  expect((await saved(page)).image.data).toEqual(wanted.data);
  expect(await page.locator("#save-folder").isVisible()).toBe(true);
  const { name, bytes } = await savedFile(page, () => page.locator("#save-zip").click());
  expect(name).toBe("limpid.zip");
  await says(page, "status", /^3 photos are saved/);
  const files = unzipSync(bytes);
  expect(Object.keys(files)).toEqual([
    expect.stringMatching(/^before-\d+\.restored\.png$/),
    "same.restored.png",
    "same.restored (2).png",
  ]);
  const { image } = await decodePng(files["same.restored.png"]!);
  expect(image.data).toEqual(wanted.data);
  expect((await decodePng(files["same.restored (2).png"]!)).image).toMatchObject({ width: 48, height: 64 });
  // In a folder nothing is replaced.
  const inFolder = (): Promise<Record<string, number>> =>
    page.evaluate(async () => {
      const sizes: Record<string, number> = {};
      for await (const [file, handle] of (await navigator.storage.getDirectory()).entries()) {
        if (file.endsWith(".crswap")) continue; // being written
        sizes[file] = (await (handle as FileSystemFileHandle).getFile()).size;
      }
      return sizes;
    });
  await page.evaluate(async () => {
    const folder = await navigator.storage.getDirectory();
    const stream = await (await folder.getFileHandle("same.restored.png", { create: true })).createWritable();
    await stream.write("mine");
    await stream.close();
  });
  await page.locator("#save-folder").click();
  await until(async () => Object.keys(await inFolder()).length === 4);
  await says(page, "status", /^3 photos are saved/);
  expect(await inFolder()).toMatchObject({
    "same.restored.png": 4,
    "same.restored (2).png": files["same.restored.png"]!.length,
    "same.restored (3).png": files["same.restored (2).png"]!.length,
  });
});

test("a photo that somebody comes back to is as it was left, and can be taken back to what was opened", async () => {
  await page.reload();
  await page.locator("#lamp[data-state=ready]").waitFor();
  await openPicture(page, picture, "before");
  await page.setInputFiles("#file", [
    await pictureFile(makePicture(64, 48), "first.png"),
    await pictureFile(makePicture(48, 64), "second.png"),
  ]);
  await says(page, "strip-count", /^3 of 3 done/);
  const photos = page.getByRole("list", { name: "Photos" }).getByRole("button");
  const isOpen = async (at: number): Promise<void> => {
    await photos.nth(at).click();
    await until(async () => (await photos.nth(at).getAttribute("aria-current")) === "true");
  };
  const switches = page.getByRole("switch", { checked: true });
  // This one was restored while another one was open.
  await isOpen(2);
  await page.locator("#undo:enabled").click();
  await says(page, "status", /^Undone. Now as it was opened/);
  expect(await photos.nth(2).textContent()).toBe("second.pngas opened");
  await isOpen(1);
  const wanted = (await saved(page)).image;
  await page.locator("#strength").press("PageDown");
  await codeHas(page, "strength: 0.9");
  await page.locator("#strength").press("PageDown");
  await codeHas(page, "strength: 0.8");
  await page.locator("#undo").click();
  await codeHas(page, "strength: 0.9");
  await isOpen(2);
  await idle(page);
  expect(await switches.count()).toBe(0);
  expect(await page.locator("#redo").getAttribute("title")).toBe("Redo: Restore");
  // All steps are there, in both directions.
  await isOpen(1);
  await codeHas(page, "strength: 0.9");
  await page.locator("#redo").click();
  await codeHas(page, "strength: 0.8");
  for (const state of [/at 90 %\.$/, /^Undone. Now repaired[^%]*$/, /^Undone. Now as it was opened/]) {
    await page.locator("#undo").click();
    await says(page, "status", state);
  }
  expect(await page.locator("#undo").isDisabled()).toBe(true);
  await page.locator("#redo").click();
  await says(page, "status", /^Done again. Now repaired/);
  expect((await saved(page)).image.data).toEqual(wanted.data);
  await isOpen(2);
  expect(await page.locator("#save").isDisabled()).toBe(true);
  await page.locator("#auto").click();
  await says(page, "status", /^Restored/);
  await idle(page);
  expect(await switches.count()).toBeGreaterThan(0);
});

test("help opens by its key and says what keys do", async () => {
  await page.locator("#pane-before").focus();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys and gestures" }).waitFor();
  await page.keyboard.press("Escape");
  expect(await page.locator("#help").isVisible()).toBe(false);
  // Where people write it is a letter.
  await page.locator("#pack-url").focus();
  await page.keyboard.press("?");
  expect(await page.locator("#help").isVisible()).toBe(false);
  expect(await page.locator("#pack-url").inputValue()).toBe("?");
  await page.locator("#pack-url").fill("");
});

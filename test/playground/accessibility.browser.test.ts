import { afterEach, beforeAll, expect, test } from "@jest/globals";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { writePackArchive } from "../../packages/cli/src/files/index.js";
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
  says,
} from "./open-playground.js";

const picture = makePicture(64, 48);
/** Of a pack whose fault may be there, as the router is told. */
const routerRow = { weight: new Float32Array(8), bias: Math.log(0.44 / 0.56), threshold: 0.5 };
let page: Page;
let refused: string[];

beforeAll(async () => {
  ({ page, refused } = await openPlayground());
});

afterEach(() => expect(refused).toEqual([]));

/** The id, or the text, of what the keyboard is at. */
const focused = (): Promise<string> =>
  page.evaluate(() => {
    const { id = "", ariaLabel, textContent } = document.activeElement ?? {};
    return id === "" ? (ariaLabel ?? textContent ?? "").trim() : id;
  });

async function tabTo(name: RegExp): Promise<void> {
  for (let step = 0; step < 60; step++) {
    await page.keyboard.press("Tab");
    if (name.test(await focused())) return;
  }
  throw new Error(`the keyboard does not reach ${name}`);
}

test("everything is done by the keyboard alone, and the keyboard stays where it is", async () => {
  await page.keyboard.press("Tab");
  expect(await focused()).toBe("Skip to the photo");
  await tabTo(/^Coffee, noisy/);
  await page.keyboard.press("Enter");
  await says(page, "status", /^Restored/);
  await idle(page);

  await tabTo(/^Repair noise/);
  await page.keyboard.press("Space");
  await codeHas(page, "tiny.second");
  await idle(page);
  expect(await focused()).toBe("Repair noise");
  await tabTo(/^Repair JPEG/);
  await page.keyboard.press("Tab");
  await page.keyboard.press("ArrowLeft");
  await codeHas(page, "weight: 0.99");
  await idle(page);
  expect(await focused()).toBe("Amount of JPEG repair");
  await page.keyboard.press("Control+z");
  await codeHas(page, "weight", false);
  const split = page.locator("#split");
  for (const [key, value] of [
    ["ArrowRight", 51],
    ["PageUp", 61],
    ["ArrowLeft", 60],
    ["PageDown", 50],
    ["End", 100],
    ["Home", 0],
  ] as const) {
    await split.press(key);
    expect(await split.getAttribute("aria-valuenow")).toBe(String(value));
  }

  await page.locator("#view-heat").focus();
  await page.keyboard.press("Enter");
  expect(await page.getByRole("img", { name: /^9 parts/ }).isVisible()).toBe(true);
  await page.locator("#view-split").press("Enter");
});

test("the keyboard comes to everything, in the order of the page, and sees where it is", async () => {
  await openPicture(page, picture, "order");
  const expected = await page.evaluate(() => {
    const controls = document.querySelectorAll<HTMLElement>(
      "a[href], button, input, select, textarea, summary, [tabindex='0']",
    );
    return [...controls]
      .filter((control) => !control.matches(":disabled") && control.tabIndex >= 0)
      .filter((control) => control.checkVisibility({ visibilityProperty: true }))
      .map((control, index) => {
        control.dataset.order = String(index);
        return String(index);
      });
  });
  expect(expected.length).toBeGreaterThan(25);
  await page.locator("[data-order='0']").focus();
  const order = ["0"];
  const unseen: string[] = [];
  while (order.length < expected.length) {
    await page.keyboard.press("Tab");
    const [at, isSeen, name] = await page.evaluate(() => {
      const element = document.activeElement as HTMLElement;
      // The ring of the line over the photo and of a file's input is within, or beside, what has the focus.
      const around = [element, element.parentElement, element.nextElementSibling, element.firstElementChild];
      const hasRing = around.some((shown) => {
        if (shown === null) return false;
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(shown);
        const isShadowed = shown === element && boxShadow !== "none";
        return isShadowed || (outlineStyle !== "none" && outlineWidth !== "0px");
      });
      return [element.dataset.order ?? "", hasRing, element.id || element.textContent] as const;
    });
    order.push(at);
    if (!isSeen) unseen.push(name);
  }
  expect(order).toEqual(expected);
  expect(unseen).toEqual([]);
});

test("what went wrong is told, and the keyboard that dismisses it goes back to the photo", async () => {
  expect(await page.locator("#problem").getAttribute("role")).toBe("alert");
  expect(await page.locator("#status").getAttribute("role")).toBe("status");
  await page.setInputFiles("#file", { name: "x.txt", mimeType: "", buffer: Buffer.from("no") });
  await says(page, "problem-text", /not an image/);
  await page.locator("#problem-close").press("Enter");
  expect(await page.locator("#problem").isHidden()).toBe(true);
  expect(await focused()).toBe("stage");
});

test("a run that is cancelled by the keyboard leaves it at the photo", async () => {
  // Large, and cancelled from the first moment: the run must not be over before the key is pressed.
  await page.setInputFiles("#file", await pictureFile(makePicture(2000, 1600), "large.png"));
  await page.locator("#cancel").waitFor();
  await page.locator("#cancel").focus();
  await page.keyboard.press("Enter");
  await says(page, "status", /^Cancelled/);
  expect(await focused()).toBe("stage");
});

test.each(["light", "dark"] as const)(
  "text and controls stand out from what is behind them, %s",
  async (scheme) => {
    await page.emulateMedia({ colorScheme: scheme });
    await openPicture(page, picture, "contrast");
    await page.setInputFiles("#pack-file", { name: "x.tgz", mimeType: "", buffer: Buffer.from("no") });
    await says(page, "pack-problem", /neither/);
    await page.setInputFiles("#file", { name: "x.txt", mimeType: "", buffer: Buffer.from("no") });
    await says(page, "problem-text", /not an image/);
    const faint = await page.evaluate(() => {
      const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true })!;
      /** A colour over another, as bytes. */
      const over = (color: string, ground: readonly number[]): number[] => {
        context.fillStyle = `rgb(${ground.join(" ")})`;
        context.fillRect(0, 0, 1, 1);
        context.fillStyle = color;
        context.fillRect(0, 0, 1, 1);
        return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
      };
      const luminance = (rgb: readonly number[]): number => {
        const [red, green, blue] = rgb.map((value) => {
          const share = value / 255;
          return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        }) as [number, number, number];
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
      };
      const contrast = (a: readonly number[], b: readonly number[]): number => {
        const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
        return (light + 0.05) / (dark + 0.05);
      };
      const groundOf = (element: Element | null): number[] => {
        if (element === null) return [255, 255, 255];
        return over(getComputedStyle(element).backgroundColor, groundOf(element.parentElement));
      };
      const found: string[] = [];
      const check = (element: Element, ratio: number, least: number, what: string): void => {
        if (ratio >= least) return;
        const name = element.id === "" ? (element.textContent ?? "").trim().slice(0, 30) : element.id;
        found.push(`${what} of ${element.tagName} ${name}: ${ratio.toFixed(2)}`);
      };
      for (const element of document.querySelectorAll("body *")) {
        const { color, visibility, borderTopColor, borderTopWidth } = getComputedStyle(element);
        if (element.getClientRects().length === 0 || visibility === "hidden") continue;
        const isOff = element.matches(":disabled");
        const hasText = [...element.childNodes].some(
          (node) => node.nodeType === 3 && node.textContent!.trim() !== "",
        );
        const ground = groundOf(element);
        if (hasText && !isOff) {
          check(element, contrast(over(color, ground), ground), 4.5, "text");
        }
        // What can be used is found by its edge, or by its own ground; a sample has text and pictures that show them.
        if (element.matches("input:not([type=range], [type=file]), select") && borderTopWidth !== "0px") {
          const behind = groundOf(element.parentElement);
          check(element, contrast(over(borderTopColor, behind), behind), 3, "edge");
        }
      }
      return found;
    });
    expect(faint).toEqual([]);
    await page.emulateMedia({ colorScheme: null });
  },
);

test.each([320, 390])("on a phone %i wide nothing is cut off or too small to hit", async (wide) => {
  await page.setViewportSize({ width: wide, height: 700 });
  try {
    await page.reload();
    await page.locator("#lamp[data-state=ready]").waitFor();
    const look = (): Promise<{ wide: number; outside: string[]; small: string[] }> =>
      page.evaluate(() => {
        const outside: string[] = [];
        const small: string[] = [];
        for (const element of document.querySelectorAll(
          "button, input, select, summary, output, a, h2, p, li",
        )) {
          const { left, right, width, height } = element.getBoundingClientRect();
          if (width === 0 || getComputedStyle(element).visibility === "hidden") continue;
          const name = element.id === "" ? element.textContent.trim() : element.id;
          const isHidden = element.matches(".skip, input[type=file]");
          if (!isHidden && (left < 0 || right > innerWidth)) outside.push(name);
          // WCAG 2.5.8 asks for 24 pixels; a range has its thumb for that.
          if (element.matches("button, select, summary") && Math.min(width, height) < 24) small.push(name);
        }
        return { wide: document.documentElement.scrollWidth, outside, small };
      });
    expect(await look()).toEqual({ wide, outside: [], small: [] });
    await openPicture(page, picture, "a-photo-with-a-name-that-is-much-longer-than-a-phone-is-wide");
    expect(await look()).toEqual({ wide, outside: [], small: [] });
    await page.locator("#view-heat").click();
    await says(page, "heat-caption", /parts/);
    expect(await look()).toEqual({ wide, outside: [], small: [] });
  } finally {
    await page.setViewportSize({ width: 1280, height: 720 });
  }
});

test.each(["light", "dark"] as const)("axe finds nothing in any state, at any width, %s", async (scheme) => {
  await page.emulateMedia({ colorScheme: scheme });
  const session = await page.context().newCDPSession(page);
  // Not by the page's own means, which its policy keeps from evaluating.
  await session.send("Runtime.evaluate", { expression: axe.source });
  const found: string[] = [];
  const check = async (state: string): Promise<void> => {
    for (const width of [320, 768, 1440]) {
      await page.setViewportSize({ width, height: 800 });
      const { result } = await session.send("Runtime.evaluate", {
        expression: `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + " " + nodes[0].html).join("; "))`,
        awaitPromise: true,
      });
      if (result.value !== "") found.push(`${state}, ${width}: ${result.value}`);
      const isWide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      if (isWide) found.push(`${state} is wider than ${width}`);
    }
  };
  try {
    await openPicture(page, picture, "axe");
    await page
      .getByText("Other repairs")
      .click({ timeout: 1000 })
      .catch(() => undefined);
    await page.getByRole("button", { name: "Brush…" }).click();
    await page.locator("#zoom-double").click();
    await check("restored, at 200 %, with the brush");
    await page.setViewportSize({ width: 1280, height: 720 });
    await page.locator("#photo-canvas").scrollIntoViewIfNeeded();
    const { x, y, width, height } = (await page.locator("#photo-canvas").boundingBox())!;
    await page.mouse.move(x + 0.6 * width, y + 0.4 * height);
    await page.mouse.down();
    await page.mouse.move(x + 0.7 * width, y + 0.6 * height, { steps: 3 });
    await page.mouse.up();
    await page.locator("#undo[title='Undo: Brush']").waitFor();
    await check("painted");
    await page.locator("#brush-clear").click();
    await page.setInputFiles("#pack-file", {
      name: "acme.tgz",
      mimeType: "application/gzip",
      buffer: Buffer.from(writePackArchive(makeTinyPack(model, { routerRow }))),
    });
    await page.getByText("Perhaps halftone (44 %)").waitFor();
    await idle(page);
    await check("a pack installed, and what may be there");
    await page.getByRole("button", { name: "Brush…" }).click();
    await page.getByRole("button", { name: "Side by side" }).click();
    await page.locator("#save-menu summary").click();
    await page.locator("#save-format").selectOption("jpeg");
    await check("how to save");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Heat map" }).click();
    await page.setInputFiles("#file", [
      await pictureFile(picture, "a.png"),
      { name: "b.txt", mimeType: "", buffer: Buffer.from("no") },
    ]);
    await says(page, "strip-count", /1 failed/);
    await check("several photos");
    await page.locator("#undo:enabled").click();
    await says(page, "status", /^Undone/);
    await page.setInputFiles("#pack-file", { name: "x.tgz", mimeType: "", buffer: Buffer.from("no") });
    await says(page, "pack-problem", /neither/);
    await page.setInputFiles("#file", { name: "x.txt", mimeType: "", buffer: Buffer.from("no") });
    await says(page, "problem-text", /not an image/);
    await check("undone, and told what went wrong");
    await page.locator("#problem-close").click();
    const letGo = await holdRestore(page);
    await page.setInputFiles("#file", await pictureFile(picture, "waits.png"));
    await page.getByText("Preparing…").waitFor();
    await check("being restored");
    await letGo();
    await says(page, "status", /^Restored/);
    await page.locator("#help-open").click();
    await check("help");
    await page.keyboard.press("Escape");
  } finally {
    await page.setViewportSize({ width: 1280, height: 720 });
    await page.emulateMedia({ colorScheme: null });
    await page.reload();
    await page.locator("#lamp[data-state=ready]").waitFor();
  }
  expect(found).toEqual([]);
});

test("nothing moves for people who asked for that", async () => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.setInputFiles("#file", await pictureFile(makePicture(1100, 900), "large.png"));
  await page.locator("#work").waitFor();
  expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
  await page.locator("#cancel").evaluate((button) => (button as HTMLButtonElement).click());
  await idle(page);
  await page.emulateMedia({ reducedMotion: null });
});

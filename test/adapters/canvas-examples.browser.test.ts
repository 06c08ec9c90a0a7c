import { expect, test } from "@jest/globals";
import { mount, openPage } from "../support/page.js";

/** What the page shows now, in its frame if it has one: a hash of its canvases' pixels. */
const picture = (): number =>
  [...(document.querySelector("iframe")?.contentDocument ?? document).querySelectorAll("canvas")]
    .map((canvas) => canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height).data)
    .reduce((hash, pixels) => pixels.reduce((sum, value) => (Math.imul(sum, 31) + value) | 0, hash), 7);

test.each(["fabric", "konva", "tui", "minipaint"])(
  "the example of %s restores a photo, undoes and redoes it",
  async (library) => {
    // A fake one, in the place of a copy of the real one.
    mount("/build/minipaint/", (_, response) =>
      response
        .setHeader("content-type", "text/html")
        .end(
          '<!doctype html><body></body><script type="module" src="/bundle/test/adapters/pages/mini-paint-editor.js"></script>',
        ),
    );
    const page = await openPage({ module: `examples/canvas-${library}/main.ts` });
    await page.waitForSelector("output", { state: "attached" });
    /** Presses a button and waits until its work is done and drawn. */
    const press = async (title: string): Promise<number> => {
      await page.click(`text="${title}"`);
      await page.waitForFunction((done) => document.querySelector("output")?.dataset.done === done, title);
      await page.evaluate(
        () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
      );
      return page.evaluate(picture);
    };
    const shown = await (library === "minipaint" ? page.frameLocator("iframe") : page)
      .locator("canvas")
      .first()
      .boundingBox();
    expect(Math.min(shown!.width, shown!.height)).toBeGreaterThan(200);
    const before = await page.evaluate(picture);
    const restored = await press("Restore");
    const undone = await press("Undo");
    const redone = await press("Redo");
    expect(restored).not.toBe(before);
    expect([undone, redone]).toEqual([before, restored]);
  },
);

import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { buildExamples } from "../../examples/gallery/build.mjs";
import { exampleNames, readExample } from "../../examples/gallery/examples.mjs";
import { openBuilt, serveBuilt } from "./built-examples.js";

serveBuilt(buildExamples);

/** What the page shows now, in its frame if it has one: a hash of its canvases' pixels. */
const picture = (): number =>
  [...(document.querySelector("iframe")?.contentDocument ?? document).querySelectorAll("canvas")]
    .map((canvas) => canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height).data)
    .reduce((hash, pixels) => pixels.reduce((sum, value) => (Math.imul(sum, 31) + value) | 0, hash), 7);

test.each(["fabric", "konva", "tui", "minipaint"])(
  "the example of %s restores a photo in a worker, undoes and redoes it",
  async (library) => {
    const { page, errors } = await openBuilt(`canvas-${library}/`);
    await page.locator("#restore:enabled").waitFor();
    expect(await page.textContent("#engine")).toMatch(/, in a worker$/);
    const drawn = async (): Promise<number> => {
      await page.evaluate(
        () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
      );
      return page.evaluate(picture);
    };
    /** Presses a button and waits until its work is done and drawn. */
    const press = async (id: string, says: RegExp): Promise<number> => {
      await page.click(`#${id}`);
      await page.locator("#status", { hasText: says }).waitFor();
      await page.locator(`#${id}:enabled`).waitFor();
      expect(await page.evaluate(() => document.activeElement?.id)).toBe(id);
      return drawn();
    };
    const shown = await (library === "minipaint" ? page.frameLocator("iframe") : page)
      .locator("canvas")
      .first()
      .boundingBox();
    expect(Math.min(shown!.width, shown!.height)).toBeGreaterThan(200);
    const before = await drawn();
    const restored = await press("restore", /^Restored by/);
    const undone = await press("undo", /^Undone/);
    const redone = await press("redo", /^Done again/);
    expect(restored).not.toBe(before);
    expect([undone, redone]).toEqual([before, restored]);
    expect(await page.textContent("#problem")).toBe("");
    // The code that the page shows is the code that it runs.
    expect(await page.textContent(".code code")).toBe(
      readFileSync(`examples/canvas-${library}/main.ts`, "utf8").trimEnd(),
    );
    expect(errors).toEqual([]);
  },
);

test("an editor that does not start says why, and its buttons stay off", async () => {
  const { page } = await openBuilt("photos/noise.png");
  await page.route("**/photos/noise.png", (route) => route.fulfill({ status: 200, body: "no image" }));
  await page.goto(new URL("../canvas-fabric/", page.url()).href);
  await page.locator("#problem", { hasText: /noise\.png/ }).waitFor();
  expect(await page.textContent("#engine")).toBe("Not started");
  expect(await page.locator("#restore").isDisabled()).toBe(true);
});

test("training counts what was chosen, and takes no name that is none", async () => {
  const { page, errors } = await openBuilt("train-in-browser/");
  const name = page.locator("#degradation");
  const isRefused = (): Promise<boolean> =>
    name.evaluate((field) => (field as HTMLInputElement).validity.patternMismatch);
  for (const [text, refused] of [
    ["Old film!", true],
    ["-film", true],
    ["old-film", false],
  ] as const) {
    await name.fill(text);
    expect([text, await isRefused()]).toEqual([text, refused]);
  }
  await page.setInputFiles("#before", { name: "a.png", mimeType: "image/png", buffer: Buffer.from("") });
  expect(await page.textContent("#before-count")).toBe("1 picture");
  expect(errors).toEqual([]);
  await page.close();
});

test("every example has a README with heading, text, picture and command", () => {
  const folders = readdirSync("examples").filter((name) => /^(canvas|playground|train)|-plugin$/.test(name));
  expect([...exampleNames].sort()).toEqual(folders.sort());
  for (const name of exampleNames) {
    expect(readExample(name).text).not.toBe("");
    const readme = readFileSync(`examples/${name}/README.md`, "utf8");
    expect(readme).toMatch(new RegExp(`npm run (example -- )?${name}\\n`));
  }
});

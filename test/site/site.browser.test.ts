import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";
import axe from "axe-core";
import { findDeadLinks } from "../../scripts/dead-links.mjs";
import { buildSite } from "../../scripts/site.mjs";
import { openBuilt, serveBuilt } from "../examples/built-examples.js";

/** As `npm run site` has built them, which takes long and the whole test run does before. */
const docs = "build/site/docs";

// Without a copy of miniPaint, whose page then says how to get one.
const folder = serveBuilt(async ({ out, model }) => {
  if (!existsSync(join(docs, "index.html"))) {
    await promisify(execFile)(process.execPath, ["scripts/site.mjs"]);
  }
  await buildSite({ out, model, docs });
});

test("no link of the site leads nowhere", () => {
  expect(findDeadLinks(folder)).toEqual([]);
});

type View = readonly [width: number, scheme: "light" | "dark"];

interface SitePage {
  readonly path: string;
  /** What is there once the page is. */
  readonly ready?: string;
  /** How it is looked at. */
  readonly views: readonly View[];
}

const all: readonly View[] = [
  [1440, "light"],
  [1440, "dark"],
  [390, "light"],
  [390, "dark"],
];

/**
 * Pages of each kind; those of an editor are one template, and their own parts are tested with the examples. TypeDoc's are one
 * theme, and large, so each is looked at in half of the ways.
 */
const pages: Readonly<Record<string, SitePage>> = {
  gallery: { path: "", views: all },
  playground: { path: "playground/", ready: "#lamp[data-state=ready]", views: all },
  "an editor": { path: "canvas-konva/", ready: "#restore:enabled", views: all },
  "a frame without its editor": {
    path: "canvas-minipaint/",
    ready: "text=A copy of miniPaint is needed",
    views: all,
  },
  training: { path: "train-in-browser/", views: all },
  "a guide": { path: "docs/index.html", views: [all[0]!, all[3]!] },
  "the API": { path: "docs/interfaces/limpid.Limpid.html", views: [all[1]!, all[2]!] },
};

test.each(Object.keys(pages))(
  "%s: axe finds nothing, light and dark, on a desktop and on a phone, and no error is logged",
  async (name) => {
    const { path, ready = "h1", views } = pages[name]!;
    const { page, errors } = await openBuilt(path);
    await page.locator(ready).first().waitFor();
    const session = await page.context().newCDPSession(page);
    // Not by the page's own means, which its policy keeps from evaluating.
    await session.send("Runtime.evaluate", { expression: axe.source });
    // TypeDoc's navigation has links within summaries, which HTML allows, and axe's rule does not.
    const rules = path.startsWith("docs/") ? { "nested-interactive": { enabled: false } } : {};
    const found: string[] = [];
    for (const [width, colorScheme] of views) {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme });
      const { result } = await session.send("Runtime.evaluate", {
        expression: `axe.run(${JSON.stringify({ rules })}).then(({ violations }) => violations.map(({ id, nodes }) => id + " " + nodes[0].html).join("; "))`,
        awaitPromise: true,
      });
      if (result.value !== "") found.push(`${width}, ${colorScheme}: ${result.value}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      if (wide > width) found.push(`is ${wide} wide on a screen of ${width}`);
    }
    await page.close();
    expect([...found, ...errors]).toEqual([]);
  },
);

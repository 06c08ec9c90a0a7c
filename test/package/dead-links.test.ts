import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { findDeadLinks } from "../../scripts/dead-links.mjs";

test("links to what is not there, to missing headings and to raw Markdown are found", () => {
  const site = mkdtempSync(join(tmpdir(), "limpid-site-"));
  try {
    mkdirSync(join(site, "guides"));
    writeFileSync(join(site, "notes.md"), "# Notes");
    writeFileSync(
      join(site, "guides/index.html"),
      '<h1 id="start">Start</h1><a href="../index.html#top">up</a>',
    );
    const good = ["guides/", "guides/index.html#start", "#top", "https://example.com/x.md", "data:,"];
    const bad = ["guides/none.html", "guides/index.html#none", "notes.md"];
    const links = [...good, ...bad].map((address) => `<a href="${address}">link</a>`).join("");
    writeFileSync(join(site, "index.html"), `<h1 id="top">Top</h1><img src="none.png">${links}`);
    expect(findDeadLinks(site)).toEqual([
      { page: "index.html", address: "none.png", reason: "is not there" },
      { page: "index.html", address: "guides/none.html", reason: "is not there" },
      { page: "index.html", address: "guides/index.html#none", reason: "names a heading that is not there" },
      { page: "index.html", address: "notes.md", reason: "is raw Markdown" },
    ]);
  } finally {
    rmSync(site, { recursive: true });
  }
});

import { expect, test } from "@jest/globals";
import { modelFromDirectory } from "../../src/node/index.js";
import { createLimpid } from "../../src/sdk/limpid/index.js";
import { openPage } from "../support/page.js";
import { renderPages } from "../support/rendered-pages.js";

test("the shipped model leaves pages of text, screens, charts and signs alone", async () => {
  const page = await openPage();
  const pages = await renderPages(page);
  expect(pages).toHaveLength(60);
  const limpid = await createLimpid({ model: modelFromDirectory(), backend: "wasm" });
  const repaired: string[] = [];
  for (const { name, image } of pages) {
    const { mixture, tiles } = await limpid.restore(image);
    if (tiles > 0) repaired.push(`${name}: ${mixture.map(({ expert }) => expert).join(", ")}`);
  }
  limpid.dispose();
  // Two of sixty may be taken for damaged.
  if (repaired.length > 2) throw new Error(`taken for damaged: ${repaired.join("; ")}`);
}, 300_000);

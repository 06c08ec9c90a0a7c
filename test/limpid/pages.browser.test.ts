import { expect, test } from "@jest/globals";
import { modelFromDirectory } from "../../src/node/index.js";
import { psnr } from "../../src/sdk/image/index.js";
import { createLimpid } from "../../src/sdk/limpid/index.js";
import { openPage } from "../support/page.js";
import { renderPages } from "../support/rendered-pages.js";

test("the shipped model leaves pages of text, screens, charts and signs alone, and denoise their writing", async () => {
  const page = await openPage();
  const pages = await renderPages(page);
  expect(pages).toHaveLength(60);
  const limpid = await createLimpid({ model: modelFromDirectory(), backend: "wasm" });
  const repaired: string[] = [];
  const faded: string[] = [];
  for (const { name, image } of pages) {
    const { mixture, tiles } = await limpid.restore(image);
    if (tiles > 0) repaired.push(`${name}: ${mixture.map(({ expert }) => expert).join(", ")}`);
    const named = await limpid.restore(image, { experts: [{ id: "limpid.denoise", weight: 1 }] });
    const likeness = psnr(named.image, image);
    if (likeness < 35) faded.push(`${name}: ${likeness.toFixed(1)} dB`);
  }
  limpid.dispose();
  // Two of sixty may be taken for damaged.
  if (repaired.length > 2) throw new Error(`taken for damaged: ${repaired.join("; ")}`);
  // Scattered points look like noise: two of sixty by weights 0.10.0.
  if (faded.length > 6) throw new Error(`faded: ${faded.join("; ")}`);
}, 300_000);

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "@jest/globals";
import type { Page } from "playwright-core";
import { readImageFile } from "../../packages/cli/src/files/index.js";
import { encodePng, PixelImage, readRgb } from "../../src/sdk/image/index.js";
import { applyRecipe, RandomSource, type Recipe } from "../../src/sdk/training/index.js";
import { mount, openPage } from "../support/page.js";
import type { WalkPage } from "./pages/walk.js";

interface Manifest {
  readonly name: string;
  readonly publisher: string;
  readonly version: string;
  readonly contributes: {
    readonly experts: readonly {
      readonly id: string;
      readonly golden: { readonly after: string };
    }[];
  };
}

/** Calls a function of the page's `walk`. */
const call = <K extends keyof WalkPage>(
  page: Page,
  name: K,
  ...args: Parameters<WalkPage[K]>
): Promise<Awaited<ReturnType<WalkPage[K]>>> =>
  page.evaluate(
    ([method, given]) =>
      (globalThis as unknown as { walk: Record<string, (...list: unknown[]) => never> }).walk[method]!(
        ...given,
      ),
    [name, args] as [string, unknown[]],
  );

/** The picture as a whole, which is fastest; and many tiles, between which a pack can come. */
const [whole, small] = [192, 48];

/** The pack's fault, well visible, on the photo of its golden sample, which it was not trained on: as PNG files. */
async function makeTrial(folder: string, pack: string, golden: string): Promise<Map<string, Uint8Array>> {
  const { image: after } = await readImageFile(join(folder, golden));
  const { width, height } = after;
  const module = (await import(pathToFileURL(resolve(folder, "recipes", `${pack}.js`)).href)) as {
    default: Recipe;
  };
  const clean = { width, height, rgb: readRgb(after, { x: 0, y: 0, width, height }) };
  const { rgb } = applyRecipe(module.default, clean, 0.7, new RandomSource(3));
  const data = Uint8Array.from(rgb, (value) => Math.round(Math.min(Math.max(value, 0), 1) * 255));
  const before = new PixelImage({ width, height, channels: 3, data });
  return new Map([
    ["before.png", await encodePng(before)],
    ["after.png", await encodePng(after)],
  ]);
}

// The shipped model, and packs that were trained on it: nothing here is made for the test.
test.each(["halftone", "scan-lines"])(
  "%s comes in the middle of a restore, is routed to, beats the shipped experts, and goes without a trace",
  async (pack) => {
    const folder = join("examples", "packs", pack);
    const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
    const [{ id, golden } = { id: "", golden: { after: "" } }] = manifest.contributes.experts;
    const trial = await makeTrial(folder, pack, golden.after);
    mount("/trial/", ({ url = "" }, response) => {
      response.writeHead(200, { "content-type": "image/png" }).end(trial.get(url.slice("/trial/".length)));
    });
    const page = await openPage({ module: "test/limpid/pages/walk.ts" });
    await page.waitForFunction("typeof walk === 'object'");
    const { experts: shipped, input } = await call(page, "start", {
      model: "/models/",
      wasm: "/node_modules/@tensorflow/tfjs-backend-wasm/dist/",
      before: "/trial/before.png",
      after: "/trial/after.png",
    });
    expect(shipped).toHaveLength(10);
    let best = input;
    for (const experts of [undefined, [], ...shipped.map((name) => [name])]) {
      const { psnr } = await call(page, "restore", { ...(experts && { experts }), tileSize: whole });
      best = Math.max(best, psnr ?? Infinity);
    }
    const first = { experts: shipped.slice(0, 1), tileSize: small };
    const undisturbed = await call(page, "restore", first);
    const routedBefore = await call(page, "restore", { tileSize: whole });
    // The engine keeps the memory of the last run's tiles: both times the same run.
    const last = { experts: shipped.slice(0, 1), tileSize: whole };
    await call(page, "restore", last);
    const before = await call(page, "held");

    const disturbed = await call(page, "restore", { ...first, install: `/${folder}/` });
    expect(disturbed.sha256).toBe(undisturbed.sha256);
    expect(disturbed.pack).toBe(`${manifest.publisher}.${manifest.name} ${manifest.version}`);
    expect(disturbed.installedAfter).toBeLessThan(disturbed.tiles);

    const routed = await call(page, "restore", { tileSize: whole });
    expect(routed.mixture.map(({ expert }) => expert)).toContain(id);
    expect(routed.psnr).toBeGreaterThan(routedBefore.psnr! + 1);
    const named = await call(page, "restore", { experts: [id], tileSize: whole });
    expect(named.psnr).toBeGreaterThan(best + 1);
    await call(page, "uninstall", `${manifest.publisher}.${manifest.name}`);
    await call(page, "restore", last);
    expect(await call(page, "held")).toEqual(before);
    expect((await call(page, "restore", { tileSize: whole })).sha256).toBe(routedBefore.sha256);
    await page.close();
  },
  600_000,
);

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll } from "@jest/globals";
import { build } from "esbuild";
import type { Page } from "playwright-core";
import { serveFolder } from "../../examples/shared/static-server.mjs";
import { openPage } from "../support/page.js";
import { makeTinyModel } from "../support/tiny-model.js";

/** What a site is built of. */
export interface SiteParts {
  /** Where it goes. */
  readonly out: string;
  /** Folder of a model whose router finds everything in every photo. */
  readonly model: string;
  /** Folder of a stand-in for a copy of miniPaint. */
  readonly miniPaint: string;
}

/** A page as people open it. */
export interface OpenedPage {
  readonly page: Page;
  /** What the console has shown as an error so far, refusals of the content security policy among them. */
  readonly errors: string[];
}

/** The files of the model. */
export const model = makeTinyModel({ bias: 20, scale: 0.15 });

/** Below a path, on a server that sends no headers: what the pages need they bring. */
const base = "/some/path/";

let site: Awaited<ReturnType<typeof serveFolder>>;

/**
 * Builds a site and serves it while the tests of a file run.
 *
 * @param make - builds it
 * @returns where it is, once the tests run
 */
export function serveBuilt(make: (parts: SiteParts) => Promise<unknown>): string {
  const folder = mkdtempSync(join(tmpdir(), "limpid-site-"));
  const out = join(folder, "site");
  const write = (path: string, bytes: Uint8Array | string): void => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  };
  beforeAll(async () => {
    for (const [path, bytes] of model) write(join("model", path), bytes);
    write(
      "minipaint/index.html",
      '<!doctype html><title>miniPaint</title><script type="module" src="editor.js"></script>',
    );
    write("minipaint/editor.js", await bundle("test/adapters/pages/mini-paint-editor.ts"));
    await make({ out, model: join(folder, "model"), miniPaint: join(folder, "minipaint") });
    site = await serveFolder(out, { base });
  });
  afterAll(async () => {
    await site.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return out;
}

/**
 * Opens a page of the site.
 *
 * @param path - in the site: `canvas-fabric/`
 */
export async function openBuilt(path: string): Promise<OpenedPage> {
  const page = await openPage();
  const errors: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  await page.goto(`${site.origin}${base}${path}`);
  return { page, errors };
}

async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    logLevel: "silent",
  });
  return outputFiles[0]!.text;
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "@jest/globals";
import { chromium, type BrowserContext, type Page } from "playwright-core";
import { findChromium } from "../../scripts/machine.mjs";
import { startServer, type TestServer } from "./server.js";

/** What a page loads. */
export interface PageOptions {
  /** A classic script, by its path in the repository: `dist/limpid.iife.js`. */
  readonly script?: string;
  /** A TypeScript module, by its path in the repository; it is bundled with all that it imports. */
  readonly module?: string;
  /** The end of an address that the page may ask for in vain. */
  readonly mayFail?: string;
}

/** Asked for in vain where a pack is not signed. */
const signatureFile = "/integrity.json.sig";

let server: TestServer | undefined;
let context: BrowserContext | undefined;
let profile: string | undefined;
const uncaught: string[] = [];

// Importing this file gives the test file a browser of its own, with a profile that nobody has used.
beforeAll(async () => {
  server = await startServer();
  profile = mkdtempSync(join(tmpdir(), "limpid-chromium-"));
  context = await chromium.launchPersistentContext(profile, {
    executablePath: findChromium() ?? "/usr/bin/chromium",
    headless: true,
    args: [
      "--no-sandbox",
      "--enable-unsafe-webgpu",
      "--use-webgpu-adapter=swiftshader",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  // A wait ends a test that hangs; one that is only slow, on a busy machine, must not fail.
  context.setDefaultTimeout(240_000);
}, 120_000);

afterAll(async () => {
  await context?.close();
  await server?.close();
  if (profile) rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  if (uncaught.length > 0) throw new Error(`uncaught in a page: ${uncaught.join("; ")}`);
});

/**
 * Answers the requests of pages below a path.
 *
 * @param prefix - such as `/packs/`
 * @param respond - answers one request
 */
export function mount(prefix: string, respond: Parameters<TestServer["mount"]>[1]): void {
  if (!server) throw new Error("the server has not started: mount is for tests and hooks");
  server.mount(prefix, respond);
}

/**
 * Opens a page on a server of this repository's files, under a strict content security policy. An error that
 * the page does not catch fails the test file.
 *
 * @param options - what the page loads; an empty page if left out
 * @returns the page, loaded; it closes with the test file
 */
export async function openPage(options: PageOptions = {}): Promise<Page> {
  if (!context || !server) throw new Error("the browser has not started: openPage is for tests and hooks");
  const url = new URL("/blank", server.origin);
  if (options.script) url.searchParams.set("script", `/${options.script}`);
  if (options.module) url.searchParams.set("module", `/bundle/${options.module.replace(/\.ts$/, ".js")}`);
  const page = await context.newPage();
  page.on("pageerror", (error) => uncaught.push(error.message));
  page.on("requestfailed", (request) => {
    if (options.mayFail !== undefined && request.url().endsWith(options.mayFail)) return;
    if (request.url().endsWith(signatureFile)) return;
    uncaught.push(`${request.url()} ${request.failure()?.errorText}`);
  });
  page.on("response", (response) => {
    if (response.status() === 404 && response.url().endsWith(signatureFile)) return;
    if (response.status() >= 400) uncaught.push(`${response.url()} ${response.status()}`);
  });
  await page.goto(url.href);
  return page;
}

// Extensions with code, from the packed packages: begun by the command, checked, and run in its extension host.
import { execFile, execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Page } from "playwright-core";
import { buildDist } from "../../scripts/dist.mjs";
import { encodePng } from "../../src/sdk/image/index.js";
import { openPage } from "../support/page.js";
import { installDependencies, installPacked } from "./install-offline.js";
import { noisyPhoto } from "./noisy-photo.js";

const examples = ["layer-rules", "quality-report"].map((name) => resolve("examples/extensions", name));
let root: string;
let command: string;
let host: ChildProcess | undefined;
let address: string;

const limpid = (...args: readonly string[]) =>
  promisify(execFile)(process.execPath, [command, ...args], { cwd: root });

beforeAll(async () => {
  await buildDist();
  root = mkdtempSync(join(tmpdir(), "limpid-extensions-"));
  for (const name of ["limpid", "limpid-cli"]) {
    await installPacked(name, root, root);
    installDependencies(root, name);
  }
  command = join(root, "node_modules/limpid-cli/dist/main.js");
  await limpid("extension", "create", "@acme/limpid-soften", "--publisher", "acme", "--output", "soften");
  const args = [command, "extension", "host", ...examples, "soften", "--port", "0"];
  host = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  address = await new Promise((found, reject) => {
    host!.once("exit", (code) => reject(new Error(`the extension host ended with ${code}`)));
    host!.stdout!.on("data", (text: Buffer) => {
      const [origin] = /http:\/\/localhost:\d+\//.exec(text.toString()) ?? [];
      if (origin !== undefined) found(origin);
    });
  });
});
afterAll(async () => {
  const ended = new Promise((exited) => host?.once("exit", exited));
  if (host?.kill("SIGTERM")) await ended;
  rmSync(root, { recursive: true, force: true });
});

/** Opens the extension host, with two noisy photos and a logo as layers on top. */
async function openHost(): Promise<Page> {
  const page = await openPage({ mayFail: "integrity.json.sig" });
  await page.goto(address);
  await isReady(page);
  const buffer = Buffer.from(await encodePng(await noisyPhoto()));
  const names = ["photo of a house", "photo of a cat", "logo"];
  const files = names.map((name) => ({ name: `${name}.png`, mimeType: "image/png", buffer }));
  await page.setInputFiles("#photos", files);
  await page.getByLabel("logo, 96 x 80").waitFor();
  return page;
}

const isReady = (page: Page) => page.locator("#status", { hasText: /^ready$/ }).waitFor();
const logged = (page: Page, text: RegExp) => page.locator("#log", { hasText: text }).waitFor();
const pixelsOf = async (page: Page, layer: string): Promise<string> => {
  await page.getByLabel(layer).check();
  return page.evaluate(() => document.querySelector("canvas")!.toDataURL());
};

test("one restores every layer that matches a rule, each as a step of undo", async () => {
  const page = await openHost();
  await logged(page, /limpid-examples\.layer-rules 1\.0\.0 is installed; it asks for pixels/);
  const before = await pixelsOf(page, "photo of a house");
  await page.getByTitle("limpid-examples.layerNames").fill("Photo of*, nothing");
  await page.getByRole("button", { name: "Layer rules: Restore matching layers" }).click();
  await page.locator("#progress").waitFor({ state: "visible" });
  await logged(page, /returned {"restored":\["photo of a house","photo of a cat"\],"isCancelled":false}/);
  await page.locator("#progress").waitFor({ state: "hidden" });
  const after = await pixelsOf(page, "photo of a house");
  expect(after).not.toBe(before);
  expect(await pixelsOf(page, "photo of a cat")).toBe(after);
  expect(await pixelsOf(page, "logo")).toBe(before);
  await page.getByRole("button", { name: "Undo" }).click();
  expect(await pixelsOf(page, "photo of a cat")).toBe(before);
  expect(await pixelsOf(page, "photo of a house")).toBe(after);

  // Cancelled before the second layer: what is done stays.
  await page.evaluate(() => {
    const progress = document.getElementById("progress")!;
    const observer = new MutationObserver(() => {
      if (!progress.textContent.includes("1 of 2")) return;
      observer.disconnect();
      progress.querySelector("button")!.click();
    });
    observer.observe(progress, { childList: true, characterData: true, subtree: true });
  });
  await page.getByRole("button", { name: "Layer rules: Restore matching layers" }).click();
  await logged(page, /"isCancelled":true/);
  expect(await pixelsOf(page, "photo of a cat")).toBe(before);
  await page.close();
});

test("one adds a panel that reports on the active layer, by its setting", async () => {
  const page = await openHost();
  const panel = page.locator("#panels section", { hasText: "Quality report" });
  await panel.locator("dd", { hasText: "96 x 80, 0.01 megapixels" }).waitFor();
  await panel.locator("dt", { hasText: "noise" }).waitFor();
  expect(await panel.locator("dd").allTextContents()).toContain("0 %");
  await page.getByTitle("limpid-examples.leastProbability").fill("1");
  await page.getByTitle("limpid-examples.leastProbability").blur();
  await panel.locator("dt", { hasText: "noise" }).waitFor({ state: "detached" });
  await page.getByLabel("scan, 160 x 120").check();
  await panel.locator("dd", { hasText: "160 x 120" }).waitFor();
  await page.close();
});

test("a new extension runs, passes the check, and starts anew when its code changes", async () => {
  const page = await openHost();
  const before = await pixelsOf(page, "logo");
  await page.getByRole("button", { name: "Soften", exact: true }).click();
  await logged(page, /acme\.restoreLayer returned \[{"expert":"limpid\.denoise"/);
  expect(await pixelsOf(page, "logo")).not.toBe(before);

  const file = join(root, "soften/extension.js");
  const code = readFileSync(file, "utf8");
  writeFileSync(file, code.replace("return result.mixture;", 'return "another code";'));
  await page.waitForEvent("load");
  await isReady(page);
  await page.getByRole("button", { name: "Soften", exact: true }).click();
  await logged(page, /acme\.restoreLayer returned "another code"/);
  writeFileSync(file, code);
  await page.close();

  const readme = join(root, "soften/README.md");
  await expect(limpid("pack", "check", "soften")).rejects.toMatchObject({ code: 1 });
  writeFileSync(readme, readFileSync(readme, "utf8").replace(/\[\[.*\]\]/, "It softens a layer."));
  await limpid("pack", "build", "soften");
  await limpid("pack", "check", "soften");
  execFileSync(process.execPath, ["--test"], { cwd: join(root, "soften"), stdio: "pipe" });
});

test("what cannot be tried is said, and files outside of an extension are not served", async () => {
  for (const path of [
    "extension/0/../0/package.json",
    "extension/0/%2e%2e/package.json",
    "extension/9/package.json",
  ]) {
    const { status } = await fetch(`${address}${path}`);
    expect(status).toBe(path.includes("..") ? 200 : 404);
  }
  expect((await fetch(`${address}extension/2/test/extension.test.js`)).status).toBe(404);
  await expect(
    limpid("extension", "create", "@acme/limpid-soften", "--publisher", "acme", "--output", "soften"),
  ).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("FileUnwritable") as unknown });
});

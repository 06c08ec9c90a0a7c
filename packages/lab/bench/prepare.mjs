/** What the scripts of the benchmark need before they start. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../../../scripts/dist.mjs";
import { chooseVulkanDriver, findChromium } from "../../../scripts/machine.mjs";
import { bundleLab } from "../bundle.mjs";

/** Where things are. */
export const places = { root, chromium: findChromium() ?? "/usr/bin/chromium" };

/** Installs the packages that Limpid is compared with, if one is missing or of another version. */
export function installPeers() {
  const folder = join(root, "packages/lab/bench");
  const { packages } = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8"));
  const { devDependencies } = packages[""];
  const isThere = Object.keys(devDependencies).every((name) => {
    const manifest = join(folder, "node_modules", name, "package.json");
    if (!existsSync(manifest)) return false;
    return JSON.parse(readFileSync(manifest, "utf8")).version === packages[`node_modules/${name}`].version;
  });
  if (isThere) return;
  console.error(
    "installing what Limpid is compared with into packages/lab/bench/node_modules (some 500 MB, this first time)",
  );
  const { status } = spawnSync("npm", ["ci", "--ignore-scripts"], { cwd: folder, stdio: "inherit" });
  if (status !== 0) throw new Error(`npm ci in ${folder} failed: its message is above`);
}

/** Gives Node the WebGPU of Dawn. */
export async function provideWebgpu() {
  chooseVulkanDriver(process.env);
  const { create, globals } = await import("webgpu");
  Object.assign(globalThis, globals);
  Object.defineProperty(globalThis, "navigator", { value: { gpu: create([]) }, configurable: true });
}

/**
 * Bundles a TypeScript module of the benchmark and imports it.
 *
 * @param {string} name - such as `main.ts`
 * @returns {Promise<any>} what it exports
 */
export async function bundleAndImport(name) {
  return import(pathToFileURL(await bundleLab(join("bench", name))).href);
}

/**
 * Prints tables, writes them into a document if one is named, and ends the process, which Dawn's objects would keep alive.
 *
 * @param {string} markdown
 * @param {string | undefined} target - a file, or a part of a document as `FILE#NAME`
 */
export async function report(markdown, target) {
  console.log(markdown);
  if (target !== undefined) {
    const { writeMarkdown } = await bundleAndImport("../src/evaluate/markdown-report.ts");
    await writeMarkdown(target, markdown, new AbortController().signal);
  }
  process.exit(0);
}

/**
 * Imports one of the bench's own packages, which nobody has who has not run it.
 *
 * @param {string} name
 * @returns {Promise<any>}
 */
export const importPeer = (name) => import(name);

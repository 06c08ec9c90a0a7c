#!/usr/bin/env node
// npx limpid-assets FOLDER [--model FOLDER]
//
// Fills a folder that a page's server hands out with all that Limpid loads by address: the model, tfjs's WebAssembly and the
// scripts of the workers, with a list of their hashes. `createLimpid({ assets: ADDRESS })` needs nothing else.
import { createHash } from "node:crypto";
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const own = fileURLToPath(new URL("..", import.meta.url));
const usage = `Usage: limpid-assets FOLDER [--model FOLDER]

Copies Limpid's model, WebAssembly and workers into FOLDER, for a page to load:

  npx limpid-assets public/limpid
  createLimpid({ assets: "/limpid/" })

  --model FOLDER   another model than the one of this package, by the folder of its model.json
  --help           shows this text`;

/**
 * Fills a folder with what Limpid loads by address. What an earlier version has put there is replaced.
 *
 * @param {string} folder - made if it is not there
 * @param {{ model?: string }} [options] - `model` is the folder of another model's `model.json`
 * @returns {readonly string[]} the files, relative to the folder
 */
export function copyAssets(folder, { model = join(own, "models") } = {}) {
  const wasm = tfjsWasm();
  /** @type {Map<string, string>} */
  const sources = new Map();
  for (const name of ["limpid-worker.js", "limpid-worker-tfjs.js", "extension-worker.js"]) {
    sources.set(name, join(own, "dist", name));
  }
  for (const path of filesIn(model)) {
    if (/\.(json|safetensors)$/.test(path)) sources.set(`models/${path}`, join(model, path));
  }
  for (const name of readdirSync(wasm)) {
    if (name.endsWith(".wasm")) sources.set(`wasm/${name}`, join(wasm, name));
  }
  if (!sources.has("models/model.json")) throw new Error(`${model} has no model.json`);
  /** @type {Record<string, string>} */
  const files = {};
  for (const part of ["models", "wasm"]) rmSync(join(folder, part), { recursive: true, force: true });
  for (const [path, source] of sources) {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(source, target);
    files[path] = `sha256-${createHash("sha256").update(readFileSync(target)).digest("base64")}`;
  }
  const { version } = JSON.parse(readFileSync(join(own, "package.json"), "utf8"));
  // Last, so that a folder with a list is a whole one.
  writeFileSync(join(folder, "assets.json"), `${JSON.stringify({ version, files }, null, 2)}\n`);
  return ["assets.json", ...sources.keys()];
}

/** @returns {string} the folder of tfjs's `.wasm` files */
function tfjsWasm() {
  try {
    return dirname(
      createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm"),
    );
  } catch (cause) {
    throw new Error("@tensorflow/tfjs-backend-wasm is not installed: npm install it beside limpid", {
      cause,
    });
  }
}

/** @param {string} folder @returns {string[]} its files, with forward slashes */
function filesIn(folder) {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((path) => statSync(path).isFile())
    .map((path) => relative(folder, path).split(sep).join("/"))
    .sort();
}

/** @param {string[]} args @returns {number} the exit code: 0 if all was copied, 1 if it could not be, 2 for wrong usage */
function main(args) {
  let parsed;
  try {
    parsed = parseArgs({
      args,
      allowPositionals: true,
      options: { model: { type: "string" }, help: { type: "boolean" } },
    });
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    return 2;
  }
  const { positionals, values } = parsed;
  const [folder] = positionals;
  if (values.help) {
    console.log(usage);
    return 0;
  }
  if (folder === undefined || positionals.length > 1) {
    console.error(usage);
    return 2;
  }
  try {
    const files = copyAssets(
      resolve(folder),
      values.model === undefined ? {} : { model: resolve(values.model) },
    );
    const bytes = files.reduce((sum, path) => sum + statSync(join(folder, path)).size, 0);
    console.log(`${files.length} files, ${(bytes / 1e6).toFixed(1)} MB, in ${folder}`);
    return 0;
  } catch (error) {
    console.error(`limpid-assets: ${error instanceof Error ? error.message : error}`);
    return 1;
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exitCode = main(process.argv.slice(2));
}

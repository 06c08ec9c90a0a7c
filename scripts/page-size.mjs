/**
 * What a page downloads until it has restored its first photo, all of tfjs that it takes included: `node
 * scripts/page-size.mjs`, after a build. The page is the smallest one with a canvas; esbuild bundles it, with a chunk for
 * each part that is loaded when it is needed. Beside the engine in its worker the page has its first chunks alone; where no
 * worker starts it loads the engine too. Fails if a limit is passed.
 */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { root } from "./dist.mjs";

const page = `
import { CanvasHost, createLimpid } from "limpid/canvas";
const host = new CanvasHost(document.querySelector("canvas"));
const limpid = await createLimpid({ assets: "/limpid/" });
document.querySelector("button").onclick = () => limpid.restoreOn(host);
`;

const engine = "engine/open-local.js";

/** What a page loads besides its first chunks, and the most kilobytes that all of it may take. */
const pages = [
  { name: "beside its worker", parts: [], scripts: ["limpid-worker.js"], limit: 108 },
  { name: "alone, WebGPU", parts: [engine, "wasm/kernels-relaxed.js", "wgsl/wgsl-executor.js"], limit: 88 },
  {
    name: "alone, WebAssembly",
    parts: [engine, "wasm/kernels-relaxed.js", "wasm/wasm-executor.js"],
    limit: 80,
  },
];

const { outputFiles, metafile } = await build({
  stdin: { contents: page, resolveDir: root, sourcefile: "page.js" },
  bundle: true,
  tsconfigRaw: {}, // the package as it is built, not its sources, to which tsconfig.json maps its name
  minify: true,
  splitting: true,
  write: false,
  metafile: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  outdir: "page",
  absWorkingDir: root,
  external: ["util"], // in a branch of tfjs's for Node
  logLevel: "error",
});

const bytes = new Map(
  outputFiles.map(({ path, contents }) => [
    path.replaceAll("\\", "/").slice(root.length),
    gzipSync(contents, { level: 9 }).length,
  ]),
);

/**
 * A chunk and those that it cannot run without.
 *
 * @param {string} path @param {Set<string>} found
 */
function follow(path, found) {
  if (found.has(path)) return;
  found.add(path);
  for (const { path: next, kind, external } of metafile.outputs[path]?.imports ?? []) {
    if (kind === "import-statement" && !external) follow(next, found);
  }
}

/** @param {string} source @returns {string} the chunk that begins with a module */
function chunkOf(source) {
  const chunk = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint?.endsWith(source));
  if (chunk === undefined) throw new Error(`${source} is not loaded apart`);
  return chunk[0];
}

/** @param {Iterable<string>} chunks @returns {number} kilobytes */
const size = (chunks) => [...chunks].reduce((sum, chunk) => sum + (bytes.get(chunk) ?? 0), 0) / 1000;

/** @param {readonly string[]} scripts - files of dist/ @returns {number} kilobytes */
const sizeOf = (scripts = []) =>
  scripts.reduce((sum, file) => sum + gzipSync(readFileSync(`${root}dist/${file}`), { level: 9 }).length, 0) /
  1000;

for (const { name, parts, scripts, limit } of pages) {
  /** @type {Set<string>} */
  const first = new Set();
  follow(chunkOf("page.js"), first);
  const all = new Set(first);
  for (const part of parts) follow(chunkOf(part), all);
  const [start, total] = [size(first), size(all) + sizeOf(scripts)];
  console.log(
    `${name}: ${total.toFixed(1)} kB gzip, of them ${start.toFixed(1)} in the page's first chunks; limit ${limit} kB`,
  );
  if (total > limit) process.exitCode = 1;
}

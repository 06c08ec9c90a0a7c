// node examples/figma-plugin/build.mjs [--url https://example.org/limpid/] [--id PLUGIN_ID] [--out FOLDER]
//
// Writes two plugins. `offline/` is one page that holds everything, for which no network is asked. `hosted/` is a plugin whose
// window goes to `--url`, and `hosted/site/` is what to serve there; it has WebGPU where the machine has. `--figma ORIGIN` is
// for tests, `--model FOLDER` for another model.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { copyAssets } from "../../bin/limpid-assets.mjs";
import { panelStyle, readPage } from "../panel/page.mjs";
import { fillPage } from "../shared/fill-page.mjs";
import { pageBuild } from "../shared/page-build.mjs";

const folder = dirname(fileURLToPath(import.meta.url));
const root = resolve(folder, "../..");
const require = createRequire(import.meta.url);
const wasmFolder = join(dirname(require.resolve("@tensorflow/tfjs-backend-wasm/package.json")), "dist");

/** Nothing of the page comes from elsewhere, and nothing goes there. */
const offlinePolicy =
  "default-src 'none'; script-src 'unsafe-inline' 'wasm-unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:; connect-src data:; worker-src data:; base-uri 'none'; form-action 'none'";

/** All of the page comes from beside it. */
const hostedPolicy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' data:; style-src 'self'; img-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'";

/**
 * Builds both plugins.
 *
 * @param {object} [options]
 * @param {string} [options.url] - where the hosted page will be served, with a slash at its end
 * @param {string} [options.id] - the plugin's id, which Figma gives out
 * @param {string} [options.out] - where the files go
 * @param {string} [options.figma] - where Figma is served
 * @param {string} [options.model] - folder with the model's `model.json`
 * @returns {Promise<string>} where the files are
 */
export async function buildFigmaPlugins({
  url = "https://limpid.example/figma/",
  id = "000000000000000000",
  out = join(root, "build", "figma-plugin"),
  figma = "https://www.figma.com",
  model = join(root, "models"),
} = {}) {
  const address = new URL(url);
  if (!address.pathname.endsWith("/")) throw new Error(`--url ${url} must end with a slash`);
  rmSync(out, { recursive: true, force: true });
  const [offline, hosted, site] = ["offline", "hosted", join("hosted", "site")].map((name) =>
    join(out, name),
  );
  for (const path of [offline, site]) mkdirSync(/** @type {string} */ (path), { recursive: true });
  const define = { PLUGIN_ID: JSON.stringify(id), FIGMA_ORIGIN: JSON.stringify(new URL(figma).origin) };
  await buildOffline(/** @type {string} */ (offline), id, model, define);
  await buildHosted(/** @type {string} */ (hosted), /** @type {string} */ (site), address, id, model, define);
  return out;
}

/** @param {string} out @param {string} id @param {string} model @param {Record<string, string>} define */
async function buildOffline(out, id, model, define) {
  await buildSandbox(out, "");
  const script = await bundle("offline.ts", { define, format: "iife" });
  const style = panelStyle + readFileSync(join(folder, "figma.css"), "utf8");
  const files = Object.fromEntries(filesIn(model).map((path) => [path, base64(join(model, path))]));
  const page = fillPage(readPage(join(folder, "ui.html")), {
    policy: `<meta http-equiv="Content-Security-Policy" content="${offlinePolicy}" />`,
    style: `<style>${style}</style>`,
    script: [
      textElement("limpid-model", JSON.stringify(files)),
      textElement("limpid-wasm", base64(join(wasmFolder, "tfjs-backend-wasm-simd.wasm"))),
      textElement("limpid-worker", inline(readFileSync(join(root, "dist", "limpid-worker-tfjs.js"), "utf8"))),
      `<script>${inline(script)}</script>`,
    ].join("\n"),
  });
  writeFileSync(join(out, "ui.html"), page);
  writeManifest(out, id, { ui: "ui.html", networkAccess: { allowedDomains: ["none"] } });
}

/**
 * @param {string} out
 * @param {string} site
 * @param {URL} address
 * @param {string} id
 * @param {string} model
 * @param {Record<string, string>} define
 */
async function buildHosted(out, site, address, id, model, define) {
  await buildSandbox(out, address.href);
  await build({
    ...settings("hosted.ts"),
    define,
    format: "esm",
    splitting: true,
    outdir: site,
    entryNames: "panel",
  });
  const page = fillPage(readPage(join(folder, "ui.html")), {
    policy: `<meta http-equiv="Content-Security-Policy" content="${hostedPolicy}" />`,
    style:
      '<link rel="icon" href="icon.svg" />\n    <link rel="stylesheet" href="panel.css" />\n    <link rel="stylesheet" href="figma.css" />',
    script: '<script type="module" src="panel.js"></script>',
  });
  writeFileSync(join(site, "index.html"), page);
  writeFileSync(join(site, "panel.css"), panelStyle);
  cpSync(join(folder, "figma.css"), join(site, "figma.css"));
  cpSync(join(folder, "..", "photopea-plugin", "icon.svg"), join(site, "icon.svg"));
  copyAssets(join(site, "limpid"), { model });
  const isLocal = address.hostname === "localhost" || address.hostname === "127.0.0.1";
  const reasoning = "The panel and its model are served from there. Photos stay on this computer.";
  writeManifest(out, id, {
    networkAccess: isLocal
      ? { allowedDomains: ["none"], devAllowedDomains: [address.origin] }
      : { allowedDomains: [address.origin], reasoning },
  });
}

/** @param {string} out @param {string} url - of the page; empty for the one in the plugin */
async function buildSandbox(out, url) {
  await build({
    ...settings("main.ts"),
    outfile: join(out, "code.js"),
    format: "iife",
    platform: "neutral",
    target: "es2017",
    define: { PAGE_URL: JSON.stringify(url) },
  });
}

/** @param {string} entry @returns {import("esbuild").BuildOptions} */
function settings(entry) {
  return {
    ...pageBuild,
    entryPoints: [join(folder, "src", entry)],
    chunkNames: "chunks/[name]-[hash]",
  };
}

/** @param {string} entry @param {import("esbuild").BuildOptions} options @returns {Promise<string>} */
async function bundle(entry, options) {
  const { outputFiles } = await build({ ...settings(entry), ...options, write: false });
  return outputFiles?.[0]?.text ?? "";
}

/** @param {string} out @param {string} id @param {object} own */
function writeManifest(out, id, own) {
  const strength = {
    name: "Strength",
    key: "strength",
    description: "How much of the repair is wanted",
    optional: true,
  };
  const manifest = {
    name: "Limpid",
    id,
    api: "1.0.0",
    main: "code.js",
    editorType: ["figma"],
    documentAccess: "dynamic-page",
    menu: [
      { name: "Open the panel", command: "open" },
      { name: "Restore the selection", command: "restore", parameters: [strength] },
    ],
    relaunchButtons: [{ command: "restore", name: "Restore again", multipleSelection: true }],
    ...own,
  };
  writeFileSync(join(out, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Text for a page to read, which is neither run nor shown. @param {string} id @param {string} text */
function textElement(id, text) {
  return `<script id="${id}" type="text/plain">${text}</script>`;
}

/** Script as it may stand between tags. @param {string} script */
function inline(script) {
  return script.replace(/<\/(script)/gi, "<\\/$1").replace(/<!--/g, "<\\!--");
}

/** @param {string} path */
function base64(path) {
  return readFileSync(path).toString("base64");
}

/** The model's files: what its manifest names, and the manifest. @param {string} model @returns {string[]} */
function filesIn(model) {
  return readdirSync(model, { recursive: true })
    .map((name) => join(model, String(name)))
    .filter((path) => statSync(path).isFile() && /\.(json|safetensors)$/.test(path))
    .map((path) => relative(model, path).replaceAll("\\", "/"));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      url: { type: "string" },
      id: { type: "string" },
      out: { type: "string" },
      figma: { type: "string" },
      model: { type: "string" },
    },
  });
  console.log(await buildFigmaPlugins(values));
}

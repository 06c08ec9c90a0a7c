// node examples/train-in-browser/serve.mjs [PORT]: bundles the page and serves it on this machine, with the model that
// ships beside it. What it serves is static: put the same files on any server.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { serveFiles } from "../shared/static-server.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..");
const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
const require = createRequire(import.meta.url);
const wasmFolder = dirname(require.resolve("@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm"));

/**
 * Starts the server.
 *
 * @param {{ port?: number, models?: (file: string) => Promise<Uint8Array> }} [options] - `models` reads a file of the model
 * @returns {Promise<{ origin: string, close: () => Promise<void> }>}
 */
export async function serveExample({
  port = 0,
  models = (file) => readFile(join(root, "models", file)),
} = {}) {
  // In this repository tsconfig.json maps `limpid` to its sources; elsewhere it is the npm package.
  const { outputFiles } = await build({
    entryPoints: [join(here, "page.ts"), join(here, "training-worker.ts")],
    bundle: true,
    write: false,
    outdir: here,
    format: "esm",
    platform: "browser",
    target: "es2022",
    minify: true,
    define: { __LIMPID_VERSION__: JSON.stringify(version) },
    logLevel: "warning",
  });
  const scripts = new Map(outputFiles.map(({ path, contents }) => [path.slice(here.length), contents]));
  /** @param {string} path */
  const read = async (path) => {
    const script = scripts.get(path);
    if (script !== undefined) return script;
    if (path === "/index.html" || path === "/style.css") return readFile(join(here, path));
    if (path.startsWith("/limpid/models/")) return models(path.slice("/limpid/models/".length));
    if (path.startsWith("/limpid/wasm/"))
      return readFile(join(wasmFolder, path.slice("/limpid/wasm/".length)));
    throw new Error(`there is no ${path}`);
  };
  return serveFiles(
    async (pathname) => {
      const path = pathname === "/" ? "/index.html" : pathname;
      return { path, body: await read(path) };
    },
    { port },
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { origin } = await serveExample({ port: Number(process.argv[2] ?? 8080) });
  console.log(`${origin}/`);
}

// node examples/train-in-browser/serve.mjs [PORT]: bundles the page and serves it on this machine, with the model that
// ships beside it. What it serves is static: put the same files on any server.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..");
const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
const require = createRequire(import.meta.url);
const wasmFolder = dirname(require.resolve("@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm"));

/** @type {Record<string, string>} */
const mediaTypes = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/** In this repository `limpid` is its sources; elsewhere it is the npm package. */
const limpidFromSources = {
  name: "limpid-from-sources",
  /** @param {import("esbuild").PluginBuild} bundler */
  setup(bundler) {
    bundler.onResolve({ filter: /^limpid(\/training)?$/ }, ({ path }) => ({
      path: join(root, "src", "sdk", path === "limpid" ? "index.ts" : "training/index.ts"),
    }));
  },
};

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
    plugins: [limpidFromSources],
    logLevel: "warning",
  });
  const scripts = new Map(outputFiles.map(({ path, contents }) => [path.slice(here.length), contents]));
  /** @param {string} path */
  const read = async (path) => {
    const script = scripts.get(path);
    if (script !== undefined) return script;
    if (path === "/index.html" || path === "/style.css") return readFile(join(here, path));
    if (path.startsWith("/models/")) return models(path.slice("/models/".length));
    if (path.startsWith("/wasm/")) return readFile(join(wasmFolder, path.slice("/wasm/".length)));
    throw new Error(`there is no ${path}`);
  };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    if (pathname === "/favicon.ico") return void response.writeHead(204).end();
    const path = normalize(pathname === "/" ? "/index.html" : decodeURIComponent(pathname));
    read(path).then(
      (body) => {
        const type = mediaTypes[extname(path)] ?? "application/octet-stream";
        response.writeHead(200, { "content-type": type, "x-content-type-options": "nosniff" }).end(body);
      },
      () => response.writeHead(404).end(),
    );
  });
  await /** @type {Promise<void>} */ (new Promise((resolve) => server.listen(port, "localhost", resolve)));
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    origin: `http://localhost:${address.port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { origin } = await serveExample({ port: Number(process.argv[2] ?? 8080) });
  console.log(`${origin}/`);
}

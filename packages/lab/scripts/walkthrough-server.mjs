/** The server of the walkthrough: a page, the model, packs as a host of npm packages would serve them, and pictures. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { serveFiles } from "../../../examples/shared/static-server.mjs";
import { root } from "../../../scripts/dist.mjs";

const require = createRequire(import.meta.url);
const wasm = dirname(require.resolve("@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm"));

/** What a careful editor sends. */
const policy =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' blob: data:; object-src 'none'";

/**
 * Starts the server.
 *
 * @param {{ model: string, packs: Record<string, string>, files: Record<string, Uint8Array> }} served - folder of the model,
 * folders of packs by name, files by name
 * @returns {Promise<{ origin: string, close: () => Promise<void> }>}
 */
export async function serveWalk({ model, packs, files }) {
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const { outputFiles } = await build({
    entryPoints: [join(root, "test", "limpid", "pages", "walk.ts")],
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    define: { __LIMPID_VERSION__: JSON.stringify(version) },
    logLevel: "warning",
  });
  /** @param {string} path @returns {Promise<Uint8Array | string>} */
  const read = async (path) => {
    const [, place = "", ...rest] = path.split("/");
    const name = rest.join("/");
    if (path === "/index.html")
      return '<!doctype html><title>walkthrough</title><script type="module" src="/walk.js"></script>';
    if (path === "/walk.js") return /** @type {Uint8Array} */ (outputFiles[0]?.contents);
    if (place === "models") return readFile(join(model, name));
    if (place === "wasm") return readFile(join(wasm, name));
    if (place === "packs") return readFile(join(packs[rest[0] ?? ""] ?? "", rest.slice(1).join("/")));
    const file = files[name];
    if (place !== "files" || file === undefined) throw new Error(`there is no ${path}`);
    return file;
  };
  return serveFiles(
    async (pathname) => {
      const path = pathname === "/" ? "/index.html" : pathname;
      return { path, body: await read(path) };
    },
    { headers: { "content-security-policy": policy } },
  );
}

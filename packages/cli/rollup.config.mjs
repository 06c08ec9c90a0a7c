import { readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dts } from "rollup-plugin-dts";
import esbuild from "rollup-plugin-esbuild";

const manifest = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));
const source = (/** @type {string} */ name) => new URL(`src/${name}.ts`, import.meta.url).pathname;

/** The entries of `exports`. */
const libraries = { files: source("files/index"), "training-curve": source("training-curve") };

const packages = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });

/** Whatever npm installs beside us stays an import; a few helpers of the repository's src/ are built in. @param {string} id */
function isExternal(id) {
  return isBuiltin(id) || packages.some((name) => id === name || id.startsWith(`${name}/`));
}

/** @param {import("rollup").RollupLog} warning */
function failOnWarning(warning) {
  throw new Error(`rollup: ${warning.message}`);
}

/** @type {import("rollup").RollupOptions[]} */
export default [
  {
    input: { main: source("main"), ...libraries },
    external: isExternal,
    plugins: [
      esbuild({ target: "es2022", define: { __LIMPID_VERSION__: JSON.stringify(manifest.version) } }),
    ],
    onwarn: failOnWarning,
    output: {
      dir: "packages/cli/dist",
      format: "es",
      chunkFileNames: "chunks/[name]-[hash].js",
      sourcemap: true,
    },
  },
  {
    input: libraries,
    external: isExternal,
    plugins: [dts()],
    onwarn: failOnWarning,
    output: { dir: "packages/cli/dist", format: "es", chunkFileNames: "chunks/[name]-[hash].d.ts" },
  },
];

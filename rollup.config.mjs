import { readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import commonjs from "@rollup/plugin-commonjs";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import { dts } from "rollup-plugin-dts";
import esbuild, { minify } from "rollup-plugin-esbuild";

const manifest = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));

/** One entry for each subpath of `exports`, by the name of its file in dist/. */
const libraries = {
  index: "src/sdk/index.ts",
  node: "src/node/index.ts",
  training: "src/sdk/training/index.ts",
  testing: "src/testing/index.ts",
  canvas: "src/adapters/canvas/index.ts",
  photopea: "src/adapters/photopea/index.ts",
  figma: "src/adapters/figma/index.ts",
};

/** Libraries of Figma's sandbox: one file of ECMAScript 2017 with everything in it, for a `main` that is built as it likes. */
const sandboxed = {
  "figma-main": "src/adapters/figma/main/index.ts",
};

/** Programs of workers in pages: one self-contained file each, since a page serves them as they are. */
const workers = {
  "extension-worker": "src/worker/extension-worker.ts",
};

/** Programs: built as the libraries are, but nobody imports them, so they need no types. */
const programs = {
  cli: "src/cli/main.ts",
  "extension-worker-node": "src/node/extension-worker.ts",
};

/** Whatever npm installs beside us stays an import, so that an application has one copy of it. */
const packages = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });

/** @param {string} id */
function isExternal(id) {
  return isBuiltin(id) || packages.some((name) => id === name || id.startsWith(`${name}/`));
}

/** tfjs's modules ask for Node's built-ins in branches that a page never takes; there they are empty. */
const emptyBuiltins = {
  name: "empty-builtins",
  /** @param {string} id */
  resolveId: (id) => (isBuiltin(id) ? `\0empty:${id}` : null),
  /** @param {string} id */
  load: (id) => (id.startsWith("\0empty:") ? "export default {};" : null),
};

const typescript = esbuild({
  target: "es2022",
  define: { __LIMPID_VERSION__: JSON.stringify(manifest.version) },
});

/** For one file with everything in it, tfjs too. */
const selfContained = [
  typescript,
  emptyBuiltins,
  nodeResolve({ browser: true, preferBuiltins: false }),
  commonjs(),
  minify({ target: "es2022" }),
];

/** @param {import("rollup").RollupLog} warning @param {import("rollup").LoggingFunction} defaultHandler */
function failOnWarning(warning, defaultHandler) {
  // tfjs-core's modules import each other in circles, which is harmless and not ours to mend.
  if (warning.code === "CIRCULAR_DEPENDENCY" && warning.ids?.every((id) => id.includes("node_modules")))
    return;
  if (warning.code === "THIS_IS_UNDEFINED" && warning.id?.includes("node_modules")) return;
  // A program exports no types; its declaration says so.
  if (warning.code === "EMPTY_BUNDLE" && warning.names?.every((name) => name in workers)) return;
  defaultHandler(warning);
  throw new Error(`rollup: ${warning.message}`);
}

/** @type {import("rollup").RollupOptions[]} */
export default [
  {
    input: { ...libraries, ...programs },
    external: isExternal,
    plugins: [typescript],
    onwarn: failOnWarning,
    output: { dir: "dist", format: "es", chunkFileNames: "chunks/[name]-[hash].js", sourcemap: true },
  },
  {
    input: { ...libraries, ...sandboxed, ...workers },
    external: isExternal,
    plugins: [dts()],
    onwarn: failOnWarning,
    output: { dir: "dist", format: "es", chunkFileNames: "chunks/[name]-[hash].d.ts" },
  },
  ...Object.entries(workers).map(([name, input]) => ({
    input,
    plugins: [typescript, nodeResolve({ browser: true }), minify({ target: "es2022" })],
    onwarn: failOnWarning,
    output: { file: `dist/${name}.js`, format: /** @type {const} */ ("es"), inlineDynamicImports: true },
  })),
  ...Object.entries(sandboxed).map(([name, input]) => ({
    input,
    plugins: [
      esbuild({ target: "es2017", define: { __LIMPID_VERSION__: JSON.stringify(manifest.version) } }),
      nodeResolve(),
    ],
    onwarn: failOnWarning,
    output: { file: `dist/${name}.js`, format: /** @type {const} */ ("es"), sourcemap: true },
  })),
  {
    // The engine in a worker: a classic script with everything in it, which a `data:` address can hold.
    input: "src/adapters/canvas/worker/limpid-worker.ts",
    plugins: selfContained,
    onwarn: failOnWarning,
    output: { file: "dist/limpid-worker.js", format: "iife", inlineDynamicImports: true },
  },
  {
    // For a script tag: one file with everything in it, tfjs too.
    input: libraries.index,
    plugins: selfContained,
    onwarn: failOnWarning,
    output: {
      file: "dist/limpid.iife.js",
      format: "iife",
      name: "limpid",
      inlineDynamicImports: true,
    },
  },
];

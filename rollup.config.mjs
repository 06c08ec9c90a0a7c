import { readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { fileURLToPath } from "node:url";
import commonjs from "@rollup/plugin-commonjs";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import { dts } from "rollup-plugin-dts";
import esbuild, { minify } from "rollup-plugin-esbuild";
import { guestProgram } from "./scripts/guest-program.mjs";

const manifest = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));

/** One entry for each subpath of `exports`, by the name of its file in dist/. */
const libraries = {
  index: "src/sdk/index.ts",
  node: "src/node/index.ts",
  authoring: "src/sdk/authoring.ts",
  extension: "src/sdk/extension.ts",
  network: "src/sdk/network.ts",
  "network-published": "src/sdk/network-published.ts",
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
  "extension-worker-node": "src/node/extension-worker.ts",
  "tile-worker-node": "src/node/tile-worker.ts",
};

/** Modules that nobody imports: in pages they stand in for others, as the field `browser` of package.json says. */
const pageModules = { "modules/sdk/engine/tfjs-kernels": "src/sdk/engine/tfjs-kernels.ts" };

/** tfjs's kernels for pages: taken out of its packages when this one is built, since no bundler gets at them alone. */
const kernels = {
  "modules/sdk/engine/tfjs-kernels/cpu": "src/sdk/engine/tfjs-kernels/cpu.ts",
  "modules/sdk/engine/tfjs-kernels/wasm": "src/sdk/engine/tfjs-kernels/wasm.ts",
  "modules/sdk/engine/tfjs-kernels/webgpu": "src/sdk/engine/tfjs-kernels/webgpu.ts",
};

/** Source files by the name of the file in dist/ that a subpath or a program is; all others keep their place, in modules/. */
const names = new Map(
  Object.entries({ ...libraries, ...programs, ...pageModules }).map(([name, path]) => [
    fileURLToPath(new URL(path, import.meta.url)),
    name,
  ]),
);

/** Whatever npm installs beside us stays an import, so that an application has one copy of it. */
const packages = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });

/** @param {string} id */
function isExternal(id) {
  return isBuiltin(id) || packages.some((name) => id === name || id.startsWith(`${name}/`));
}

/**
 * The SDK's modules do nothing when they are loaded, as `sideEffects` of package.json tells bundlers; tfjs's backends
 * register themselves.
 *
 * @param {string} id @param {boolean} external
 */
function hasSideEffects(id, external) {
  return external ? id.startsWith("@tensorflow/tfjs-backend-") : !/\/src\/(sdk|adapters)\//.test(id);
}

/**
 * Puts a module in the place of another.
 *
 * @param {string} module - how the other's path ends
 * @param {URL} file - the one that stands in
 */
const standIn = (module, file) => ({
  name: "stand-in",
  /** @param {string} id */
  resolveId: (id) => (id.endsWith(module) ? fileURLToPath(file) : null),
});

/** Pages get tfjs's kernels one by one; see the field `browser` of package.json, which is for those who bundle dist/. */
const singleKernels = standIn(
  "/tfjs-packages.js",
  new URL("src/sdk/engine/tfjs-kernels.ts", import.meta.url),
);

/** The engine's worker does without tfjs, which another script has for the few machines that need it. */
const noTfjs = standIn("/load-tfjs.js", new URL("src/sdk/engine/no-tfjs.ts", import.meta.url));

/** tfjs's modules ask for Node's built-ins in branches that a page never takes; there they are empty. */
const emptyBuiltins = {
  name: "empty-builtins",
  /** @param {string} id */
  resolveId: (id) => (isBuiltin(id) ? `\0empty:${id}` : null),
  /** @param {string} id */
  load: (id) => (id.startsWith("\0empty:") ? "export default {};" : null),
};

/** Where the namespaces that tfjs's core exports are made. */
const namespaces = new Map(
  Object.entries({
    backend_util: "backends/backend_util",
    broadcast_util: "ops/broadcast_util",
    gather_util: "ops/gather_nd_util",
    kernel_impls: "backends/kernel_impls",
    scatter_util: "ops/scatter_nd_util",
    slice_util: "ops/slice_util",
    util: "util",
  }),
);

/**
 * Lets tfjs's kernels be shaken: no bundler leaves out members of a namespace that a package exports as a value, as the core
 * does with its own, or that is taken apart, as the WebGPU backend does with the CPU's.
 */
const singleMembers = {
  name: "single-members",
  /** @param {string} code @param {string} id */
  transform(code, id) {
    if (!id.includes("/@tensorflow/tfjs-backend-")) return null;
    if (id.endsWith("webgpu/dist/kernel_utils/shared.js")) {
      const [, package_] = code.match(/from '(@tensorflow\/tfjs-backend-cpu\/dist\/shared)'/) ?? [];
      const [, members] = code.match(/const \{([^}]*)\} = shared;/) ?? [];
      if (!package_ || !members) throw new Error(`${id} is not what it was`);
      return { code: `export {${members.replaceAll(":", " as")}} from "${package_}";`, map: null };
    }
    const single = code.replace(/import \{([^}]*)\} from '@tensorflow\/tfjs-core';/g, (_, list) => {
      const names = String(list)
        .split(",")
        .map((name) => name.trim())
        .filter(Boolean);
      const rest = names.filter((name) => !namespaces.has(name));
      const lines = names
        .filter((name) => namespaces.has(name))
        .map((name) => `import * as ${name} from "@tensorflow/tfjs-core/dist/${namespaces.get(name)}.js";`);
      return [`import {${rest.join(", ")}} from "@tensorflow/tfjs-core";`, ...lines].join(" ");
    });
    return single === code ? null : { code: single, map: null };
  },
};

/**
 * Shaders are strings, which no minifier looks into: the indents of tfjs's go here, and of ours comments and the spaces
 * around operators too.
 */
const shortShaders = {
  name: "short-shaders",
  /** @param {string} code @param {string} id */
  transform(code, id) {
    const isOurs = /\/wgsl\/kernels\/[\w-]+\.ts$/.test(id);
    if (!isOurs && !id.includes("/@tensorflow/tfjs-backend-webgpu/")) return null;
    const flat = (isOurs ? code.replace(/^\s*\/\/.*$/gm, "") : code).replace(/^\s+/gm, "");
    return { code: isOurs ? flat.replace(/ ?([-=+*/%<>!?:;,{}()|&]+) ?/g, "$1") : flat, map: null };
  },
};

const typescript = esbuild({
  target: "es2022",
  define: { __LIMPID_VERSION__: JSON.stringify(manifest.version) },
  loaders: { ".json": "json" },
  supported: { "import-attributes": true },
});

/** For one file with everything in it, tfjs too. */
const selfContained = [
  singleKernels,
  singleMembers,
  shortShaders,
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
  // A program exports no types, and limpid/extension nothing but types.
  if (
    warning.code === "EMPTY_BUNDLE" &&
    warning.names?.every((name) => name in workers || name === "extension")
  )
    return;
  defaultHandler(warning);
  throw new Error(`rollup: ${warning.message}`);
}

/** @type {import("rollup").RollupOptions[]} */
export default [
  {
    input: { ...libraries, ...programs, ...pageModules },
    external: isExternal,
    plugins: [guestProgram, shortShaders, typescript],
    treeshake: { moduleSideEffects: hasSideEffects },
    onwarn: failOnWarning,
    output: {
      dir: "dist",
      format: "es",
      // A module stays a file: a bundler can then leave out, or load later, what a page does not need at once.
      preserveModules: true,
      preserveModulesRoot: "src",
      entryFileNames: ({ name, facadeModuleId }) =>
        `${names.get(facadeModuleId ?? "") ?? `modules/${name}`}.js`,
      sourcemap: true,
    },
  },
  {
    input: { ...libraries, ...sandboxed, ...workers },
    external: isExternal,
    plugins: [dts({ compilerOptions: { stripInternal: true } })],
    onwarn: failOnWarning,
    output: {
      dir: "dist",
      format: "es",
      chunkFileNames: "chunks/[name]-[hash].d.ts",
      // `Symbol.dispose`, for those whose target is before it and who check the types of libraries.
      banner: ({ name }) => (name === "disposable" ? '/// <reference lib="esnext.disposable" />' : ""),
    },
  },
  {
    // After the others, in whose place these come: there they import single modules of tfjs's packages, here they hold them.
    input: kernels,
    external: (id) => id.startsWith("@tensorflow/tfjs-core"),
    plugins: [
      singleMembers,
      shortShaders,
      typescript,
      emptyBuiltins,
      nodeResolve({ browser: true, preferBuiltins: false }),
      commonjs(),
    ],
    treeshake: { moduleSideEffects: (id) => /\/(base|flags_webgpu|flags_wasm)\.js$/.test(id) },
    onwarn: failOnWarning,
    output: {
      dir: "dist",
      format: "es",
      entryFileNames: "[name].js",
      chunkFileNames: "modules/sdk/engine/tfjs-kernels/[name]-[hash].js",
      hoistTransitiveImports: false,
      sourcemap: true,
    },
  },
  ...Object.entries(workers).map(([name, input]) => ({
    input,
    plugins: [
      guestProgram,
      typescript,
      emptyBuiltins,
      nodeResolve({ browser: true }),
      minify({ target: "es2022" }),
    ],
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
  // The engine in a worker: classic scripts with everything in them, which a `data:` address can hold.
  {
    input: "src/sdk/limpid/engine/limpid-worker.ts",
    plugins: [noTfjs, ...selfContained],
    treeshake: { moduleSideEffects: (id) => id.endsWith("/limpid-worker.ts") },
    onwarn: failOnWarning,
    output: { file: "dist/limpid-worker.js", format: "iife", inlineDynamicImports: true },
  },
  {
    input: "src/sdk/limpid/engine/limpid-worker.ts",
    plugins: selfContained,
    onwarn: failOnWarning,
    output: { file: "dist/limpid-worker-tfjs.js", format: "iife", inlineDynamicImports: true },
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

// Puts the program that runs inside the extensions' engine into the workers that start it, as a text.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const entry = fileURLToPath(new URL("../src/worker/guest/main.ts", import.meta.url));
const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const isProgram = /\/guest-program\.js$/;

/** @returns {Promise<string>} a module whose default export is the program */
async function loadProgram() {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    globalName: "program",
    target: "es2022",
    define: { __LIMPID_VERSION__: JSON.stringify(version) },
    logLevel: "silent",
  });
  return `export default ${JSON.stringify(`(() => { ${outputFiles[0]?.text}; return program.default; })()`)};`;
}

/** For Rollup. */
export const guestProgram = {
  name: "guest-program",
  /** @param {string} id */
  resolveId: (id) => (isProgram.test(id) ? "\0guest-program" : null),
  /** @param {string} id */
  load: (id) => (id === "\0guest-program" ? loadProgram() : null),
};

/** For esbuild. @type {import("esbuild").Plugin} */
export const guestProgramForEsbuild = {
  name: "guest-program",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: isProgram }, () => ({ path: "program", namespace: "guest" }));
    onLoad({ filter: /.*/, namespace: "guest" }, async () => ({
      contents: await loadProgram(),
      loader: "js",
    }));
  },
};

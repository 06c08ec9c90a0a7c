/** Compiles src/sdk/engine/wasm/assembly into the modules that the WebAssembly executor loads. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { root } from "./dist.mjs";

const folder = join(root, "src/sdk/engine/wasm");

/** The builds: their files, and what each may use. */
const builds = {
  "kernels-simd.ts": ["simd"],
  "kernels-relaxed.ts": ["simd", "relaxed-simd"],
};

/** Writes what {@link buildKernels} makes. */
export function writeKernels() {
  for (const [file, text] of buildKernels()) writeFileSync(join(folder, file), text);
}

/**
 * Compiles the kernels for both kinds of processors.
 *
 * @returns {Map<string, string>} the text of each file
 */
export function buildKernels() {
  const workspace = mkdtempSync(join(tmpdir(), "limpid-kernels-"));
  try {
    return new Map(
      Object.entries(builds).map(([file, features]) => [
        file,
        moduleOf(compile(features, join(workspace, "kernels.wasm")), features),
      ]),
    );
  } finally {
    rmSync(workspace, { recursive: true });
  }
}

/**
 * A process of its own: the compiler's types would change those of arrays for everybody who imports it.
 *
 * @param {readonly string[]} features @param {string} outFile
 */
function compile(features, outFile) {
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      join(root, "node_modules/assemblyscript/bin/asc.js"),
      join(folder, "assembly/index.ts"),
      ...["-O3", "--noAssert", "--runtime", "stub", "--importMemory", "--outFile", outFile],
      // Vectors pass between the module's own functions only.
      ...["--disableWarning", "112"],
      ...features.flatMap((feature) => ["--enable", feature]),
    ],
    { encoding: "utf8" },
  );
  if (status !== 0 || stderr !== "") throw new Error(`asc: ${stderr}`);
  return readFileSync(outFile);
}

/** @param {Buffer} bytes @param {readonly string[]} features */
function moduleOf(bytes, features) {
  return [
    "// Written by `npm run build` from assembly/.",
    "",
    `/** The kernels, a WebAssembly module for processors with ${features.join(" and ")}, in Base64. */`,
    "export const kernels =",
    `  "${bytes.toString("base64")}";`,
    "",
  ].join("\n");
}

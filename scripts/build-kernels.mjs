/** Compiles src/sdk/engine/wasm/assembly into the modules that the WebAssembly executor loads. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as asc from "assemblyscript/asc";

const folder = fileURLToPath(new URL("../src/sdk/engine/wasm/", import.meta.url));

/** The builds: their files, and what each may use. */
const builds = {
  "kernels-simd.ts": ["simd"],
  "kernels-relaxed.ts": ["simd", "relaxed-simd"],
};

/**
 * Compiles the kernels for both kinds of processors.
 *
 * @returns {Promise<Map<string, string>>} the text of each file
 */
export async function buildKernels() {
  /** @type {Map<string, string>} */
  const files = new Map();
  for (const [file, features] of Object.entries(builds)) {
    /** @type {Uint8Array | undefined} */
    let bytes;
    const { error, stderr } = await asc.main(
      [
        "index.ts",
        ...["-O3", "--noAssert", "--runtime", "stub", "--importMemory", "--outFile", "kernels.wasm"],
        // Vectors pass between the module's own functions only.
        ...["--disableWarning", "112"],
        ...features.flatMap((feature) => ["--enable", feature]),
      ],
      {
        readFile: (name, base) => readSource(join(base, name)),
        writeFile: (_name, contents) => {
          bytes = /** @type {Uint8Array} */ (contents);
        },
        listFiles: () => [],
      },
    );
    const problems = stderr.toString();
    if (error || problems !== "" || bytes === undefined) throw new Error(`asc: ${problems || error}`);
    files.set(file, moduleOf(bytes, features));
  }
  return files;
}

/** Writes what {@link buildKernels} makes. */
export async function writeKernels() {
  for (const [file, text] of await buildKernels()) writeFileSync(join(folder, file), text);
}

/** @param {string} name */
function readSource(name) {
  try {
    return readFileSync(join(folder, "assembly", name), "utf8");
  } catch {
    return null;
  }
}

/** @param {Uint8Array} bytes @param {readonly string[]} features */
function moduleOf(bytes, features) {
  return [
    "// Written by `npm run build` from assembly/.",
    "",
    `/** The kernels, a WebAssembly module for processors with ${features.join(" and ")}, in Base64. */`,
    "export const kernels =",
    `  "${Buffer.from(bytes).toString("base64")}";`,
    "",
  ].join("\n");
}

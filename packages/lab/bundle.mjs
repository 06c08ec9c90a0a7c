import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { build } from "esbuild";
import { root } from "../../scripts/dist.mjs";

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/**
 * Bundles a TypeScript module of the lab for Node, Limpid's own sources with it.
 *
 * @param {string} entry - its path in this folder
 * @returns {Promise<string>} the bundle's path, in `build/lab/`, from where its packages are found
 */
export async function bundleLab(entry) {
  const outfile = join(root, "build", "lab", basename(entry).replace(/\.ts$/, ".mjs"));
  await build({
    entryPoints: [join(root, "packages", "lab", entry)],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "es2022",
    packages: "external",
    define: { __LIMPID_VERSION__: JSON.stringify(version) },
    logLevel: "error",
  });
  return outfile;
}

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll } from "@jest/globals";
import { build } from "esbuild";
import { guestProgramForEsbuild } from "../../scripts/guest-program.mjs";
import { version } from "../../src/sdk/base/index.js";

/**
 * Builds the program of a thread from its sources before the tests of the file that calls this.
 *
 * @param entry - its TypeScript file, from the root of the repository
 * @returns where it will be
 */
export function threadProgram(entry: string): URL {
  mkdirSync("build", { recursive: true });
  // Within the repository, so that its packages are found from there.
  const folder = mkdtempSync(join("build", "thread-"));
  const outfile = join(folder, `${basename(entry, ".ts")}.mjs`);
  beforeAll(async () => {
    await build({
      entryPoints: [entry],
      outfile,
      bundle: true,
      packages: "external",
      format: "esm",
      platform: "node",
      target: "es2022",
      define: { __LIMPID_VERSION__: JSON.stringify(version) },
      plugins: [guestProgramForEsbuild],
      logLevel: "silent",
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return pathToFileURL(outfile);
}

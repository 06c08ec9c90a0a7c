import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll } from "@jest/globals";
import { build } from "esbuild";
import { version } from "../../src/sdk/base/index.js";

const folder = mkdtempSync(join(tmpdir(), "limpid-worker-"));

/** The thread that extensions run in, built from the sources for the test file that imports this. */
export const workerFile = pathToFileURL(join(folder, "extension-worker-node.mjs"));

beforeAll(async () => {
  await build({
    entryPoints: ["src/node/extension-worker.ts"],
    outfile: join(folder, "extension-worker-node.mjs"),
    bundle: true,
    format: "esm",
    platform: "node",
    target: "es2022",
    define: { __LIMPID_VERSION__: JSON.stringify(version) },
    logLevel: "silent",
  });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

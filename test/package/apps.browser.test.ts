// The recipes of examples/apps, built from the packed package and run below a base path.
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, test } from "@jest/globals";
import { serveFolder } from "../../examples/shared/static-server.mjs";
import { buildDist } from "../../scripts/dist.mjs";
import { openPage } from "../support/page.js";
import { driveApp } from "./drive-app.js";
import { installDependencies, installPacked } from "./install-offline.js";

const base = "/some/where/";
/** As strict as a careful server would be. */
const headers = { "content-security-policy": "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'" };
const run = promisify(execFile);
const node = (cwd: string, ...args: readonly string[]) => run(process.execPath, args, { cwd });

/** What `npm run build` does in each, and the folder that it makes. */
const apps: Readonly<
  Record<string, { readonly folder: string; readonly build: (cwd: string) => Promise<unknown> }>
> = {
  vite: {
    folder: "dist",
    async build(cwd) {
      await node(cwd, "../node_modules/limpid/bin/limpid-assets.mjs", "public/limpid");
      await node(cwd, resolve("node_modules/vite/bin/vite.js"), "build", "--base", base);
    },
  },
  webpack: {
    folder: "public",
    async build(cwd) {
      await node(cwd, "../node_modules/limpid/bin/limpid-assets.mjs", "public/limpid");
      await node(cwd, "--input-type=module", "--eval", runWebpack);
    },
  },
  "script-tag": {
    folder: ".",
    async build(cwd) {
      await node(cwd, "../node_modules/limpid/bin/limpid-assets.mjs", "limpid");
      cpSync(join(cwd, "../node_modules/limpid/dist/limpid.iife.js"), join(cwd, "limpid.iife.js"));
    },
  },
};

/** What webpack's command does, which is a package of its own. */
const runWebpack = `
import webpack from "${pathToFileURL(resolve("node_modules/webpack/lib/index.js")).href}";
import config from "./webpack.config.mjs";
// Not minimized, which would take most of this test's time.
webpack({ ...config, optimization: { minimize: false } }, (error, stats) => {
  if (error || stats.hasErrors()) throw error ?? new Error(stats.toString());
});`;

let root: string;

beforeAll(async () => {
  await buildDist();
  // Outside of the repository, whose tsconfig.json and node_modules the bundlers would find.
  root = mkdtempSync(join(tmpdir(), "limpid-apps-"));
  await installPacked("limpid", root, root);
  installDependencies(root, "limpid");
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

test.each(Object.keys(apps))(
  "the recipe %s restores a photo in a worker, below a base path",
  async (name) => {
    const { folder, build } = apps[name]!;
    cpSync(join("examples/apps", name), join(root, name), { recursive: true });
    await build(join(root, name));
    const server = await serveFolder(join(root, name, folder), { base, headers });
    try {
      await driveApp(await openPage(), `${server.origin}${base}`);
    } finally {
      await server.close();
    }
  },
);

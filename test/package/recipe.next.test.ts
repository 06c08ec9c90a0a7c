// The Next recipe, with Next from npm: 340 MB that `npm ci` shall not bring. `npm run try-next` runs it.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, test } from "@jest/globals";
import { serveFolder } from "../../examples/shared/static-server.mjs";
import { buildDist } from "../../scripts/dist.mjs";
import { openPage } from "../support/page.js";
import { driveApp } from "./drive-app.js";

const basePath = "/some/where";
let app: string;

beforeAll(async () => {
  await buildDist();
  app = mkdtempSync(join(tmpdir(), "limpid-next-"));
  cpSync("examples/apps/next", app, { recursive: true });
  execFileSync("npm", ["pack", "--ignore-scripts", "--pack-destination", app, "--workspace", "limpid"]);
  const tarball = readdirSync(app).find((name) => name.endsWith(".tgz"))!;
  execFileSync("npm", ["install", "--no-audit", "--no-fund", `./${tarball}`], { cwd: app });
}, 300_000);
afterAll(() => rmSync(app, { recursive: true, force: true }));

test("the recipe next restores a photo in a worker, below a base path", async () => {
  const env = { ...process.env, NEXT_PUBLIC_BASE_PATH: basePath, NEXT_TELEMETRY_DISABLED: "1" };
  execFileSync("npm", ["run", "build"], { cwd: app, env });
  const server = await serveFolder(join(app, "out"), { base: `${basePath}/` });
  try {
    await driveApp(await openPage(), `${server.origin}${basePath}/`);
  } finally {
    await server.close();
  }
});

/**
 * How long a page's thread is held while a photo is restored with the engine in a worker: `node packages/lab/bench/ui-thread.mjs 4000
 * 3000 1024` for a photo of 12 megapixels of which the middle 1024 x 1024 pixels are restored; all of it without the last
 * number. The page takes the photo from a canvas and puts the result back. In Chromium, on WebAssembly. What the browser's own
 * calls take, of which the page's tasks are made, is measured beside it.
 */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { cpus, loadavg } from "node:os";
import { extname, join, normalize } from "node:path";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { buildDist, root } from "../../../scripts/dist.mjs";
import { findChromium } from "../../../scripts/machine.mjs";

const [width = 4000, height = 3000, side] = process.argv.slice(2).map(Number);

const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
await buildDist();
const { outputFiles } = await build({
  entryPoints: [join(root, "packages/lab/bench/pages/ui-thread.ts")],
  bundle: true,
  write: false,
  format: "esm",
  platform: "browser",
  target: "es2022",
  define: { __LIMPID_VERSION__: JSON.stringify(version) },
  external: ["util"],
  logLevel: "error",
});

/** @type {Record<string, string>} */
const types = { ".js": "text/javascript", ".json": "application/json", ".wasm": "application/wasm" };

/** @param {string} path @returns {Promise<string | Uint8Array>} */
async function answer(path) {
  if (path === "/")
    return '<!doctype html><title>bench</title><script type="module" src="/page.js"></script>';
  if (path === "/page.js") return outputFiles[0]?.contents ?? "";
  if (path.startsWith("/wasm/")) {
    return readFile(join(root, "node_modules/@tensorflow/tfjs-backend-wasm/dist", path.slice(6)));
  }
  return readFile(join(root, normalize(path)));
}

/**
 * Processor time of the longest tasks of the page's thread, in milliseconds: what a busy machine does not stretch.
 *
 * @param {readonly { name: string, ph: string, pid: number, tid: number, tdur?: number, args?: { name?: string } }[]} events - of
 * Chromium's trace
 */
function tasksOfPage(events) {
  const threads = new Set(
    events
      .filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain")
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  return events
    .filter(
      ({ name, ph, pid, tid }) => ph === "X" && name.endsWith("RunTask") && threads.has(`${pid} ${tid}`),
    )
    .map(({ tdur = 0 }) => tdur / 1000)
    .sort((a, b) => b - a)
    .slice(0, 8);
}

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? "/", "http://localhost");
  answer(pathname).then(
    (body) => response.writeHead(200, { "content-type": types[extname(pathname)] ?? "text/html" }).end(body),
    () => response.writeHead(404).end(),
  );
});
await new Promise((resolve) => server.listen(0, "localhost", () => resolve(undefined)));
const address = server.address();
const port = typeof address === "object" ? address?.port : undefined;

const browser = await chromium.launch({
  executablePath: findChromium() ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-background-networking", "--disable-component-update"],
});
const page = await browser.newPage();
page.on("pageerror", (error) => console.error(error.message));
await page.goto(`http://localhost:${port}/`);
await page.waitForFunction(() => "prepare" in globalThis);
await page.evaluate(
  // @ts-expect-error -- the page's own
  (request) => globalThis.prepare(request),
  { width, height, ...(side && { side }) },
);
await browser.startTracing(page, { categories: ["toplevel"] });
// @ts-expect-error -- the page's own
const seen = await page.evaluate(() => globalThis.measure());
const tasks = tasksOfPage(JSON.parse((await browser.stopTracing()).toString()).traceEvents);
console.log(
  `${cpus()[0]?.model}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}; Chromium ${browser.version()}, engine ${seen.isInWorker ? "in a worker" : "on the page"}, ${seen.backend}`,
);
/** @param {readonly number[]} values */
const list = (values) => values.map((value) => value.toFixed(0)).join(", ") || "none";
console.log(`${width} x ${height}, ${seen.tiles} tiles, ${(seen.total / 1000).toFixed(1)} s`);
console.log(`longest tasks by processor time, ms: ${list(tasks)}`);
console.log(`tasks of 50 ms or more by the clock: ${list(seen.longTasks)}`);
console.log(`longest times between frames, ms: ${list(seen.frameGaps)}`);
console.log(`the same while nothing is restored: ${list(seen.idleGaps)}`);
for (const { call, whole, band } of seen.calls) {
  console.log(`${call}, ms: ${whole.toFixed(1)} for the whole photo, ${band.toFixed(1)} for a band of 1 MB`);
}
await browser.close();
server.close();

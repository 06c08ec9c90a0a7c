// LIMPID_PHOTOPEA=https://www.photopea.com node packages/lab/scripts/try-photopea.mjs
//
// Runs the adapter against a live Photopea and says what it found. It needs the network, so no test runs it.
import { createServer } from "node:http";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { findChromium } from "../../../scripts/machine.mjs";

const origin = process.env.LIMPID_PHOTOPEA;
if (origin === undefined) throw new Error("set LIMPID_PHOTOPEA to the origin of a Photopea");

// A straight-alpha ramp, so that the run tells what becomes of colour under transparency.
const trial = `
  import { embedPhotopea } from "./src/adapters/photopea/index.ts";
  import { encodePng, PixelImage } from "./src/sdk/image/index.ts";
  const report = {};
  try {
    const data = new Uint8Array(256 * 4);
    for (let alpha = 0; alpha < 256; alpha++) data.set([200, 100, 50, alpha], alpha * 4);
    const ramp = new PixelImage({ width: 16, height: 16, channels: 4, data });
    const file = await encodePng(ramp);
    const url = "data:image/png;base64," + btoa(String.fromCharCode(...file));
    const container = document.body;
    const host = await embedPhotopea({ origin: ${JSON.stringify(origin)}, container, configuration: { files: [url] } });
    for (let wait = 0; wait < 40 && (await host.refresh()).document === undefined; wait++) {
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    report.state = await host.refresh();
    const capture = await host.capture();
    report.size = [capture.image.width, capture.image.height, capture.image.channels];
    report.differing = capture.image.data.reduce((count, value, index) => count + (value === data[index] ? 0 : 1), 0);
    report.captureNotes = capture.notes;
    report.isStable = (await host.capture()).revision === capture.revision;
    const options = { label: "Limpid", onConflict: "refuse" };
    report.layer = await host.commit(capture, capture.image, { ...options, mode: "new-layer" });
    report.after = await host.refresh();
    const again = await host.capture();
    report.replaced = await host.commit(again, again.image, { ...options, mode: "replace" });
    report.end = await host.refresh();
  } catch (error) {
    report.error = { code: error.code, message: error.message, details: error.details };
  }
  globalThis.report = report;`;

const bundled = await build({
  stdin: { contents: trial, resolveDir: new URL("../../..", import.meta.url).pathname },
  bundle: true,
  write: false,
  format: "esm",
  define: { __LIMPID_VERSION__: '"0"' },
});
const server = createServer((request, response) => {
  const isModule = request.url === "/module.js";
  response.writeHead(200, { "content-type": isModule ? "text/javascript" : "text/html" });
  response.end(
    isModule
      ? bundled.outputFiles[0]?.text
      : '<!doctype html><body></body><script type="module" src="/module.js"></script>',
  );
});
await new Promise((resolve) => server.listen(0, "localhost", () => resolve(undefined)));
const address = server.address();
const browser = await chromium.launch({
  executablePath: findChromium() ?? "chromium",
  args: ["--no-sandbox"],
});
try {
  const page = await browser.newPage();
  await page.goto(`http://localhost:${typeof address === "object" ? address?.port : ""}/`);
  const report = await page.waitForFunction("globalThis.report", undefined, { timeout: 180_000 });
  console.log(JSON.stringify(await report.jsonValue(), null, 2));
} finally {
  await browser.close();
  server.close();
}

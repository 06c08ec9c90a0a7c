// npm run example -- NAME [--port PORT]: builds an example, the package first if need be, and serves it on this machine.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildFigmaPlugins } from "../examples/figma-plugin/build.mjs";
import { buildExamples, miniPaintCopy } from "../examples/gallery/build.mjs";
import { exampleNames } from "../examples/gallery/examples.mjs";
import { buildPlugin } from "../examples/photopea-plugin/build.mjs";
import { buildPlayground } from "../examples/playground/build.mjs";
import { serveFolder } from "../examples/shared/static-server.mjs";
import { buildDist, root } from "./dist.mjs";

const out = join(root, "build");
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { port: { type: "string", default: "8080" } },
});
const [name, ...rest] = positionals;
const port = Number(values.port);
if (name === undefined || rest.length > 0 || !exampleNames.some((known) => known === name)) {
  fail(`Usage: npm run example -- NAME [--port PORT]\n\nNAME is one of ${exampleNames.join(", ")}.`);
}
if (!Number.isInteger(port) || port < 0 || port > 65_535) fail(`--port ${values.port} is no port`);
await buildDist();
if (name === "playground") await servePlayground();
else if (name === "photopea-plugin") await servePhotopeaPlugin();
else if (name === "figma-plugin") await serveFigmaPlugin();
else await servePage(name);

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(message);
  process.exit(2);
}

async function servePlayground() {
  const folder = await buildPlayground();
  // The page brings its policy itself, for hosts that send no headers; its workers get theirs from the server.
  const policy =
    /content="(default-src[^"]*)"/.exec(readFileSync(join(folder, "index.html"), "utf8"))?.[1] ?? "";
  const origin = await serve(folder, { "content-security-policy": policy });
  tell(`${origin}/`, folder);
}

/** @param {string} page - of the gallery */
async function servePage(page) {
  const folder = await buildExamples({ miniPaint: miniPaintCopy() });
  const origin = await serve(folder);
  tell(`${origin}/${page}/`, folder);
}

async function servePhotopeaPlugin() {
  const folder = join(out, "photopea-plugin");
  // Its address stands in what is built, so it has to be known before.
  const origin = await serve(folder);
  await buildPlugin({ url: `${origin}/`, out: folder });
  console.log(`In https://www.photopea.com choose Window, Plugins, Add Plugin, and paste:\n`);
  console.log(readFileSync(join(folder, "plugin.json"), "utf8"));
  tell(`${origin}/`, folder);
}

async function serveFigmaPlugin() {
  const folder = join(out, "figma-plugin");
  const site = join(folder, "hosted", "site");
  const origin = await serve(site);
  await buildFigmaPlugins({ url: `${origin}/`, out: folder });
  console.log(
    "In Figma's desktop app choose Plugins, Development, Import plugin from manifest, and one of\n",
  );
  console.log(`  ${join(folder, "hosted", "manifest.json")}  (whose window is served from here)`);
  console.log(`  ${join(folder, "offline", "manifest.json")}  (which needs no server)\n`);
  tell(`${origin}/`, site);
}

/** @param {string} folder @param {Record<string, string>} [headers] @returns {Promise<string>} the origin */
async function serve(folder, headers = {}) {
  const { origin } = await serveFolder(folder, { port, headers }).catch((error) => {
    // Another program has the port: any free one will do.
    if (error.code !== "EADDRINUSE") throw error;
    return serveFolder(folder, { headers });
  });
  return origin;
}

/** @param {string} address @param {string} folder */
function tell(address, folder) {
  console.log(`${name} is at ${address}  (Ctrl+C ends it; the same files for any server are in ${folder})`);
}

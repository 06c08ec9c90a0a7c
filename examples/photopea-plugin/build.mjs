// node examples/photopea-plugin/build.mjs --url https://example.org/limpid/ [--out FOLDER]
//
// Writes the plugin as static files that any https host can serve, and `plugin.json`, which is what Photopea asks for.
// `--photopea ORIGIN` is for a Photopea on a server of your own, `--model FOLDER` for another model, `--pack FOLDER`, as often as
// you like, for packs that come with the plugin: browsers keep nothing for a panel in another site's page.
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { copyAssets } from "../../bin/limpid-assets.mjs";
import { panelStyle, readPage } from "../panel/page.mjs";
import { pageBuild } from "../shared/page-build.mjs";

const folder = dirname(fileURLToPath(import.meta.url));
const root = resolve(folder, "../..");

/**
 * Builds the plugin.
 *
 * @param {object} options
 * @param {string} options.url - where it will be served, with a slash at its end
 * @param {string} [options.out] - where the files go
 * @param {string} [options.photopea] - origin of the Photopea that it is a panel of
 * @param {string} [options.model] - folder with the model's `model.json`
 * @param {readonly string[]} [options.packs] - folders of packs that come with it
 */
export async function buildPlugin({
  url,
  out = join(root, "build", "photopea-plugin"),
  photopea = "https://www.photopea.com",
  model = join(root, "models"),
  packs = [],
}) {
  const address = new URL(url);
  if (!address.href.endsWith("/")) throw new Error(`--url ${url} must end with a slash`);
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  await build({
    ...pageBuild,
    entryPoints: [join(folder, "src", "panel.ts")],
    outdir: out,
    splitting: true,
    format: "esm",
    chunkNames: "chunks/[name]-[hash]",
    define: {
      PHOTOPEA_ORIGIN: JSON.stringify(new URL(photopea).origin),
      PACKS: JSON.stringify(packs.map((path) => `packs/${basename(path)}/`)),
    },
  });
  writeFileSync(join(out, "index.html"), readPage(join(folder, "index.html")));
  writeFileSync(join(out, "panel.css"), panelStyle);
  cpSync(join(folder, "icon.svg"), join(out, "icon.svg"));
  copyAssets(join(out, "limpid"), { model });
  for (const path of packs) cpSync(path, join(out, "packs", basename(path)), { recursive: true });
  // Photopea recolours an icon whose address starts with `===` to fit its theme.
  const plugin = { name: "Limpid", url: address.href, icon: `===${new URL("icon.svg", address).href}` };
  writeFileSync(join(out, "plugin.json"), `${JSON.stringify(plugin, null, 2)}\n`);
  return out;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      url: { type: "string", default: "http://localhost:8000/" },
      out: { type: "string" },
      photopea: { type: "string" },
      model: { type: "string" },
      pack: { type: "string", multiple: true },
    },
  });
  const { pack: packs = [], ...options } = values;
  console.log(await buildPlugin({ ...options, packs }));
}

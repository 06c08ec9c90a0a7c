// npm run example-packs -- --photos FOLDER [--only NAME] [--steps N] [--out FOLDER] [--backend B] [--model FOLDER]: trains the
// packs of examples/packs on a folder of clean photos, with a fixed seed: weights, golden samples, pictures, manifests.
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildDist, root } from "./dist.mjs";

// npm runs scripts in the package's folder; the paths are relative to the caller's.
const caller = process.env.INIT_CWD ?? process.cwd();
const { values } = parseArgs({
  options: {
    photos: { type: "string" },
    only: { type: "string" },
    steps: { type: "string", default: "300" },
    out: { type: "string" },
    model: { type: "string" },
    backend: { type: "string", default: "wasm" },
  },
});
if (values.photos === undefined)
  throw new Error("--photos FOLDER: a folder of clean photos, some hundred of any kind");

const packs = join(root, "examples", "packs");
const names = readdirSync(packs).filter((name) => values.only === undefined || name === values.only);
if (names.length === 0) throw new Error(`examples/packs has no ${values.only}`);
process.chdir(root);
await buildDist();
for (const name of names) {
  let folder = join(packs, name);
  if (values.out !== undefined) {
    // A trial leaves the checkout as it is.
    const copy = resolve(caller, values.out, name);
    mkdirSync(copy, { recursive: true });
    if (!existsSync(join(copy, "package.json"))) cpSync(folder, copy, { recursive: true });
    folder = copy;
  }
  const args = ["pack", "train", folder, "--photos", resolve(caller, values.photos)];
  args.push("--recipe", join(folder, "recipes", `${name}.js`), "--seed", "1", "--steps", values.steps);
  args.push("--backend", values.backend, ...(values.model ? ["--model", resolve(caller, values.model)] : []));
  const code = await new Promise((done) => {
    spawn(process.execPath, [join(root, "dist", "cli.js"), ...args], { stdio: "inherit" }).on("close", done);
  });
  if (code !== 0) process.exit(Number(code ?? 1));
}

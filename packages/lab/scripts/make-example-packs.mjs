// npm run example-packs -- --photos FOLDER [--only NAME] [--steps N] [--out FOLDER] [--backend B] [--model FOLDER]: trains the
// packs of examples/packs on a folder of clean photos, with a fixed seed, checks and builds them, and writes what was measured
// into their READMEs. A pack is put in place whole, once it has passed its check; a training that was interrupted goes on.
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildDist, root } from "../../../scripts/dist.mjs";

/**
 * What `pack train --json` prints.
 *
 * @typedef {object} TrainingReport
 * @property {string} backend
 * @property {{ training: number, heldOut: number }} pictures
 * @property {number} steps
 * @property {{ input: number, backbone: number, best: number }} heldOut
 * @property {{ recall: number, falseAlarmsOnClean: number, falseAlarmsOnOthers: number }} router
 */

// npm runs scripts in the package's folder; the paths are relative to the caller's.
const caller = process.env.INIT_CWD ?? process.cwd();
const { values } = parseArgs({
  options: {
    photos: { type: "string" },
    only: { type: "string" },
    steps: { type: "string", default: "300" },
    out: { type: "string" },
    model: { type: "string", default: join(root, "models") },
    backend: { type: "string", default: "wasm" },
  },
});
if (values.photos === undefined)
  throw new Error("--photos FOLDER: a folder of clean photos, some hundred of any kind");
const photos = resolve(caller, values.photos);
const model = resolve(caller, values.model);
const packs = join(root, "examples", "packs");
/** What the trainer and the build make; the rest of a pack is the author's. */
const made = ["experts", "golden", "training", "package.json", "integrity.json", "README.md"];

const names = readdirSync(packs).filter((name) => values.only === undefined || name === values.only);
if (names.length === 0) throw new Error(`examples/packs has no ${values.only}`);
process.chdir(root);
await buildDist();
for (const name of names) await makePack(name);

/** @param {string} name - of a folder of examples/packs */
async function makePack(name) {
  const started = performance.now();
  const target = values.out === undefined ? join(packs, name) : join(resolve(caller, values.out), name);
  // Another base, another folder: what was begun for one cannot go on with the other.
  const { backbone } = JSON.parse(readFileSync(join(model, "model.json"), "utf8"));
  const folder = join(root, "build", "example-packs", `${name}-${backbone.tensorSha256.slice(0, 12)}`);
  mkdirSync(folder, { recursive: true });
  for (const file of ["LICENSE", "README.md", "package.json", "recipes"]) {
    cpSync(join(packs, name, file), join(folder, file), { recursive: true });
  }
  const engine = ["--backend", values.backend, "--model", model];
  const recipe = join(folder, "recipes", `${name}.js`);
  const printed = await run(
    ["pack", "train", folder, "--photos", photos, "--recipe", recipe, "--seed", "1"],
    ["--steps", values.steps, "--json", ...engine],
  );
  /** @type {TrainingReport} */
  const report = JSON.parse(printed);
  const readme = readFileSync(join(folder, "README.md"), "utf8");
  writeFileSync(join(folder, "README.md"), describe(readme, report));
  process.stdout.write(await run(["pack", "build", folder, "-o", join(folder, "pack.tgz")], []));
  const clean = join(root, "examples", "photos", "clean");
  process.stdout.write(await run(["pack", "check", folder, "--clean", clean], engine));
  mkdirSync(target, { recursive: true });
  for (const file of made) rmSync(join(target, file), { recursive: true, force: true });
  for (const file of [...made, "LICENSE", "recipes"]) {
    if (existsSync(join(folder, file))) cpSync(join(folder, file), join(target, file), { recursive: true });
  }
  rmSync(folder, { recursive: true });
  const minutes = (performance.now() - started) / 60_000;
  console.log(`${name}: ${measured(report)}\n${target}, in ${minutes.toFixed(1)} minutes`);
}

/** @param {TrainingReport} report @returns {string} what was measured, in three sentences */
function measured({ heldOut, router, pictures }) {
  const percent = (/** @type {number} */ share) => `${Math.round(100 * share)} %`;
  return (
    `On parts of ${pictures.heldOut} photos that were held out, at every severity: ${heldOut.input.toFixed(1)} dB as they ` +
    `are, ${heldOut.backbone.toFixed(1)} dB by the backbone alone, ${heldOut.best.toFixed(1)} dB with the expert. ` +
    `The router finds the fault on ${percent(router.recall)} of them, by mistake on ` +
    `${percent(router.falseAlarmsOnClean)} without a fault and ${percent(router.falseAlarmsOnOthers)} with another one.`
  );
}

/** @param {string} readme @param {TrainingReport} report @returns {string} the README with the section of measures renewed */
function describe(readme, report) {
  const section = /(^## What it gains\n\n)[^]*?(?=^## )/m;
  if (!section.test(readme)) throw new Error('the README has no section "What it gains"');
  const { steps, pictures } = report;
  const lines = wrap(`${measured(report)} Trained in ${steps} steps, on ${pictures.training} photos.`);
  return readme.replace(section, (_, heading) => `${heading}${lines}\n\n`);
}

/** @param {string} text @returns {string} in lines of 120 characters at most */
function wrap(text) {
  return text.replace(/(.{1,120})(?: |$)/g, "$1\n").trimEnd();
}

/**
 * @param {string[]} args
 * @param {string[]} more
 * @returns {Promise<string>} standard output; rejects if the command fails
 */
function run(args, more) {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [join(root, "packages/cli/dist/main.js"), ...args, ...more], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (part) => (output += part));
    child.on("error", fail);
    child.on("close", (code) => {
      if (code === 0) done(output);
      else fail(new Error(`${output}limpid ${args.slice(0, 2).join(" ")} ended with exit code ${code}`));
    });
  });
}

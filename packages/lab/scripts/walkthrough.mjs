// npm run walkthrough -- [--photos FOLDER] [--steps N] [--router-views N] [--model FOLDER] [--work FOLDER]: from a folder of
// photos to a published pack, by the commands of docs/authoring/README.md and nothing else; then into a page in Chromium, in
// the middle of a restore, and out again. Each step prints what was measured; the exit code is 1 if one does not hold.
import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import sharp from "sharp";
import { extract } from "tar";
import { buildDist, root } from "../../../scripts/dist.mjs";
import { findChromium } from "../../../scripts/machine.mjs";
import { serveWalk } from "./walkthrough-server.mjs";

/** @typedef {import("../../../test/limpid/pages/walk.js").WalkPage} WalkPage */
/** @typedef {import("../../../test/limpid/pages/walk.js").WalkRestore} WalkRestore */

// npm runs scripts in the package's folder; the paths are relative to the caller's.
const caller = process.env.INIT_CWD ?? process.cwd();
const { values } = parseArgs({
  options: {
    photos: { type: "string", default: join(root, "examples", "photos", "clean") },
    steps: { type: "string" },
    "router-views": { type: "string" },
    model: { type: "string", default: join(root, "models") },
    work: { type: "string" },
  },
});
const photos = resolve(caller, values.photos);
const model = resolve(caller, values.model);
const work =
  values.work === undefined ? mkdtempSync(join(tmpdir(), "limpid-walk-")) : resolve(caller, values.work);
const packName = "acme-limpid-unfade";
/** Side of the pairs, in pixels, and most pairs that are made. */
const [pairSide, mostPairs] = [192, 240];
/** What the pack must gain over the best that Limpid does without it, in dB. */
const leastGain = 1;
/** Most photos that are kept apart, and one of so many photos is. */
const [mostApart, apartShare] = [12, 16];
/** What share of photos with the fault the router must send to the pack, and may of those without it. */
const [leastRecall, mostFalseAlarms] = [0.75, 0.1];
const tileSize = 64;
let failures = 0;

mkdirSync(work, { recursive: true });
await buildDist();
try {
  const apart = await makePairs();
  await followGuide();
  const folder = await publish();
  await walk(folder, apart);
} finally {
  if (values.work === undefined) rmSync(work, { recursive: true });
}
console.log(failures === 0 ? "every step holds" : `${failures} steps do not hold`);
process.exitCode = failures === 0 ? 0 : 1;

/** @typedef {{ name: string, before: Buffer, after: Buffer }} Apart - a photo with the fault and without, as PNG files */

/**
 * Fades photos as slides fade: the dyes go at different speeds, cyan first, so that the picture pales and turns red. Some
 * photos are kept apart.
 *
 * @returns {Promise<Apart[]>} the photos that were kept apart
 */
async function makePairs() {
  const files = readdirSync(photos)
    .filter((name) => /\.(?:jpe?g|png|webp)$/i.test(name))
    .sort();
  if (files.length < 2)
    throw new Error(`${photos}: two photos are needed at least, one of them to be kept apart`);
  const stride = Math.max(apartShare, Math.ceil(files.length / mostApart));
  const isApart = (/** @type {number} */ index) => (files.length - 1 - index) % stride === 0;
  const [kept, learnt] = [true, false].map((side) => files.filter((_, index) => isApart(index) === side));
  if (kept === undefined || learnt === undefined) throw new Error("unreachable");
  const pairs = join(work, "collected");
  for (const side of ["before", "after"]) mkdirSync(join(pairs, side), { recursive: true });
  let count = 0;
  const perPhoto = Math.ceil(mostPairs / learnt.length);
  for (const file of learnt) {
    if (count === mostPairs) break;
    const parts = (await cut(join(photos, file))).slice(0, perPhoto);
    for (const part of parts) {
      if (count === mostPairs) break;
      const name = `${String(count).padStart(3, "0")}.png`;
      await toPng(part).toFile(join(pairs, "after", name));
      await toPng(fade(part, count)).toFile(join(pairs, "before", name));
      count++;
    }
  }
  /** @type {(Apart & { damage: number })[]} */
  const apart = [];
  for (const [index, name] of kept.reverse().entries()) {
    const part = /** @type {Picture} */ ((await cut(join(photos, name), 256))[0]);
    const faded = fade(part, index + 3);
    const [before, after] = await Promise.all([toPng(faded).toBuffer(), toPng(part).toBuffer()]);
    const damage = part.data.reduce((sum, value, at) => sum + (value - (faded.data[at] ?? 0)) ** 2, 0);
    apart.push({ name, before, after, damage });
  }
  // The one that is restored in every way comes first: the one that faded neither most nor least.
  apart.sort((a, b) => a.damage - b.damage);
  apart.unshift(...apart.splice(Math.floor(apart.length / 2), 1));
  console.log(
    `${count} pairs of ${pairSide} x ${pairSide} pixels from ${learnt.length} photos; ${kept.length} are kept apart`,
  );
  return apart;
}

/** @typedef {{ width: number, height: number, data: Buffer }} Picture */

/** @param {string} path @param {number} [side] @returns {Promise<Picture[]>} squares of a photo, from its middle outwards */
async function cut(path, side = pairSide) {
  const image = sharp(path).rotate().removeAlpha().toColourspace("srgb");
  const resized = image.resize({ width: 1024, height: 1024, fit: "inside", withoutEnlargement: true });
  const { data, info } = await resized.raw().toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const places = [];
  for (let top = Math.floor((height % side) / 2); top + side <= height; top += side) {
    for (let left = Math.floor((width % side) / 2); left + side <= width; left += side)
      places.push({ left, top });
  }
  const distance = (/** @type {{ left: number, top: number }} */ { left, top }) =>
    Math.hypot(left + side / 2 - width / 2, top + side / 2 - height / 2);
  places.sort((a, b) => distance(a) - distance(b));
  const raw = { raw: { width, height, channels: /** @type {const} */ (3) } };
  return Promise.all(
    places.map(async (place) => ({
      width: side,
      height: side,
      data: await sharp(data, raw)
        .extract({ ...place, width: side, height: side })
        .raw()
        .toBuffer(),
    })),
  );
}

/** @param {Picture} picture @param {number} index - decides how much @returns {Picture} */
function fade({ width, height, data }, index) {
  const strength = 0.5 + 0.5 * ((index * 0.618) % 1);
  // What is left of the contrast of red, green and blue, and how light black has become.
  const kept = [0.75, 0.5, 0.55].map((share) => 1 - strength * (1 - share));
  const lifted = [0.22, 0.12, 0.1].map((light) => strength * light * 255);
  const faded = data.map((value, at) =>
    Math.round(
      Math.min(/** @type {number} */ (lifted[at % 3]) + value * /** @type {number} */ (kept[at % 3]), 255),
    ),
  );
  return { width, height, data: Buffer.from(faded) };
}

/** @param {Picture} picture @returns {import("sharp").Sharp} */
function toPng({ width, height, data }) {
  return sharp(data, { raw: { width, height, channels: 3 } }).png();
}

/** Runs the commands of the guide in their order; in between does what the guide says in words. */
async function followGuide() {
  const guide = readFileSync(join(root, "docs", "authoring", "README.md"), "utf8");
  const commands = [...guide.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = ""]) =>
    block.trimEnd().split("\n"),
  );
  for (const command of commands) {
    const [program, ...args] = command.split(" ");
    if (program !== "limpid") continue; // npm publish: what it would publish is installed below
    if (args[1] === "train") {
      const readme = join(work, "unfade", "README.md");
      const text = readFileSync(readme, "utf8");
      writeFileSync(
        readme,
        text.replace(/\[\[.*?\]\]/g, "Slides that have paled and turned red; not those with mould."),
      );
      for (const side of ["before", "after"]) copyPairs(side);
      args.push(...["steps", "router-views"].flatMap((name) => optionOf(/** @type {"steps"} */ (name))));
    }
    if (args[1] === "train" || args[1] === "check") args.push("--model", model, "--backend", "wasm");
    const started = performance.now();
    console.log(`$ ${command}`);
    const printed = await run(args);
    if (args[1] === "train") expectRecall(printed);
    console.log(`  ${((performance.now() - started) / 1000).toFixed(1)} s`);
  }
}

/** @param {string} report - what `pack train` printed of photos that it held out */
function expectRecall(report) {
  const [, recall] = /recall (\d+) %/.exec(report) ?? [];
  if (recall === undefined) throw new Error("pack train says nothing of the router row's recall");
  const what = `the router row finds the fault on ${recall} % of the pictures that the training held out`;
  expect(Number(recall) >= 100 * leastRecall, what);
}

/** @param {"steps" | "router-views"} name @returns {string[]} */
function optionOf(name) {
  const value = values[name];
  return value === undefined ? [] : [`--${name}`, value];
}

/** @param {string} side */
function copyPairs(side) {
  const folder = join(work, "unfade", "pairs", side);
  mkdirSync(folder, { recursive: true });
  const from = join(work, "collected", side);
  for (const name of readdirSync(from)) writeFileSync(join(folder, name), readFileSync(join(from, name)));
}

/** @param {string[]} args @returns {Promise<string>} what it printed; rejects if the command fails */
function run(args) {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [join(root, "packages/cli/dist/main.js"), ...args], {
      cwd: work,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let printed = "";
    child.stdout.setEncoding("utf8").on("data", (/** @type {string} */ part) => {
      printed += part;
      process.stdout.write(part);
    });
    child.on("error", fail);
    child.on("close", (code) =>
      code === 0 ? done(printed) : fail(new Error(`limpid ${args.join(" ")}: exit code ${code}`)),
    );
  });
}

/** Unpacks the tarball as a host of npm packages does. @returns {Promise<string>} the folder to serve */
async function publish() {
  const folder = join(work, "published");
  mkdirSync(folder, { recursive: true });
  const tarball = readdirSync(work).find((name) => name.startsWith(packName) && name.endsWith(".tgz"));
  if (tarball === undefined) throw new Error(`pack build made no ${packName}-*.tgz`);
  await extract({ file: join(work, tarball), cwd: folder, strip: 1 });
  console.log(
    `published: ${basename(tarball)}, ${readdirSync(folder, { recursive: true }).length} files and folders`,
  );
  return folder;
}

/**
 * Installs the pack into a page in the middle of a restore, uses it, and removes it.
 *
 * @param {string} folder - of the pack
 * @param {Apart[]} apart - photos that it was not trained on; the first one is restored in every way
 */
async function walk(folder, apart) {
  const files = apart.flatMap(({ before, after }, index) => [
    [`${index}-before.png`, before],
    [`${index}-after.png`, after],
  ]);
  const server = await serveWalk({
    model,
    packs: { unfade: folder },
    files: /** @type {Record<string, Buffer>} */ (Object.fromEntries(files)),
  });
  const executablePath = findChromium();
  if (executablePath === undefined || !existsSync(executablePath))
    throw new Error("Chromium is missing: set CHROMIUM_PATH");
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage();
    page.on("pageerror", (error) => expect(false, `the page threw: ${error.message}`));
    await page.goto(server.origin);
    await page.waitForFunction("typeof walk === 'object'", undefined, { timeout: 120_000 });
    /**
     * @template {keyof WalkPage} K
     * @param {K} name
     * @param {Parameters<WalkPage[K]>} args
     * @returns {Promise<Awaited<ReturnType<WalkPage[K]>>>}
     */
    const call = (name, ...args) =>
      page.evaluate(
        ([method, given]) => Reflect.get(globalThis, "walk")[method](...given),
        /** @type {const} */ ([name, args]),
      );

    const {
      experts: shipped,
      input,
      width,
      height,
    } = await call("start", {
      model: "/models/",
      wasm: "/wasm/",
      before: "/files/0-before.png",
      after: "/files/0-after.png",
    });
    console.log(
      `${await browser.version()}: a photo of ${width} x ${height}, faded to ${input.toFixed(2)} dB`,
    );
    const own = /** @type {{ id: string, degradation: string }} */ ({
      id: "acme.faded",
      degradation: "faded",
    });
    let best = { name: "the damaged photo", psnr: input };
    for (const experts of [undefined, [], ...shipped.map((id) => [id])]) {
      const { psnr, mixture } = await call("restore", { ...(experts && { experts }), tileSize });
      const name =
        experts === undefined ? `the router (${describe(mixture)})` : (experts[0] ?? "the backbone alone");
      if ((psnr ?? 0) > best.psnr) best = { name, psnr: psnr ?? 0 };
      console.log(`  without the pack, ${name}: ${decibels(psnr)}`);
    }
    const undisturbed = await call("restore", { experts: shipped.slice(0, 1), tileSize });
    const routedBefore = await call("restore", { tileSize });
    const cleanBefore = await call("restore", { tileSize, isClean: true });
    const held = await call("held");

    const disturbed = await call("restore", {
      experts: shipped.slice(0, 1),
      tileSize,
      install: "/packs/unfade/",
    });
    console.log(
      `installed ${disturbed.pack} from ${server.origin}/packs/unfade/ after tile ${disturbed.installedAfter} of ${disturbed.tiles}`,
    );
    expect(
      disturbed.sha256 === undisturbed.sha256,
      "the restore that was under way is as without the pack, bit for bit",
    );

    const routed = await call("restore", { tileSize });
    console.log(`with the pack, the router chooses ${describe(routed.mixture)}: ${decibels(routed.psnr)}`);
    expect(routed.mixture[0]?.expert === own.id, `the router sends the photo to ${own.id}`);
    const gain = (routed.psnr ?? 100) - best.psnr;
    expect(
      gain >= leastGain,
      `${gain.toFixed(2)} dB better than the best without it, which is ${best.name} with ${best.psnr.toFixed(2)} dB`,
    );
    const clean = await call("restore", { tileSize, isClean: true });
    console.log(`the photo without the fault: ${describe(clean.mixture)}, ${decibels(clean.psnr)}`);
    expect(
      clean.mixture.every(({ expert }) => expert !== own.id),
      "the photo without the fault is not sent to the pack",
    );

    const found = { faded: 0, clean: 0, better: 0 };
    for (const [index, { name }] of apart.entries()) {
      const [before, after] = [`/files/${index}-before.png`, `/files/${index}-after.png`];
      const faded = await call("route", { before, after });
      const unfaded = await call("route", { before: after, after });
      const [isFound, isAlarm] = [faded, unfaded].map(({ mixture }) => mixture[0]?.expert === own.id);
      if (isFound) found.faded++;
      if (isAlarm) found.clean++;
      if (isFound && (faded.psnr ?? 100) - (faded.input ?? 100) >= leastGain) found.better++;
      console.log(
        `  ${name}: ${describe(faded.mixture)}, ${decibels(faded.input)} -> ${decibels(faded.psnr)}; ` +
          `without the fault ${describe(unfaded.mixture)}`,
      );
    }
    expect(
      found.faded >= leastRecall * apart.length,
      `of ${apart.length} photos that were kept apart, ${found.faded} are sent to ${own.id}`,
    );
    expect(found.better === found.faded, `of these, ${found.better} gain ${leastGain} dB or more`);
    expect(
      found.clean <= Math.ceil(mostFalseAlarms * apart.length),
      `of the same photos without the fault, ${found.clean} are`,
    );

    await call("uninstall", "acme.limpid-unfade");
    const after = await call("held");
    console.log(`unloaded: ${after.bytes} bytes, ${after.listeners} listeners, ${after.files} files`);
    expect(
      JSON.stringify(after) === JSON.stringify(held),
      "bytes, listeners, experts and files are as before the pack",
    );
    const same = [await call("restore", { tileSize }), await call("restore", { tileSize, isClean: true })];
    expect(
      same[0]?.sha256 === routedBefore.sha256 && same[1]?.sha256 === cleanBefore.sha256,
      "both photos come out as before the pack, bit for bit",
    );
  } finally {
    await browser.close();
    await server.close();
  }
}

/** @param {boolean} holds @param {string} what */
function expect(holds, what) {
  if (!holds) failures++;
  console.log(`${holds ? "  ok" : "  FAILED"}: ${what}`);
}

/** @param {number | null} psnr @returns {string} */
function decibels(psnr) {
  return psnr === null ? "equal" : `${psnr.toFixed(2)} dB`;
}

/** @param {WalkRestore["mixture"]} mixture @returns {string} */
function describe(mixture) {
  return mixture.map(({ expert, weight }) => `${expert} x ${weight.toFixed(2)}`).join(" + ") || "no expert";
}

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import sharp from "sharp";
import { readImageFile } from "../../packages/cli/src/files/index.js";
import { modelFromDirectory, packFromDirectory } from "../../src/node/index.js";
import { createLimpid } from "../../src/sdk/limpid/index.js";
import { packMatchers, type PackMatchers } from "../../src/testing/index.js";
import { makePhotos } from "../training/training-suite.js";
import { limpid, writePhoto, writeTinyModel } from "./command.js";
import { readManifest, writeFile } from "./pack-folder.js";

/** The commands of the page, in their order. */
const page = readFileSync("docs/authoring/README.md", "utf8");
const commands = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = ""]) =>
  block.trimEnd().split("\n"),
);

/** What makes it short: a tiny model, and a training of a few steps, through options that everybody has. */
const engine = (model: string): string[] => ["--model", model, "--backend", "wasm"];
const short = ["--steps", "12", "--patch", "8", "--batch", "2", "--rank", "2", "--router-views", "15"];

let folder: string;
let model: string;
const start = process.cwd();

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "limpid-authoring-"));
  model = writeTinyModel(join(folder, "model"), { bias: -20, scale: 0.15 });
  process.chdir(folder);
});

afterAll(() => {
  process.chdir(start);
  rmSync(folder, { recursive: true });
});

/** What the author does between two commands. */
async function act(command: string): Promise<void> {
  if (command.startsWith("limpid pack try")) await writePhoto("slide.jpg", { width: 48, height: 32 });
  if (!command.startsWith("limpid pack train")) return;
  const readme = readFileSync("unfade/README.md", "utf8");
  writeFile(
    "unfade",
    "README.md",
    readme.replace(/\[\[.*?\]\]/g, "Slides of the author's own, and where they fail."),
  );
  for (const side of ["before", "after"]) mkdirSync(join("unfade", "pairs", side));
  for (const { name, image } of makePhotos(6)) {
    const { width, height } = image;
    const raw = { width, height, channels: 3 } as const;
    const data = image.data as Uint8Array;
    const faded = data.map((value) => Math.round(value * 0.55));
    await sharp(data, { raw }).toFile(join("unfade", "pairs", "after", name));
    await sharp(faded, { raw }).toFile(join("unfade", "pairs", "before", name));
  }
}

test("every command of the page does what it says", async () => {
  const ran: string[] = [];
  for (const command of commands) {
    await act(command);
    const [program, group = "", name = "", ...args] = command.split(" ");
    ran.push(`${program} ${group}${program === "limpid" ? ` ${name}` : ""}`);
    // What npm would publish was built, inspected and verified before.
    if (program === "npm") continue;
    const isComputed = ["train", "check", "try"].includes(name) || group === "restore";
    const more = [
      ...(name === "train" ? short : []),
      ...(isComputed ? engine(model) : group === "packs" ? ["--model", model] : []),
    ];
    const { code, stdout, stderr } = await limpid([group, name, ...args, ...more], { packsFolder: "packs" });
    expect([command, code, code === 0 ? "" : stdout + stderr]).toEqual([command, 0, ""]);
  }
  expect(ran).toEqual([
    "limpid pack create",
    "limpid pack train",
    "limpid pack try",
    "limpid pack check",
    "limpid pack keygen",
    "limpid pack build",
    "limpid pack inspect",
    "limpid restore slide.jpg",
    "limpid packs install",
    "npm publish",
  ]);
});

test("the pack that came of it installs, and passes the matchers that its own test uses", async () => {
  const instance = await createLimpid({ model: modelFromDirectory(model), backend: "wasm" });
  const { version, contributes } = readManifest("unfade") as {
    version: string;
    contributes: { experts: { id: string; golden: { before: string; after: string; psnr: number } }[] };
  };
  const { id, version: installed } = await instance.packs.install(packFromDirectory("unfade"));
  expect([id, installed]).toEqual(["acme.limpid-unfade", version]);
  const [{ id: expert, golden }] = contributes.experts as [(typeof contributes.experts)[0]];
  const [before, after] = await Promise.all(
    [golden.before, golden.after].map(async (path) => (await readImageFile(join("unfade", path))).image),
  );
  const matchers: PackMatchers = packMatchers;
  const chosen = { experts: [{ id: expert }] };
  expect(
    await matchers.toRestore(instance, before!, after!, { ...chosen, psnr: golden.psnr - 0.05 }),
  ).toMatchObject({
    pass: true,
  });
  const better = await matchers.toRestore(instance, before!, after!, { ...chosen, psnr: golden.psnr + 10 });
  expect([better.pass, better.message()]).toEqual([
    false,
    expect.stringMatching(
      /^expected acme\.faded to restore the image to more than [\d.]+ dB, .*; it comes to [\d.]+ dB$/,
    ),
  ]);
  expect(await matchers.toRestore(instance, after!, after!, chosen)).toMatchObject({ pass: false });
  expect(await matchers.toKeepClean(instance, after!)).toMatchObject({ pass: true });
  instance.dispose();
});

test("the page names every key of the schema", () => {
  const { properties } = JSON.parse(readFileSync(join(start, "schemas/extension.schema.json"), "utf8")) as {
    properties: { contributes: { properties: object } };
  };
  for (const key of Object.keys(properties.contributes.properties))
    expect(page).toMatch(new RegExp(`\`(?:contributes\\.)?${key}\``));
  for (const key of [
    "publisher",
    "browser",
    "activationEvents",
    "capabilities",
    "extensionDependencies",
    "enabledApiProposals",
  ]) {
    expect(properties).toHaveProperty(key);
    expect(page).toContain(`\`${key}\``);
  }
});

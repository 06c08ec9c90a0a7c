// The packages as npm packs them, in empty folders, without a network.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { parse as parseYaml } from "yaml";
import { buildDist } from "../../scripts/dist.mjs";
import { decodePng, encodePng } from "../../src/sdk/image/index.js";
import { installDependencies, installPacked, manifestOf } from "./install-offline.js";
import { noisyPhoto } from "./noisy-photo.js";

let root: string;
let app: string;
let packages: ReadonlyMap<string, string>;

/** Runs a program of Node in a folder, whose modules are found from there. */
const node = (cwd: string, ...args: readonly string[]): string =>
  execFileSync(process.execPath, args, { cwd, encoding: "utf8", stdio: "pipe" });

beforeAll(async () => {
  await buildDist();
  mkdirSync("build", { recursive: true });
  root = resolve(mkdtempSync(join("build", "packages-")));
  app = join(root, "app");
  await installPacked("limpid", app, root);
  packages = installDependencies(app, "limpid");
  writeFileSync(join(app, "package.json"), JSON.stringify({ name: "app", type: "module" }));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** tfjs's packages, and what only they need. */
const isOfTfjs = (place: string): boolean =>
  /node_modules\/(@tensorflow|@types|@webgpu)\//.test(place) ||
  /\/(long|seedrandom|node-fetch|whatwg-url|tr46|webidl-conversions|string_decoder|safe-buffer)$/.test(place);

test("limpid brings no native code, no install script and few packages", () => {
  const places = [...packages.keys()];
  expect(places.filter((place) => !isOfTfjs(place)).length).toBeLessThanOrEqual(40);
  for (const [place, folder] of [...packages, ["limpid", join(app, "node_modules/limpid")] as const]) {
    const { scripts = {} } = manifestOf(folder);
    const run = ["preinstall", "install", "postinstall"].filter((script) => script in scripts);
    const native = readdirSync(folder, { recursive: true }).filter((name) =>
      /\.node$|(^|\/)binding\.gyp$/.test(String(name)),
    );
    expect({ place, run, native }).toEqual({ place, run: [], native: [] });
  }
});

test.each(["node16", "bundler"])("the TypeScript recipe type-checks with resolution %s", (resolution) => {
  const folder = join(app, "typescript");
  cpSync("examples/apps/typescript", folder, { recursive: true });
  const check = (...options: readonly string[]) =>
    node(
      folder,
      resolve("node_modules/typescript/bin/tsc"),
      "--project",
      `tsconfig.${resolution}.json`,
      ...options,
    );
  expect(check()).toBe("");
  // What is wrong is seen.
  const source = readFileSync(join(folder, "restore.ts"), "utf8");
  writeFileSync(join(folder, "restore.ts"), source.replace("strength: 0.8", "strength: '0.8'"));
  expect(() => check("--skipLibCheck")).toThrow();
});

/** The code blocks of a guide in one language. */
const snippets = (guide: string, language: string): string[] =>
  readFileSync(guide, "utf8")
    .split("```")
    .filter((block, index) => index % 2 === 1 && block.startsWith(`${language}\n`))
    .map((block) => block.slice(language.length + 1));

test("the guides' TypeScript type-checks, and the Kubernetes manifest has the types of batch/v1", () => {
  const folder = join(app, "guides");
  mkdirSync(folder);
  const files: string[] = [];
  const add = (name: string, code: string): void => {
    writeFileSync(join(folder, name), code);
    files.push(name);
  };
  for (const name of readdirSync("docs/guides").filter((file) => file.endsWith(".md"))) {
    for (const [index, code] of snippets(join("docs/guides", name), "ts").entries()) {
      add(`${name}-${index}.ts`, code);
    }
  }
  expect(files.length).toBeGreaterThan(7);
  const manifests = snippets("docs/guides/cluster.md", "yaml");
  expect(manifests).toHaveLength(1);
  const typed = `import type { Job } from "kubernetes-types/batch/v1";\nexport const job: Job = `;
  add("job.ts", `${typed}${JSON.stringify(parseYaml(manifests[0]!))};\n`);
  const config = {
    moduleResolution: "bundler",
    module: "esnext",
    target: "es2022",
    strict: true,
    noEmit: true,
  };
  const compilerOptions = { ...config, skipLibCheck: true, types: ["node"] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  const check = () => node(folder, resolve("node_modules/typescript/bin/tsc"), "--project", "tsconfig.json");
  expect(check()).toBe("");
  writeFileSync(
    join(folder, "job.ts"),
    `${typed}${JSON.stringify({ spec: { completion: 16, template: {} } })};\n`,
  );
  expect(check).toThrow();
});

test("the Node recipe restores a PNG file", async () => {
  const folder = join(app, "node");
  cpSync("examples/apps/node", folder, { recursive: true });
  const photo = await noisyPhoto();
  writeFileSync(join(folder, "photo.png"), await encodePng(photo));
  expect(node(folder, "main.mjs", "photo.png", "restored.png")).toMatch(/^limpid\.denoise.* on /m);
  const { image } = await decodePng(readFileSync(join(folder, "restored.png")));
  expect([image.width, image.height, image.channels]).toEqual([photo.width, photo.height, photo.channels]);
  expect(image.data).not.toEqual(photo.data);
});

test("limpid-assets copies what a page loads, with the hash of each file", () => {
  const bin = join(
    "node_modules/limpid",
    (manifestOf(join(app, "node_modules/limpid")).bin as Record<string, string>)["limpid-assets"]!,
  );
  expect(node(app, bin, "public/limpid")).toMatch(/^\d+ files, [\d.]+ MB, in public\/limpid\n$/);
  const folder = join(app, "public/limpid");
  const { version, files } = JSON.parse(readFileSync(join(folder, "assets.json"), "utf8")) as {
    readonly version: string;
    readonly files: Readonly<Record<string, string>>;
  };
  expect(version).toBe(manifestOf(".").version);
  for (const [path, integrity] of Object.entries(files)) {
    const hash = createHash("sha256").update(readFileSync(join(folder, path)));
    expect(integrity).toBe(`sha256-${hash.digest("base64")}`);
  }
  expect(Object.keys(files)).toEqual(
    expect.arrayContaining([
      ...["limpid-worker.js", "extension-worker.js", "models/model.json", "models/backbone.safetensors"],
      "wasm/tfjs-backend-wasm-simd.wasm",
    ]),
  );
  // Wrong usage, and a model that is none.
  expect(() => node(app, bin)).toThrow(/Command failed/);
  expect(() => node(app, bin, "public/other", "--model", "public")).toThrow(/Command failed/);
  expect(existsSync(join(app, "public/other/assets.json"))).toBe(false);
});

test("limpid-cli is packed whole, and its command runs beside limpid", async () => {
  await installPacked("limpid-cli", app, root);
  installDependencies(app, "limpid-cli");
  const { version, bin } = manifestOf(join(app, "node_modules/limpid-cli"));
  const command = join("node_modules/limpid-cli", (bin as Record<string, string>).limpid!);
  expect(node(app, command, "--version").trim()).toContain(version);
});

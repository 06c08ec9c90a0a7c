// The packages as npm packs them, in empty folders, without a network.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
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
import { extract } from "tar";
import { buildDist } from "../../scripts/dist.mjs";
import { installDependencies, manifestOf } from "./install-offline.js";

let root: string;
let app: string;
let packages: ReadonlyMap<string, string>;

/** Packs a workspace and unpacks its tarball where npm would. */
async function unpack(workspace: string, target: string): Promise<void> {
  const output = execFileSync(
    "npm",
    ["pack", "--json", "--ignore-scripts", "--offline", "--pack-destination", root, "--workspace", workspace],
    { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
  );
  const [{ filename }] = JSON.parse(output) as [{ readonly filename: string }];
  const folder = join(target, "node_modules", workspace);
  mkdirSync(folder, { recursive: true });
  await extract({ file: join(root, filename), cwd: folder, strip: 1 });
}

/** Runs a program of Node in a folder, whose modules are found from there. */
const node = (cwd: string, ...args: readonly string[]): string =>
  execFileSync(process.execPath, args, { cwd, encoding: "utf8", stdio: "pipe" });

beforeAll(async () => {
  await buildDist();
  mkdirSync("build", { recursive: true });
  root = resolve(mkdtempSync(join("build", "packages-")));
  app = join(root, "app");
  await unpack("limpid", app);
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

const program = `import { createLimpid, PixelImage, type RestoreResult } from "limpid";
import { modelFromDirectory } from "limpid/node";

const limpid = await createLimpid({ model: modelFromDirectory(), backend: "wasm" });
const photo = new PixelImage({ width: 16, height: 16, channels: 3, data: new Uint8Array(768).fill(90) });
const options = { experts: [{ id: "limpid.denoise" }] };
const { image, mixture, backend }: RestoreResult = await limpid.restore(photo, options);
const ids: readonly string[] = mixture.map(({ expert }) => expert);
console.log(JSON.stringify([image.width, image.channels, ids, backend, limpid.isInWorker]));
limpid.dispose();
`;

test.each([
  ["node16", "node16"],
  ["bundler", "esnext"],
])("ten lines type-check with module resolution %s", (moduleResolution, module) => {
  writeFileSync(join(app, "program.ts"), program);
  const options = { moduleResolution, module, target: "es2022", strict: true, skipLibCheck: true, types: [] };
  const config = { compilerOptions: { ...options, noEmit: true }, files: ["program.ts"] };
  writeFileSync(join(app, "tsconfig.json"), JSON.stringify(config));
  expect(node(app, resolve("node_modules/typescript/bin/tsc"), "--project", "tsconfig.json")).toBe("");
  // What is wrong is seen.
  writeFileSync(join(app, "program.ts"), program.replace("width: 16", "width: '16'"));
  expect(() => node(app, resolve("node_modules/typescript/bin/tsc"), "--pretty", "false")).toThrow();
});

test("ten lines restore in Node", () => {
  const script = program
    .replace(", type RestoreResult", "")
    .replace(/: (RestoreResult|readonly string\[\])/g, "");
  writeFileSync(join(app, "program.mjs"), script);
  const output = node(app, "program.mjs").trim().split("\n").at(-1)!;
  expect(JSON.parse(output)).toEqual([16, 3, ["limpid.denoise"], "wasm", false]);
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
  await unpack("limpid-cli", app);
  installDependencies(app, "limpid-cli");
  const { version, bin } = manifestOf(join(app, "node_modules/limpid-cli"));
  const command = join("node_modules/limpid-cli", (bin as Record<string, string>).limpid!);
  expect(node(app, command, "--version").trim()).toContain(version);
});

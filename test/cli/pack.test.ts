import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  cpSync,
  readdirSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { zipSync } from "fflate";
import sharp from "sharp";
import { checkFiles } from "../../packages/cli/src/pack/check-files.js";
import { readPackFolder } from "../../packages/cli/src/pack/pack-contents.js";
import { version } from "../../src/sdk/base/index.js";
import { packFilesFromArchive } from "../../src/sdk/packs/index.js";
import { HostTensor, parseSafetensors, serializeSafetensors } from "../../src/sdk/weights/index.js";
import { limpid, writePhoto, writeTinyModel } from "./command.js";
import {
  changeManifest,
  fillPack,
  makeExpertFile,
  readManifest,
  writeFile,
  type Json,
} from "./pack-folder.js";

interface Finding {
  readonly rule: string;
  readonly path: string;
  readonly message: string;
}

let root: string;
let model: string;
let ready: string;
let folder: string;
let pack: string;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "limpid-pack-"));
  model = writeTinyModel(join(root, "model"), { bias: -20 });
  ready = join(root, "ready");
  const args = [
    "pack",
    "create",
    "@acme/limpid-halftone",
    "--publisher",
    "acme",
    "--degradation",
    "halftone",
  ];
  expect(await limpid([...args, "-o", ready])).toMatchObject({ code: 0, stderr: "" });
  await fillPack(ready, model);
});

beforeEach(() => {
  folder = mkdtempSync(join(root, "test-"));
  pack = join(folder, "pack");
  cpSync(ready, pack, { recursive: true });
});

afterEach(() => rmSync(folder, { recursive: true }));
afterAll(() => rmSync(root, { recursive: true }));

const check = (...args: string[]): ReturnType<typeof limpid> =>
  limpid(["pack", "check", pack, "--model", model, "--backend", "cpu", "--json", ...args]);

/** What a look at the files finds. */
async function fileFindings(): Promise<string[]> {
  const { findings: found } = checkFiles(await readPackFolder(pack));
  return found.map(({ rule, path, message }) => `${rule}: ${path} ${message}`);
}

/** What the command finds. */
async function findings(...args: string[]): Promise<string[]> {
  const { code, stdout } = await check(...args);
  const { findings: found } = JSON.parse(stdout) as { findings: Finding[] };
  expect(code).toBe(found.length === 0 ? 0 : 1);
  return found.map(({ rule, path, message }) => `${rule}: ${path} ${message}`);
}

describe("pack create", () => {
  test("makes a folder whose faults are those that only the author can mend", async () => {
    const made = join(folder, "made");
    for (const from of ["pairs", "recipe"]) {
      const args = [
        "pack",
        "create",
        "limpid-lines",
        "--publisher",
        "acme",
        "--degradation",
        "lines",
        "--from",
        from,
      ];
      const { code, stdout } = await limpid([...args, "-o", made]);
      expect(code).toBe(0);
      expect(stdout).toContain(`next: limpid pack train ${made} --`);
      const { code: checked, stdout: json } = await limpid([
        "pack",
        "check",
        made,
        "--model",
        model,
        "--json",
      ]);
      expect(checked).toBe(1);
      const found = (JSON.parse(json) as { findings: Finding[] }).findings.map(
        ({ rule, path }) => `${rule} ${path}`,
      );
      const untrained = ["file", "size", "sha256", "base", "golden"].map(
        (key) => `manifest contributes.experts[0].${key}`,
      );
      expect(found.sort()).toEqual(
        [...untrained, "files experts", "files golden", "readme README.md"].sort(),
      );
      rmSync(made, { recursive: true });
    }
  });

  test("overwrites nothing", async () => {
    const args = [
      "pack",
      "create",
      "limpid-lines",
      "--publisher",
      "acme",
      "--degradation",
      "lines",
      "-o",
      pack,
    ];
    const before = readdirSync(pack);
    const { code, stderr } = await limpid(args);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^FileUnwritable: /)]);
    expect(readdirSync(pack)).toEqual(before);
  });

  test.each([
    [["Bad Name", "--publisher", "acme", "--degradation", "x"], "Expected the name of an npm package"],
    [["good", "--publisher", "Acme Inc", "--degradation", "x"], "Expected lower-case letters"],
    [["good", "--degradation", "x"], "--publisher must be given where nobody can be asked"],
    [["good", "--publisher", "a", "--degradation", "x", "--license", "WTF"], "Allowed choices are MIT"],
  ])("is wrong usage with %p", async (args, message) => {
    const { code, stderr } = await limpid(["pack", "create", ...args, "-o", join(folder, "made")]);
    expect([code, existsSync(join(folder, "made"))]).toEqual([2, false]);
    expect(stderr).toContain(message);
  });
});

describe("pack check", () => {
  test("finds nothing wrong with a pack that is as it should be, and says what it measured", async () => {
    const { code, stdout } = await check();
    const report = JSON.parse(stdout) as Json & { golden: Json[]; clean: Json[] };
    expect(report).toMatchObject({
      id: "acme.limpid-halftone",
      version: "1.0.0",
      findings: [],
      backend: "cpu",
    });
    expect(code).toBe(0);
    // The same pixels come out, whatever they are.
    expect(report.golden).toEqual([
      expect.objectContaining({ expert: "acme.halftone", restored: null, stated: 90 }),
    ]);
    expect(report.golden[0]!.before).toBeLessThan(40);
    expect(report.clean).toEqual([{ photo: "golden/after.png", psnr: null, experts: [] }]);
  });

  test("prints a line for each fault, for a person", async () => {
    rmSync(join(pack, "LICENSE"));
    const { code, stdout } = await limpid(["pack", "check", pack, "--model", model, "--backend", "cpu"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^golden {2}acme\.halftone {2}[\d.]+ dB -> equal, stated 90 dB$/m);
    expect(stdout).toMatch(/^licence: LICENSE is missing \(add the text of the licence\)\n1 fault\n$/m);
  });

  test.each<[string, () => void, string[]]>([
    [
      "a README of the template",
      () => writeFile(pack, "README.md", `[[Write this.]] ${"x".repeat(300)}`),
      ["readme: README.md still has [[Write this.]] of the template"],
    ],
    [
      "a README that says nothing",
      () => writeFile(pack, "README.md", "# Hello"),
      ["readme: README.md has 7 characters"],
    ],
    [
      "a README with an SVG",
      () => writeFile(pack, "README.md", `![x](https://x.example/a.svg) ${"x".repeat(300)}`),
      ["readme: README.md shows the SVG https://x.example/a.svg"],
    ],
    [
      "versions of Limpid that are not this one",
      () => changeManifest(pack, (m) => (m.engines = { limpid: "^9.0.0" })),
      [`manifest: engines.limpid is "^9.0.0", which Limpid ${version} is not in`],
    ],
    [
      "a licence that is none",
      () => changeManifest(pack, (m) => (m.license = "Free")),
      ['licence: license is "Free", no SPDX expression'],
    ],
    ["an expression of licences", () => changeManifest(pack, (m) => (m.license = "(MIT OR Apache-2.0)")), []],
    [
      "a stray file",
      () => writeFile(pack, "golden/notes.docx", "x"),
      ["files: golden/notes.docx is no part of the pack"],
    ],
    [
      "an SVG",
      () => writeFile(pack, "golden/a.svg", "<svg/>"),
      ["files: golden/a.svg is an SVG, which can hold code"],
    ],
    [
      "files in two spellings",
      () => writeFile(pack, "golden/Before.png", readFileSync(join(pack, "golden/before.png"))),
      [
        "files: golden/before.png is the same as golden/Before.png where upper and lower case are not told apart",
        "files: golden/Before.png is no part of the pack",
      ],
    ],
    [
      "a file with a name for Windows",
      () => writeFile(pack, "golden/aux.png", "x"),
      [
        "files: golden/aux.png is a path that has the part aux.png, which Windows keeps for a device",
        "files: golden/aux.png is no part of the pack",
      ],
    ],
    [
      "a pattern in files",
      () => changeManifest(pack, (m) => (m.files = ["experts", "golden", "*.md"])),
      ['files: package.json has "*.md" in files'],
    ],
    [
      "no list of files",
      () => changeManifest(pack, (m) => delete m.files),
      [
        "files: package.json does not say which files are published",
        "files: experts/halftone.safetensors is named by contributes.experts[0].file and is not there",
        "files: golden/before.png is named by contributes.experts[0].golden.before and is not there",
        "files: golden/after.png is named by contributes.experts[0].golden.after and is not there",
      ],
    ],
    [
      "code in an expert pack",
      () => changeManifest(pack, (m) => (m.dependencies = { lodash: "4" })),
      ["code: dependencies is for code, and an expert pack has none"],
    ],
    [
      "a script that runs at installation",
      () => changeManifest(pack, (m) => (m.scripts = { postinstall: "true" })),
      ["code: scripts.postinstall runs on the machine of whoever installs"],
    ],
    [
      "a proposal",
      () => changeManifest(pack, (m) => (m.enabledApiProposals = ["tileHooks"])),
      ["manifest: enabledApiProposals tries tileHooks"],
    ],
    [
      "a secret",
      () => writeFile(pack, "CHANGELOG.md", ["line\nnpm", "_", "a1B2".repeat(9), "\n"].join("")),
      ["secret: CHANGELOG.md seems to hold a token of npm, in line 2"],
    ],
    [
      "a private key",
      () => writeFile(pack, "NOTICE", ["-----BEGIN", "PRIVATE KEY-----\n"].join(" ")),
      ["secret: NOTICE seems to hold a private key, in line 1"],
    ],
    [
      "faults in the manifest",
      () =>
        changeManifest(pack, (m) => {
          m.version = "1";
          m.colour = "red";
        }),
      ['manifest: version is "1", which is malformed', "manifest: colour is unknown"],
    ],
  ])("with %s", async (_, change, expected) => {
    change();
    const found = await fileFindings();
    expect(found.map((line) => line.replace(/(is named by \S+ and is not there).*/, "$1"))).toEqual(expected);
  });

  test("holds the expert file against the manifest, byte for byte and note for note", async () => {
    const path = join(pack, "experts/halftone.safetensors");
    const file = parseSafetensors(new Uint8Array(readFileSync(path)));
    const metadata = {
      ...file.metadata,
      "limpid.degradations": '["halftone","rain"]',
      "limpid.license": "none",
    };
    writeFileSync(path, serializeSafetensors({ ...file, metadata }));
    const found = await findings();
    expect(found).toEqual([
      expect.stringMatching(
        /^expert: experts\/halftone\.safetensors has \d+ bytes and SHA-256 [0-9a-f]{64}, not what/,
      ),
      "expert: experts/halftone.safetensors says degradations halftone, rain, package.json halftone",
      "licence: experts/halftone.safetensors says licence none, no SPDX expression",
    ]);
  });

  test("refuses an expert of another base", async () => {
    const other = writeTinyModel(join(folder, "other"), { seed: 2, bias: -20 });
    const { stdout } = await limpid(["pack", "check", pack, "--model", other, "--backend", "cpu", "--json"]);
    const [finding] = (JSON.parse(stdout) as { findings: Finding[] }).findings;
    expect(finding).toMatchObject({ rule: "expert", path: "experts/halftone.safetensors" });
    expect(finding!.message).toMatch(
      /^does not run as acme\.halftone on limpid\.tiny 0\.0\.1: .* was made for base/,
    );
  });

  test("refuses a golden sample that the expert does not reproduce, or makes worse", async () => {
    await writePhoto(join(pack, "golden/after.png"), { width: 32, height: 24, seed: 7 });
    expect(await findings()).toEqual([
      expect.stringMatching(
        /^golden: golden\/before\.png is restored by acme\.halftone to [\d.]+ dB, package\.json states 90$/,
      ),
      expect.stringMatching(
        /^golden: golden\/before\.png has Infinity dB before acme\.halftone, and [\d.]+ dB after it$/,
      ),
    ]);
    await writePhoto(join(pack, "golden/after.png"), { width: 30, height: 24 });
    expect(await findings()).toEqual(["golden: golden/after.png is 30 x 24, golden/before.png 32 x 24"]);
  });

  test("refuses an expert that the router lets loose on clean photos", async () => {
    const photo = await writePhoto(join(folder, "clean", "photo.png"));
    expect(await findings("--clean", join(folder, "clean"))).toEqual([]);
    const eager = await makeExpertFile(model, { bias: 50 });
    writeFile(pack, "experts/halftone.safetensors", eager);
    expect((await limpid(["pack", "build", pack, "-o", join(folder, "x.tgz")])).code).toBe(0);
    expect(await findings("--clean", join(folder, "clean"))).toEqual([
      expect.stringMatching(/^clean: golden\/after\.png is damaged: .* with acme\.halftone leaves [\d.]+ dB/),
      expect.stringContaining(`clean: ${photo} is damaged`),
    ]);
  });

  test("looks for networks and hidden code in extensions with code", async () => {
    changeManifest(pack, (manifest) => {
      manifest.browser = "experts/extension.js";
      manifest.capabilities = { network: { domains: ["*.acme.example"], reason: "Asks for licences." } };
    });
    const code = [
      'fetch("https://api.acme.example/licence");',
      'fetch("https://tracker.example/?x");',
      'const svg = "http://www.w3.org/2000/svg";',
      'new Function("return 1")();',
    ];
    writeFile(pack, "experts/extension.js", code.join("\n"));
    expect(await fileFindings()).toEqual([
      "network: experts/extension.js names the host tracker.example",
      "code: experts/extension.js has new Function, which editors do not allow",
    ]);
    changeManifest(pack, (manifest) => delete manifest.capabilities);
    expect(await fileFindings()).toEqual(
      expect.arrayContaining([
        "network: experts/extension.js uses fetch",
        "network: experts/extension.js names the host api.acme.example",
      ]),
    );
  });

  test.each([
    ["const send = globalThis.fetch;", "fetch"],
    ["const { fetch: send } = self;", "fetch"],
    ['globalThis["fetch"]("/x");', "fetch"],
    ["send(fetch);", "fetch"],
    ["fetch.call(undefined, url);", "fetch"],
    ["new WebSocket(url);", "WebSocket"],
    ["navigator.sendBeacon(url);", "sendBeacon"],
    ["new Worker(url);", "Worker"],
  ])("finds the network in %s", async (code, name) => {
    changeManifest(pack, (manifest) => (manifest.browser = "experts/extension.js"));
    writeFile(pack, "experts/extension.js", `// We fetch, or so it says: a prefetch.\n${code}\n`);
    expect(await fileFindings()).toEqual([`network: experts/extension.js uses ${name}`]);
  });

  test("finds modules that are loaded: any by the code of an extension, those from elsewhere by a recipe", async () => {
    writeFile(pack, "recipes/halftone.js", 'export { default } from "./dots.js";');
    writeFile(
      pack,
      "recipes/dots.js",
      '/** @type {import("limpid/authoring").Recipe} */\nexport default {};',
    );
    changeManifest(pack, (manifest) => {
      (manifest.files as string[]).push("recipes");
      manifest.browser = "experts/extension.js";
    });
    const extension = "export const activate = () => undefined;\n";
    writeFile(pack, "experts/extension.js", extension);
    const ofModules = async () => (await fileFindings()).filter((finding) => finding.includes("loads"));
    expect(await ofModules()).toEqual([]);
    writeFile(pack, "experts/extension.js", `${extension}export { x } from "../recipes/dots.js";`);
    writeFile(pack, "recipes/dots.js", 'import "./halftone.js";\nimport * as net from "node:net";');
    expect(await ofModules()).toEqual([
      'network: experts/extension.js loads "../recipes/dots.js" in line 2',
      'network: recipes/dots.js loads "node:net" in line 2',
    ]);
    writeFile(pack, "experts/extension.js", extension);
    for (const code of ["import(name)", 'import("./gone.js")', 'import "../../x.js"']) {
      writeFile(pack, "recipes/dots.js", code);
      expect(await ofModules()).toEqual([
        expect.stringMatching(/^network: recipes\/dots\.js loads .* line 1$/),
      ]);
    }
  });

  test("needs a folder with a package.json", async () => {
    const { code, stderr } = await limpid(["pack", "check", join(folder, "nowhere")]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^FileUnreadable: .*package\.json/)]);
  });
});

describe("pack build, keygen, sign and inspect", () => {
  const build = (...args: string[]): ReturnType<typeof limpid> =>
    limpid(["pack", "build", pack, "-o", join(folder, "pack.tgz"), "--json", ...args]);

  test("build writes measures into the manifest and the same bytes each time", async () => {
    changeManifest(pack, ({ contributes }) => {
      Object.assign((contributes as { experts: Json[] }).experts[0]!, { size: 1, sha256: "0".repeat(64) });
    });
    const first = await build();
    expect(first).toMatchObject({ code: 0, stderr: "" });
    const bytes = readFileSync(join(folder, "pack.tgz"));
    expect(JSON.parse(first.stdout)).toMatchObject({ id: "acme.limpid-halftone", files: 7, isSigned: false });
    const expert = readFileSync(join(pack, "experts/halftone.safetensors"));
    const { experts } = readManifest(pack).contributes as { experts: Json[] };
    expect(experts[0]!.size).toBe(expert.length);
    // Another time, another copy of the folder: the same bytes.
    const copy = join(folder, "copy");
    cpSync(pack, copy, { recursive: true });
    utimesSync(join(copy, "README.md"), 1, 1);
    const again = await limpid(["pack", "build", copy, "-o", join(folder, "again.tgz")]);
    expect(again.code).toBe(0);
    expect(readFileSync(join(folder, "again.tgz")).equals(bytes)).toBe(true);
    expect([...packFilesFromArchive(new Uint8Array(bytes)).keys()]).toEqual([
      "LICENSE",
      "README.md",
      "experts/halftone.safetensors",
      "golden/after.png",
      "golden/before.png",
      "integrity.json",
      "package.json",
    ]);
  });

  test("build refuses a pack with faults, and makes no tarball", async () => {
    rmSync(join(pack, "README.md"));
    const { code, stdout } = await build();
    expect([code, existsSync(join(folder, "pack.tgz")), existsSync(join(pack, "integrity.json"))]).toEqual([
      1,
      false,
      false,
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ findings: [{ rule: "readme" }] });
  });

  test("keys are made, sign folders and tarballs, and are asked for", async () => {
    const name = join(folder, "acme");
    const made = await limpid(["pack", "keygen", "-o", name, "--json"]);
    const { keyId } = JSON.parse(made.stdout) as { keyId: string };
    expect(statSync(`${name}.key.pem`).mode & 0o777).toBe(0o600);
    const again = await limpid(["pack", "keygen", "-o", name]);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("a key is never overwritten")]);

    const tarball = join(folder, "pack.tgz");
    expect((await build()).code).toBe(0);
    const unsigned = await limpid(["pack", "inspect", tarball, "--key", `${name}.pub.pem`]);
    expect([unsigned.code, unsigned.stderr]).toEqual([1, `InvalidSignature: ${tarball} is not signed\n`]);
    expect((await limpid(["pack", "sign", tarball, "--key", `${name}.key.pem`])).code).toBe(0);
    const inspected = await limpid(["pack", "inspect", tarball, "--key", `${name}.pub.pem`, "--json"]);
    expect(JSON.parse(inspected.stdout)).toMatchObject({
      integrity: "ok",
      signature: { keyId, isTrusted: true },
      files: 8,
    });
    const other = join(folder, "other");
    await limpid(["pack", "keygen", "-o", other]);
    const distrusted = await limpid(["pack", "inspect", tarball, "--key", `${other}.pub.pem`]);
    expect([distrusted.code, distrusted.stderr]).toEqual([
      1,
      expect.stringContaining(`key ${keyId}, which is not trusted`),
    ]);

    expect((await limpid(["pack", "sign", pack, "--key", `${name}.key.pem`])).code).toBe(0);
    expect(JSON.parse((await build()).stdout)).toMatchObject({ isSigned: true });
    // A signature that no longer fits goes; build --key makes one that does.
    writeFile(pack, "CHANGELOG.md", "# 1.0.0");
    const changed = await limpid(["pack", "sign", pack, "--key", `${name}.key.pem`]);
    expect([changed.code, changed.stderr]).toEqual([
      1,
      expect.stringContaining("CHANGELOG.md is not listed in integrity.json"),
    ]);
    expect(JSON.parse((await build()).stdout)).toMatchObject({ isSigned: false });
    expect(existsSync(join(pack, "integrity.json.sig"))).toBe(false);
    expect(JSON.parse((await build("--key", `${name}.key.pem`)).stdout)).toMatchObject({
      isSigned: true,
      files: 9,
    });
  });

  test("sign puts no tarball into the place of a ZIP archive", async () => {
    await build();
    await limpid(["pack", "keygen", "--output", join(folder, "acme")]);
    const files = packFilesFromArchive(readFileSync(join(folder, "pack.tgz")));
    const archive = zipSync(Object.fromEntries(files));
    writeFileSync(join(folder, "pack.zip"), archive);
    const key = ["--key", join(folder, "acme.key.pem")];
    const { code, stderr } = await limpid(["pack", "sign", join(folder, "pack.zip"), ...key]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^InvalidArchive: .*ZIP/)]);
    expect(readFileSync(join(folder, "pack.zip")).equals(archive)).toBe(true);
    expect((await limpid(["pack", "inspect", join(folder, "pack.zip")])).code).toBe(0);
  });

  test("inspect tells what a pack brings, of a folder and of a tarball", async () => {
    await build();
    for (const path of [pack, join(folder, "pack.tgz")]) {
      const { code, stdout } = await limpid(["pack", "inspect", path]);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^acme\.limpid-halftone 1\.0\.0 {2}expert pack, MIT, for Limpid \^\d/);
      expect(stdout).toMatch(/^files {7}7, [\d.]+ MB, as published, not signed$/m);
      expect(stdout).toContain("expert      acme.halftone  Repair halftone: halftone");
      expect(stdout).toContain("rank 2, alpha 2, strength 1, golden 90 dB");
      expect(stdout).toContain("the router learns halftone, present from 0.5");
    }
  });

  test("inspect refuses a pack that was changed, and a file that is none", async () => {
    await build();
    writeFile(pack, "README.md", "other");
    const changed = await limpid(["pack", "inspect", pack]);
    expect([changed.code, changed.stderr]).toEqual([
      1,
      expect.stringMatching(/^IntegrityMismatch: .*README\.md has 5 bytes/),
    ]);
    const none = await limpid(["pack", "inspect", join(pack, "README.md")]);
    expect([none.code, none.stderr]).toEqual([1, expect.stringMatching(/^InvalidArchive: /)]);
  });

  test.each([[["sign", "x"]], [["keygen"]], [["import", "x"]], [["nothing"]], [["inspect"]]])(
    "%p is wrong usage",
    async (args) => expect((await limpid(["pack", ...args])).code).toBe(2),
  );
});

describe("pack try", () => {
  const engine = (): string[] => ["--model", model, "--backend", "cpu"];

  test("shows what a pack that was not built does to a photo, whether the router would choose it or not", async () => {
    changeManifest(pack, ({ contributes }) => {
      Object.assign((contributes as { experts: Json[] }).experts[0]!, { size: 1, strength: 0.5 });
    });
    rmSync(join(pack, "README.md"));
    const photo = await writePhoto(join(folder, "photo.png"));
    const before = readdirSync(pack).sort();
    const picture = join(pack, "training", "photo.png.before-after.jpg");
    const { code, stdout } = await limpid(["pack", "try", pack, photo, ...engine()]);
    expect([code, stdout.split("\n")]).toEqual([
      0,
      [
        `${photo}  24 x 16`,
        expect.stringMatching(/^ {2}found {4}nothing/),
        "  expert   acme.halftone at 0.50; the router would not choose it",
        `  wrote    ${picture}`,
        "",
      ],
    ]);
    expect((await sharp(picture).metadata()).format).toBe("jpeg");
    expect(readdirSync(pack).sort()).toEqual([...before, "training"].sort());
    writeFile(pack, "experts/halftone.safetensors", await makeExpertFile(model, { bias: 50 }));
    const seen = await limpid(["pack", "try", pack, photo, "-o", join(folder, "x.png"), ...engine()]);
    expect(seen.stdout).toMatch(/found {4}halftone 100 %[^]*; the router would choose it/);
    expect((await sharp(join(folder, "x.png")).metadata()).format).toBe("png");
  });

  test("says what is wrong with a pack that has nothing to try", async () => {
    const photo = await writePhoto(join(folder, "photo.png"));
    rmSync(join(pack, "experts"), { recursive: true });
    const none = await limpid(["pack", "try", pack, photo, ...engine()]);
    expect([none.code, none.stderr]).toEqual([1, expect.stringMatching(/^ExpertMismatch: /)]);
    writeFile(pack, "package.json", "{}");
    const faulty = await limpid(["pack", "try", pack, photo, ...engine()]);
    expect([faulty.code, faulty.stdout, faulty.stderr]).toEqual([
      1,
      expect.stringContaining("publisher"),
      expect.stringMatching(/^InvalidManifest: /),
    ]);
  });
});

test("pack import converts an adapter with kohya's names", async () => {
  const expert = parseSafetensors(await makeExpertFile(model));
  const tensors = new Map(
    [...expert.tensors].map(([name, tensor]) => {
      const [path = "", side] = name.split(".lora_");
      const key = `lora_unet_${path.replaceAll(".", "_")}.lora_${side === "A" ? "down" : "up"}.weight`;
      return [key, tensor] as const;
    }),
  );
  for (const name of [...tensors.keys()].filter((key) => key.endsWith("down.weight"))) {
    tensors.set(name.replace("lora_down.weight", "alpha"), HostTensor.fromFloat32([], Float32Array.of(2)));
  }
  writeFileSync(join(folder, "adapter.safetensors"), serializeSafetensors({ tensors, metadata: {} }));
  const output = join(folder, "expert.safetensors");
  const args = [
    "--id",
    "acme.halftone",
    "--degradation",
    "halftone",
    "--license",
    "MIT",
    "--model",
    model,
    "--json",
  ];
  const { code, stdout } = await limpid([
    "pack",
    "import",
    join(folder, "adapter.safetensors"),
    "-o",
    output,
    ...args,
  ]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ id: "acme.halftone", rank: 2, alpha: 2 });
  const read = parseSafetensors(new Uint8Array(readFileSync(output)));
  expect(new Map([...read.tensors].sort())).toEqual(new Map([...expert.tensors].sort()));
});

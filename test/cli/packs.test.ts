import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import sharp from "sharp";
import { writePackArchive } from "../../packages/cli/src/files/index.js";
import { packsFolder } from "../../packages/cli/src/packs/packs-folder.js";
import { exportSigningKey, generateSigningKeys, signPack } from "../../src/sdk/packs/index.js";
import { PackFiles, startPackServer, type PackServer } from "../support/pack-server.js";
import { makeTinyModel } from "../support/tiny-model.js";
import { makeTinyPack, withIntegrity, type TinyPackOptions } from "../support/tiny-pack.js";
import { jsonLines, limpid as run, limpidProcess, writePhoto, writeTinyModel } from "./command.js";
import { keysOf, promisedKeys } from "./promised-keys.js";
import { useWorkspace } from "./workspace.js";

// The first run may have to build the program.
jest.setTimeout(300_000);

const { at } = useWorkspace();
/** Its router finds nothing in any photo. */
const calm = { bias: -20, routerScale: 0 };
const model = makeTinyModel(calm);
const id = "acme.limpid-descreen";

const served = new PackFiles();
let server: PackServer;
const registry = process.env.npm_config_registry;
beforeAll(async () => {
  server = await startPackServer(served);
  process.env.npm_config_registry = `${server.origin}/npm`;
});
beforeEach(() => {
  writeTinyModel(at("model"), calm);
});
afterEach(() => served.reset());
afterAll(async () => {
  await server.close();
  if (registry === undefined) delete process.env.npm_config_registry;
  else process.env.npm_config_registry = registry;
});

/** Runs the command with the calm model and a folder of packs of the test's own. */
const limpid = (...args: readonly string[]) =>
  run([...args, "--model", at("model")], { packsFolder: at("packs") });
const compute = (...args: readonly string[]) => limpid(...args, "--backend", "cpu");

/** A pack whose router row finds its fault in every photo. */
function makePack(options: TinyPackOptions = {}): Map<string, Uint8Array> {
  const routerRow = { weight: new Float32Array(8), bias: 20, threshold: 0.5 };
  return makeTinyPack(model, { routerRow, ...options });
}

/** Puts a pack's files into a folder, or into an archive. */
function save(path: string, files: ReadonlyMap<string, Uint8Array>): string {
  if (path.endsWith(".tgz")) writeFileSync(path, writePackArchive(files));
  else {
    for (const [name, bytes] of files) {
      mkdirSync(dirname(join(path, name)), { recursive: true });
      writeFileSync(join(path, name), bytes);
    }
  }
  return path;
}

/** Publishes versions of the package to the registry, the last as the latest. */
function publish(
  versions: readonly string[],
  change: (dist: Record<string, string>) => void = () => undefined,
) {
  const name = "@acme/limpid-descreen";
  const documents = versions.map((version) => {
    const archive = writePackArchive(makePack({ version }));
    const path = `/npm/${name}/-/limpid-descreen-${version}.tgz`;
    served.files.set(path, archive);
    const integrity = `sha512-${createHash("sha512").update(archive).digest("base64")}`;
    const dist = { tarball: server.origin + path, integrity };
    change(dist);
    return [version, { dist }];
  });
  const document = {
    "dist-tags": { latest: versions.at(-1) },
    versions: Object.fromEntries(documents) as object,
  };
  served.files.set(`/npm/${name}`, new TextEncoder().encode(JSON.stringify(document)));
}

describe("the folder of packs", () => {
  test.each([
    ["linux", {}, "/home/anna/.local/share/limpid/packs"],
    ["linux", { XDG_DATA_HOME: "/data" }, "/data/limpid/packs"],
    ["linux", { XDG_DATA_HOME: "data" }, "/home/anna/.local/share/limpid/packs"],
    ["darwin", { XDG_DATA_HOME: "/data" }, "/home/anna/Library/Application Support/limpid/packs"],
    ["win32", { LOCALAPPDATA: "D:\\Local" }, "D:\\Local\\limpid\\packs"],
    ["win32", {}, "\\home\\anna\\AppData\\Local\\limpid\\packs"],
    ["linux", { LIMPID_PACKS: "/packs", XDG_DATA_HOME: "/data" }, "/packs"],
  ] as const)("on %s with %o is %s", (platform, env, folder) => {
    expect(packsFolder({ platform, env }, "/home/anna")).toBe(folder);
  });
});

describe("an installed pack", () => {
  test.each(["folder", "archive", "address", "address of an archive", "npm package", "version of one"])(
    "from its %s takes part in analyze and restore until it is removed",
    async (kind) => {
      const pack = makePack();
      served.add("/pack", pack);
      served.files.set("/pack.tgz", writePackArchive(pack));
      publish(["0.9.0", "1.0.0"]);
      const spec = {
        folder: save(at("pack"), pack),
        archive: save(at("pack.tgz"), pack),
        address: `${server.origin}/pack/`,
        "address of an archive": `${server.origin}/pack.tgz`,
        "npm package": "@acme/limpid-descreen",
        "version of one": "@acme/limpid-descreen@1.0.0",
      }[kind]!;
      const photo = await writePhoto(at("photo.png"));
      const analyzed = async () => jsonLines((await compute("analyze", photo, "--json")).stdout)[0]?.analysis;
      expect(await analyzed()).not.toContainEqual(expect.objectContaining({ degradation: "halftone" }));
      expect((await compute("restore", photo)).stdout).toContain("wrote    nothing");

      const installed = await limpid("packs", "install", spec);
      expect([installed.code, installed.stderr]).toEqual([0, ""]);
      expect(installed.stdout).toBe(
        `${id} 1.0.0  installed, not signed\n  expert   acme.descreen for halftone\n`,
      );
      expect(await analyzed()).toContainEqual({ degradation: "halftone", probability: 1 });
      const [restored] = jsonLines((await compute("restore", photo, "--json")).stdout);
      expect(restored?.mixture).toEqual([{ expert: "acme.descreen", weight: 1 }]);
      expect(jsonLines((await compute("restore", photo, "--json")).stdout)[0]?.skipped).toBe(true);

      const [listed] = jsonLines((await limpid("packs", "list", "--json")).stdout);
      const name =
        kind.startsWith("npm") || kind.startsWith("version") ? "@acme/limpid-descreen@1.0.0" : spec;
      expect(listed).toEqual({
        ...{ id, version: "1.0.0", name: "@acme/limpid-descreen", source: name, signedBy: null },
        experts: [{ id: "acme.descreen", degradations: ["halftone"] }],
      });

      const removed = await limpid("packs", "remove", "@acme/limpid-descreen");
      expect([removed.code, removed.stdout]).toEqual([0, `${id} 1.0.0  removed\n`]);
      expect((await limpid("packs", "list")).stdout).toBe("no packs are installed\n");
      expect(readdirSync(at("packs", "files"))).toEqual([]);
      expect((await compute("restore", photo)).stdout).toContain("wrote    nothing");
    },
  );

  test("is told to programs as the help says", async () => {
    save(at("other"), makePack({ name: "@acme/limpid-other", expert: "acme.other", degradation: "moire" }));
    const printed = (stdout: string): string[] => [...new Set(jsonLines(stdout).flatMap(keysOf))].sort();
    const promised = async (command: string, ...more: string[]): Promise<string[]> =>
      [...promisedKeys((await run(["packs", command, "--help"])).stdout), ...more].sort();
    await limpid("packs", "install", save(at("pack"), makePack()));
    save(at("pack"), makePack({ version: "1.1.0" }));
    const installed = await limpid("packs", "install", at("pack"), "--json");
    expect(printed(installed.stdout)).toEqual(await promised("install", "before"));
    expect(printed((await limpid("packs", "update", "--json")).stdout)).toEqual(
      await promised("update", "before"),
    );
    writeFileSync(at("packs", "installed", "acme.limpid-damaged"), "{}");
    const listed = await limpid("packs", "list", "--json");
    expect(printed(listed.stdout)).toEqual(await promised("list", "error"));
    const removed = await limpid("packs", "remove", id, "--json");
    expect(printed(removed.stdout)).toEqual(await promised("remove"));
  });

  test("is updated from where it came from, to what is newest there", async () => {
    publish(["1.0.0"]);
    save(at("other"), makePack({ name: "@acme/limpid-other", expert: "acme.other", degradation: "moire" }));
    expect((await limpid("packs", "install", "@acme/limpid-descreen", at("other"))).code).toBe(0);
    publish(["1.0.0", "1.2.0"]);
    const { code, stdout } = await limpid("packs", "update");
    expect(code).toBe(0);
    expect(stdout.split("\n").filter((line) => line.startsWith("acme"))).toEqual([
      `${id} 1.2.0  installed in place of 1.0.0, not signed`,
      "acme.limpid-other 1.0.0  is installed already, not signed",
    ]);
    // One whose place is gone does not keep the others.
    rmSync(at("other"), { recursive: true });
    const rest = await limpid("packs", "update");
    expect([rest.code, rest.stdout]).toEqual([
      1,
      expect.stringContaining(`${id} 1.2.0  is installed already`),
    ]);
    expect(rest.stderr).toMatch(/^FileUnreadable: [^\n]*other[^\n]*\n$/);
    for (const spec of ["acme.none", "@acme/none"]) {
      const none = await limpid("packs", "update", spec);
      expect([none.code, none.stderr]).toEqual([1, expect.stringMatching(/^UnknownExtension: /)]);
    }
  });

  test("that another model cannot use is listed with the reason, and said when it is left out", async () => {
    await limpid("packs", "install", save(at("pack"), makePack()));
    writeTinyModel(at("model"), { ...calm, seed: 9 });
    const { code, stdout } = await limpid("packs", "list");
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^acme\.limpid-descreen 1\.0\.0 {2}cannot be used: .*base/),
    ]);
    const photo = await writePhoto(at("photo.png"));
    expect((await compute("analyze", photo)).stderr).toMatch(
      /^note: the pack acme\.limpid-descreen is left out: /,
    );
    // Its new version fits, and is found where the old one came from.
    save(at("pack"), makeTinyPack(makeTinyModel({ ...calm, seed: 9 }), { version: "2.0.0" }));
    expect((await limpid("packs", "update", id)).stdout).toMatch(/ 2\.0\.0 {2}installed in place of 1\.0\.0/);
  });
});

describe("a pack is refused, and nothing is installed,", () => {
  const refused = async (...args: readonly string[]): Promise<string> => {
    const before = existsSync(at("packs", "installed")) ? readdirSync(at("packs", "installed")) : [];
    const { code, stdout, stderr } = await limpid("packs", "install", ...args);
    expect([code, stdout]).toEqual([1, ""]);
    const after = existsSync(at("packs", "installed")) ? readdirSync(at("packs", "installed")) : [];
    expect(after).toEqual(before);
    return stderr;
  };

  test("if it comes from elsewhere or is older, unless that is agreed to", async () => {
    await limpid("packs", "install", save(at("new"), makePack({ version: "2.0.0" })));
    save(at("elsewhere"), makePack({ version: "2.1.0" }));
    expect(await refused(at("elsewhere"))).toMatch(
      /^ReplacementRefused: .*; --replace installs it all the same\n$/,
    );
    expect((await limpid("packs", "install", at("elsewhere"), "--replace")).code).toBe(0);
    save(at("elsewhere"), makePack());
    expect(await refused(at("elsewhere"))).toMatch(/^PackOutdated: .*--allow-older/);
    expect((await limpid("packs", "install", at("elsewhere"), "--allow-older")).code).toBe(0);
  });

  test("if it is not signed with the key that was named, or that its publisher began with", async () => {
    const [keys, others] = [await generateSigningKeys(), await generateSigningKeys()];
    writeFileSync(at("acme.pem"), await exportSigningKey(keys.publicKey));
    writeFileSync(at("other.pem"), await exportSigningKey(others.publicKey));
    const signed = async (version: string, by = keys): Promise<string> => {
      const pack = makePack({ version });
      pack.set("integrity.json.sig", await signPack(pack.get("integrity.json")!, by));
      return save(at("pack"), pack);
    };
    expect(await refused(save(at("bare"), makePack()), "--key", at("acme.pem"))).toMatch(
      /^InvalidSignature: /,
    );
    expect(await refused(await signed("1.0.0"), "--key", at("other.pem"))).toMatch(/^InvalidSignature: /);
    const { stdout } = await limpid("packs", "install", await signed("1.0.0"), "--key", at("acme.pem"));
    expect(stdout).toMatch(/installed, signed with key [0-9a-f]{16}\n/);
    expect(await refused(await signed("1.1.0", others))).toMatch(
      /^ReplacementRefused: .*not its publisher's key/,
    );
    expect((await limpid("packs", "update", id)).stderr).toMatch(/^ReplacementRefused: /);
    await signed("1.1.0");
    expect((await limpid("packs", "update", id)).code).toBe(0);
  });

  test("if it has code, is damaged, or there is no such thing", async () => {
    const edit = (manifest: object) => Object.assign(manifest, { browser: "./main.js" });
    const coded = new Map([
      ...makePack({ edit }),
      ["main.js", new TextEncoder().encode("export {};")] as const,
    ]);
    expect(await refused(save(at("coded"), withIntegrity(coded, id, "1.0.0")))).toMatch(
      /^NotSupported: .*code/,
    );
    const damaged = makePack().set("golden/before.png", Uint8Array.of(1, 2, 4));
    expect(await refused(save(at("damaged"), damaged))).toMatch(/^IntegrityMismatch: /);
    expect(await refused(at("none.tgz"))).toMatch(/^FileUnreadable: /);
    expect(await refused("@acme/none")).toMatch(/^PackUnavailable: /);
    publish(["1.0.0"]);
    expect(await refused("@acme/limpid-descreen@1.1.0")).toMatch(/^PackUnavailable: .*no version 1\.1\.0/);
    publish(["1.0.0"], (dist) => (dist.integrity = `sha512-${"A".repeat(86)}==`));
    expect(await refused("@acme/limpid-descreen")).toMatch(/^IntegrityMismatch: /);
    publish(["1.0.0"], (dist) => (dist.tarball = "https://elsewhere.example/x.tgz"));
    expect(await refused("@acme/limpid-descreen")).toMatch(/^PackUnavailable: .*elsewhere/);
    served.files.set("/npm/@acme/limpid-descreen", new TextEncoder().encode("<html>"));
    expect(await refused("@acme/limpid-descreen")).toMatch(/^PackUnavailable: .*does not answer as npm/);
  });
});

describe("--pack", () => {
  test("adds a pack to one run, in place of an installed one, and leaves the folder as it is", async () => {
    await limpid("packs", "install", save(at("installed"), makePack({ version: "2.0.0" })));
    save(at("named.tgz"), makePack({ version: "1.0.0" }));
    const photo = await writePhoto(at("photo.png"));
    const pixels = async (...args: readonly string[]): Promise<string> => {
      expect((await compute("restore", photo, "-o", at("out.png"), ...args)).code).toBe(0);
      return (await sharp(at("out.png")).raw().toBuffer()).toString("base64");
    };
    const records = (): Buffer => readFileSync(at("packs", "installed", id));
    const before = records();
    const installed = await pixels();
    expect(await pixels("--pack", at("named.tgz"))).not.toBe(installed);
    expect(records().equals(before)).toBe(true);
    expect(await pixels()).toBe(installed);
  });

  test("reaches the threads of several jobs, and refuses a pack that was not built", async () => {
    for (const name of ["a.png", "b.png"]) await writePhoto(at("in", name));
    save(at("pack"), makePack());
    const { code, stdout, stderr } = await limpidProcess([
      ...["restore", at("in"), "--jobs", "2", "--json", "--pack", at("pack")],
      ...["--model", at("model"), "--backend", "cpu"],
    ]);
    expect([code, stderr.replace(/^note: .*\n/gm, "")]).toEqual([0, "2 restored\n"]);
    for (const { mixture } of jsonLines(stdout))
      expect(mixture).toEqual([{ expert: "acme.descreen", weight: 1 }]);
    const unbuilt = makePack();
    unbuilt.delete("integrity.json");
    const { stderr: refusal } = await compute("analyze", at("in"), "--pack", save(at("unbuilt"), unbuilt));
    expect(refusal).toMatch(/^PackUnavailable: .*limpid pack build/);
  });
});

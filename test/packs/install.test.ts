import { expect, test } from "@jest/globals";
import {
  memoryStore,
  packFromFiles,
  type ExtensionManifest,
  type PackChange,
  type PackOptions,
  type PackProgress,
  type PackSource,
} from "../../src/sdk/packs/index.js";
import { idsOf, openPacks } from "../support/packs.js";
import { makeTinyModel } from "../support/tiny-model.js";
import { baseOf, makeTinyPack, withIntegrity } from "../support/tiny-pack.js";

const model = makeTinyModel();
const base = baseOf(model);
const id = "acme.limpid-descreen";

const start = (options: PackOptions = {}) => openPacks(model, options);

test("an installed pack's experts are in the set, and there again after a restart, without its source", async () => {
  const store = memoryStore();
  const { packs, experts } = await start({ store });
  const changes: PackChange[] = [];
  packs.onDidChange((change) => changes.push(change));
  const pack = await packs.install(makeTinyPack(model, { strength: 0.5 }));
  expect(pack).toMatchObject({ id, version: "1.0.0", source: "the pack in memory", isEnabled: true });
  expect(pack.manifest.contributes.degradations).toMatchObject([{ id: "halftone" }]);
  expect(experts.list()).toMatchObject([
    { id: "acme.descreen", degradations: ["halftone"], strength: 0.5, owner: id },
  ]);
  expect(changes).toEqual([{ kind: "installed", id, version: "1.0.0", previousVersion: undefined }]);

  const again = await start({ store });
  expect(again.packs.list()).toEqual([{ ...pack }]);
  expect(idsOf(again.experts)).toEqual(["acme.descreen"]);
  expect(await again.packs.read(id, "golden/before.png")).toEqual(Uint8Array.of(1, 2, 3));
});

test("an update takes the place of a version, is rolled back, and forward again", async () => {
  const store = memoryStore();
  const { packs, experts } = await start({ store });
  await packs.install(makeTinyPack(model));
  const first = experts.get("acme.descreen")!.expert;
  const changes: number[] = [];
  experts.onDidChange(({ added }) => changes.push(added.length));
  await packs.install(makeTinyPack(model, { version: "1.1.0" }), { id });
  expect(packs.get(id)).toMatchObject({ version: "1.1.0", previousVersion: "1.0.0" });
  expect(experts.get("acme.descreen")!.expert).not.toBe(first);
  expect(changes).toEqual([1]); // one step: nobody sees the set without the expert

  expect(await packs.rollback(id)).toMatchObject({ version: "1.0.0", previousVersion: "1.1.0" });
  const factors = (expert = experts.get("acme.descreen")!.expert) =>
    [...expert.factors.values()].map(({ a }) => a.toFloat32());
  expect(factors()).toEqual(factors(first));
  expect((await start({ store })).packs.get(id)?.version).toBe("1.0.0");
  expect((await packs.rollback(id)).version).toBe("1.1.0");
});

test("a third version keeps the second to go back to, and lets go of the first one's files", async () => {
  const { packs } = await start();
  for (const version of ["1.0.0", "1.1.0", "1.2.0"]) {
    await packs.install(makeTinyPack(model, { version, ballast: 10 }));
  }
  expect((await packs.rollback(id)).version).toBe("1.1.0");
  // Four files that differ, of two versions; one picture and the ballast of all.
  expect(await packs.cache.list()).toHaveLength(4 * 2 + 2);
  expect((await packs.cache.list()).every(({ usedBy }) => usedBy[0] === id)).toBe(true);
});

test("installing the same version again changes nothing that one can go back to", async () => {
  const { packs } = await start();
  await packs.install(makeTinyPack(model));
  await packs.install(makeTinyPack(model, { version: "2.0.0" }));
  await packs.install(makeTinyPack(model, { version: "2.0.0" }));
  expect(packs.get(id)).toMatchObject({ version: "2.0.0", previousVersion: "1.0.0" });
});

test("an uninstalled pack leaves nothing, but what another pack needs", async () => {
  const store = memoryStore();
  const { packs, experts } = await start({ store });
  await packs.install(makeTinyPack(model));
  await packs.install(
    makeTinyPack(model, { name: "limpid-other", expert: "acme.other", degradation: "moire" }),
  );
  const read = packs.read("acme.limpid-other", "golden/before.png"); // the same picture
  await packs.uninstall(id);
  expect([packs.get(id), idsOf(experts)]).toEqual([undefined, ["acme.other"]]);
  expect(await read).toEqual(Uint8Array.of(1, 2, 3));
  expect(await packs.read("acme.limpid-other", "golden/before.png")).toEqual(Uint8Array.of(1, 2, 3));
  await packs.uninstall("acme.limpid-other");
  // Only what keeps older and other packs from coming back in their place.
  expect((await store.list("")).map(({ key }) => key).sort()).toEqual([
    "history/acme.limpid-descreen",
    "history/acme.limpid-other",
  ]);
  await expect(packs.uninstall(id)).rejects.toMatchObject({ code: "UnknownExtension" });
  await expect(packs.rollback(id)).rejects.toMatchObject({ code: "UnknownExtension" });
  await expect(packs.read(id, "package.json")).rejects.toMatchObject({ code: "UnknownExtension" });
});

test("a disabled pack's experts are out of the set until it is enabled", async () => {
  const { packs, experts } = await start();
  await packs.install(makeTinyPack(model));
  packs.setEnabled(id, false);
  expect([idsOf(experts), packs.get(id)?.isEnabled]).toEqual([[], false]);
  packs.setEnabled(id, true);
  expect([idsOf(experts), packs.get(id)?.isEnabled]).toEqual([["acme.descreen"], true]);
});

test("progress counts every byte once, those of the cache too", async () => {
  const files = makeTinyPack(model, { ballast: 700_000 });
  const store = memoryStore();
  const total = [...files].reduce(
    (sum, [path, { length }]) => sum + (path === "integrity.json" ? 0 : length),
    0,
  );
  for (const { packs } of [await start({ store }), await start({ store })]) {
    const reports: PackProgress[] = [];
    await packs.install(files, { onProgress: (progress) => reports.push(progress) });
    expect(reports.at(-1)).toMatchObject({ loaded: total, total });
    expect(reports.map(({ loaded }) => loaded)).toEqual(
      reports.map(({ loaded }) => loaded).sort((a, b) => a - b),
    );
  }
});

/** The files with one changed, and the list left as it was. */
function withFile(
  files: ReadonlyMap<string, Uint8Array>,
  path: string,
  change: (bytes: Uint8Array) => Uint8Array | undefined,
): ReadonlyMap<string, Uint8Array> {
  const changed = new Map(files);
  const bytes = change(files.get(path)!.slice());
  if (bytes === undefined) changed.delete(path);
  else changed.set(path, bytes);
  return changed;
}

const good = makeTinyPack(model, { version: "1.1.0" });
const expertFile = "experts/halftone.safetensors";
const flipLast = (bytes: Uint8Array): Uint8Array => {
  bytes[bytes.length - 1]! ^= 1;
  return bytes;
};
const listWith = (path: string): Uint8Array => {
  const json = JSON.parse(new TextDecoder().decode(good.get("integrity.json"))) as { files: object };
  json.files = { ...json.files, [path]: { size: 3, sha256: "0".repeat(64) } };
  return new TextEncoder().encode(JSON.stringify(json));
};
const otherBase = makeTinyModel({ seed: 2 });

test.each<[string, ReadonlyMap<string, Uint8Array>, string, RegExp]>([
  [
    "tampered",
    withFile(good, expertFile, flipLast),
    "IntegrityMismatch",
    /halftone\.safetensors.* has SHA-256/,
  ],
  [
    "tampered in its manifest",
    withFile(good, "package.json", flipLast),
    "IntegrityMismatch",
    /package\.json/,
  ],
  [
    "truncated",
    withFile(good, expertFile, (b) => b.subarray(0, 99)),
    "IntegrityMismatch",
    /has 99 bytes, expected \d+/,
  ],
  [
    "too long",
    withFile(good, expertFile, (b) => Uint8Array.of(...b, 0)),
    "IntegrityMismatch",
    /more than \d+ bytes/,
  ],
  [
    "incomplete",
    withFile(good, "golden/after.png", () => undefined),
    "IntegrityMismatch",
    /golden\/after\.png/,
  ],
  ["without a list", withFile(good, "integrity.json", () => undefined), "PackUnavailable", /integrity\.json/],
  [
    "swapped file by file",
    new Map([...good, ["golden/after.png", good.get("golden/before.png")!]]),
    "IntegrityMismatch",
    /golden\/after\.png/,
  ],
  [
    "of another id",
    makeTinyPack(model, { name: "limpid-other" }),
    "PackMismatch",
    /acme\.limpid-other 1\.0\.0 was there/,
  ],
  [
    "replayed-older",
    makeTinyPack(model, { version: "0.9.0" }),
    "PackOutdated",
    /0\.9\.0 is older than 1\.0\.0/,
  ],
  ["replayed as a pre-release", makeTinyPack(model, { version: "1.0.0-beta.1" }), "PackOutdated", /older/],
  [
    "for another base",
    makeTinyPack(otherBase),
    "ExpertMismatch",
    new RegExp(`${baseOf(otherBase).sha256}.*${base.sha256}`),
  ],
  [
    "for another Limpid",
    makeTinyPack(model, { engine: "^99.0.0" }),
    "EngineMismatch",
    /\^99\.0\.0, this is \d/,
  ],
  [
    "path-escaping",
    withFile(good, "integrity.json", () => listWith("../../evil.js")),
    "InvalidManifest",
    /leads out/,
  ],
  [
    "absolute",
    withFile(good, "integrity.json", () => listWith("/etc/passwd")),
    "InvalidManifest",
    /absolute/,
  ],
  ["of another shape than it says", misdescribed(), "PackMismatch", /expected acme\.descreen for moire/],
])("a pack that is %s is refused, and nothing of it is installed", async (_, files, code, message) => {
  const store = memoryStore();
  const { packs, experts } = await start({ store });
  await packs.install(makeTinyPack(model));
  const before = experts.list();
  const refused = packs.install(files, { id });
  await expect(refused).rejects.toMatchObject({
    name: "LimpidError",
    code,
    message: expect.stringMatching(message),
  });
  expect(experts.list()).toBe(before);
  expect(packs.get(id)?.version).toBe("1.0.0");
  expect((await start({ store })).packs.get(id)?.version).toBe("1.0.0");
  // What was downloaded and is fine may be kept for another attempt; clear removes it.
  await packs.cache.clear();
  expect((await packs.cache.list()).flatMap(({ usedBy }) => usedBy.length)).toEqual([1, 1, 1, 1, 1]);
});

test("a pack that is put together from two packs is refused", async () => {
  const { packs } = await start();
  await expect(packs.install(withIntegrity(good, "acme.limpid-other", "1.1.0"))).rejects.toMatchObject({
    code: "PackMismatch",
    details: {
      expected: { id: "acme.limpid-other", version: "1.1.0" },
      actual: { id, version: "1.1.0" },
    },
  });
  expect(packs.list()).toEqual([]);
});

/** A pack whose manifest says another degradation than the expert's file. */
function misdescribed(): ReadonlyMap<string, Uint8Array> {
  const files = makeTinyPack(model, {
    version: "1.1.0",
    edit: (manifest) => {
      const { experts } = manifest.contributes as { experts: { degradations: string[] }[] };
      experts[0]!.degradations = ["moire"];
    },
  });
  return withIntegrity(files, id, "1.1.0");
}

test("an older version is installed if that is asked for", async () => {
  const { packs } = await start();
  await packs.install(makeTinyPack(model, { version: "2.0.0" }));
  await packs.install(makeTinyPack(model, { version: "1.0.0" }), { allowOlder: true });
  expect(packs.get(id)).toMatchObject({ version: "1.0.0", previousVersion: "2.0.0" });
});

test("an expert whose id is taken is refused, and neither pack nor record is left", async () => {
  const store = memoryStore();
  const { packs, experts } = await start({ store });
  await packs.install(makeTinyPack(model));
  const rival = makeTinyPack(model, { name: "limpid-rival" });
  await expect(packs.install(rival)).rejects.toMatchObject({
    code: "InvalidArgument",
    details: { id: "acme.descreen", owner: id },
  });
  expect([idsOf(experts), packs.list().length]).toEqual([["acme.descreen"], 1]);
  expect((await store.list("installed/")).map(({ key }) => key)).toEqual([`installed/${id}`]);
});

test("a pack larger than the limit is refused before it is downloaded", async () => {
  const { packs } = await start({ maximumBytes: 50_000 });
  const files = makeTinyPack(model, { ballast: 60_000 });
  const opened: string[] = [];
  const source: PackSource = {
    ...packFromFiles(files),
    open: (path, options) => {
      opened.push(path);
      return packFromFiles(files).open(path, options);
    },
  };
  await expect(packs.install(source)).rejects.toMatchObject({
    code: "PackTooLarge",
    details: { limit: 50_000 },
  });
  expect(opened).toEqual(["integrity.json", "integrity.json.sig"]);
});

test("a pack is accepted by its manifest, before the rest of it is downloaded", async () => {
  const { packs, experts } = await start();
  const files = packFromFiles(makeTinyPack(model));
  const opened: string[] = [];
  const source: PackSource = { ...files, open: (path, o) => (opened.push(path), files.open(path, o)) };
  const refusal = new Error("people said no");
  const accept = (manifest: ExtensionManifest): Promise<void> => {
    expect([manifest.id, opened]).toEqual([id, ["integrity.json", "integrity.json.sig", "package.json"]]);
    return Promise.reject(refusal);
  };
  await expect(packs.install(source, { accept })).rejects.toBe(refusal);
  expect([opened.length, packs.list(), experts.size]).toEqual([3, [], 0]);
  const asked: string[] = [];
  await packs.install(source, { accept: ({ version }) => void asked.push(version) });
  expect(asked).toEqual(["1.0.0"]);
});

test("a list of files without end is refused", async () => {
  const { packs } = await start();
  const endless = packFromFiles(new Map([["integrity.json", new Uint8Array(2 ** 20 + 1)]]));
  await expect(packs.install(endless)).rejects.toMatchObject({ code: "PackTooLarge" });
});

test("what is no source is refused by name", async () => {
  const { packs } = await start();
  for (const source of [
    "",
    "not an address",
    "file:///etc/",
    "acme@latest",
    "@acme/x@1.2.0",
    "@acme/x@^1.2.0",
  ]) {
    await expect(packs.install(source)).rejects.toMatchObject({ code: "InvalidArgument" });
  }
});

test("packs that were disposed refuse everything and let go of their listeners", async () => {
  const { packs } = await start();
  await packs.install(makeTinyPack(model));
  packs.dispose();
  await expect(packs.install(makeTinyPack(model))).rejects.toMatchObject({ code: "Disposed" });
  await expect(packs.rollback(id)).rejects.toMatchObject({ code: "Disposed" });
  await expect(packs.uninstall(id)).rejects.toMatchObject({ code: "Disposed" });
  expect(() => packs.setEnabled(id, false)).toThrow(expect.objectContaining({ code: "Disposed" }));
});

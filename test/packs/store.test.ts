import { mkdtempSync, readdirSync, rmSync, symlinkSync, mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { packFromDirectory, packStoreInDirectory } from "../../src/node/index.js";
import { ExpertSet } from "../../src/sdk/experts/index.js";
import { memoryStore, Packs, type ByteStore } from "../../src/sdk/packs/index.js";
import { idsOf, openPacks } from "../support/packs.js";
import { makeTinyModel } from "../support/tiny-model.js";
import { baseOf, makeTinyPack } from "../support/tiny-pack.js";

const model = makeTinyModel();
const id = "acme.limpid-descreen";
const root = mkdtempSync(join(tmpdir(), "limpid-packs-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const newFolder = (): string => join(root, `folder-${++folders}`);

describe.each<[string, () => ByteStore]>([
  ["memory", memoryStore],
  ["a folder", () => packStoreInDirectory(newFolder())],
])("%s as a store", (_, make) => {
  let store: ByteStore;
  beforeEach(() => {
    store = make();
  });

  test("gives back what was put, lists it by prefix, and forgets it", async () => {
    const bytes = Uint8Array.of(1, 2, 3);
    await store.put("files/aa", bytes);
    bytes[0] = 9; // the store has its own
    await store.put("files/ab", new Uint8Array(7));
    await store.put("parts/aa/000000000000", Uint8Array.of(4));
    expect(await store.get("files/aa")).toEqual(Uint8Array.of(1, 2, 3));
    const list = async (prefix: string) =>
      [...(await store.list(prefix))].sort((a, b) => (a.key < b.key ? -1 : 1));
    expect(await list("files/")).toEqual([
      { key: "files/aa", size: 3 },
      { key: "files/ab", size: 7 },
    ]);
    expect(await list("parts/aa/")).toEqual([{ key: "parts/aa/000000000000", size: 1 }]);
    expect(await list("")).toHaveLength(3);
    await store.put("files/aa", Uint8Array.of(5));
    expect(await store.get("files/aa")).toEqual(Uint8Array.of(5));
    await store.delete("files/aa");
    await store.delete("files/never");
    expect(await store.get("files/aa")).toBeUndefined();
    expect(await list("files/")).toEqual([{ key: "files/ab", size: 7 }]);
  });

  test("runs one change after the other", async () => {
    const order: number[] = [];
    const slow = store.exclusively(async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      order.push(1);
      throw new Error("failed");
    });
    const fast = store.exclusively(() => Promise.resolve(order.push(2)));
    await expect(slow).rejects.toThrow("failed");
    await fast;
    expect(order).toEqual([1, 2]);
  });

  test("keeps packs from one start to the next", async () => {
    const { packs } = await openPacks(model, { store });
    expect([packs.cache.kind, packs.cache.fallbackReason]).toEqual([store.kind, undefined]);
    await packs.install(makeTinyPack(model));
    expect(idsOf((await openPacks(model, { store })).experts)).toEqual(["acme.descreen"]);
    await packs.uninstall(id);
    expect((await store.list("")).map(({ key }) => key)).toEqual([`history/${id}`]);
  });

  test.each<[string, (key: string) => boolean, string]>([
    ["the list of files", (key) => key.startsWith("files/"), "PackUnavailable"],
    ["the record", (key) => key.startsWith("installed/"), "IntegrityMismatch"],
  ])("says so if %s was damaged, and is mended by another installation", async (_what, isMeant, code) => {
    await (await openPacks(model, { store })).packs.install(makeTinyPack(model));
    for (const { key } of await store.list("")) if (isMeant(key)) await store.put(key, Uint8Array.of(123));
    const { packs, experts } = await openPacks(model, { store });
    expect([packs.list(), experts.size]).toEqual([[], 0]);
    expect(packs.unusable).toMatchObject([{ id, error: { code } }]);
    await packs.install(makeTinyPack(model));
    expect([packs.unusable.length, idsOf(experts)]).toEqual([0, ["acme.descreen"]]);
    await packs.uninstall(id);
    expect(await store.list("installed/")).toEqual([]);
  });
});

test("a damaged pack can be uninstalled", async () => {
  const store = memoryStore();
  await (await openPacks(model, { store })).packs.install(makeTinyPack(model));
  await store.put(`installed/${id}`, Uint8Array.of(1));
  const { packs } = await openPacks(model, { store });
  await packs.uninstall(id);
  expect([packs.unusable, await store.list("installed/")]).toEqual([[], []]);
});

test("a pack for another model is left out, and there again for its own", async () => {
  const store = memoryStore();
  await (await openPacks(model, { store })).packs.install(makeTinyPack(model));
  const { packs } = await openPacks(makeTinyModel({ seed: 2 }), { store });
  expect(packs.unusable).toMatchObject([{ id, error: { code: "ExpertMismatch" } }]);
  expect((await openPacks(model, { store })).packs.list()).toHaveLength(1);
});

test("where there is no Cache Storage packs are kept in memory, which the cache says", async () => {
  const { config, ...base } = baseOf(model);
  const experts = new ExpertSet({ sha256: base.sha256, config });
  const packs = await Packs.open({ experts, base, config });
  expect(packs.cache.kind).toBe("memory");
  expect(packs.cache.fallbackReason).toMatch(/no Cache Storage/);
});

test("a record that is not one is refused, whatever its bytes", async () => {
  const record = async (bytes: Uint8Array) => {
    const store = memoryStore();
    await store.put(`installed/${id}`, bytes);
    return (await openPacks(model, { store })).packs;
  };
  const json = fc.json().map((text) => new TextEncoder().encode(text));
  const near = fc
    .record({
      formatVersion: fc.constantFrom(1, 2, "1"),
      id: fc.constantFrom(id, "acme.other"),
      current: fc.record(
        {
          version: fc.constantFrom("1.0.0", 1, "x"),
          integrity: fc.constantFrom("0".repeat(64), "../../etc", 5),
          signature: fc.constantFrom("0".repeat(64), undefined, null),
          source: fc.constantFrom("there", {}),
        },
        { requiredKeys: [] },
      ),
      previous: fc.constantFrom(undefined, null, {}, []),
    })
    .map((value) => new TextEncoder().encode(JSON.stringify(value)));
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 64 }), json, near), async (bytes) => {
      const packs = await record(bytes);
      expect(packs.list()).toEqual([]);
      expect(packs.unusable).toHaveLength(1);
      expect(["IntegrityMismatch", "PackUnavailable"]).toContain(packs.unusable[0]!.error.code);
    }),
    { seed: 7, numRuns: 100 },
  );
});

test("a store in a folder refuses keys that lead out of it, and says why it cannot write", async () => {
  const folder = newFolder();
  const store = packStoreInDirectory(folder);
  for (const key of ["../evil", "/etc/passwd", "a//b", "A", "a/../b", ".hidden", ""]) {
    await expect(store.put(key, new Uint8Array(1))).rejects.toMatchObject({ code: "UnsafePath" });
  }
  writeFileSync(folder, "a file where the folder should be");
  await expect(store.put("files/aa", new Uint8Array(1))).rejects.toMatchObject({ code: "FileUnwritable" });
  expect(await store.list("files/")).toEqual([]);
});

/** Writes a pack's files into a new folder. */
function writePack(files: ReadonlyMap<string, Uint8Array>): string {
  const folder = newFolder();
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  return folder;
}

test("a pack is installed from a folder", async () => {
  const { packs } = await openPacks(model);
  const folder = writePack(makeTinyPack(model, { ballast: 200_000 }));
  expect(await packs.install(packFromDirectory(folder))).toMatchObject({ id, source: folder });
  expect(readdirSync(folder).sort()).toEqual([
    "ballast.bin",
    "experts",
    "golden",
    "integrity.json",
    "package.json",
  ]);
  await expect(packs.install(packFromDirectory(newFolder()))).rejects.toMatchObject({
    code: "PackUnavailable",
  });
});

test("a link that leads out of a pack's folder is refused", async () => {
  const { packs } = await openPacks(model);
  const secret = join(root, "secret.txt");
  writeFileSync(secret, "a picture of nothing");
  const folder = writePack(makeTinyPack(model));
  rmSync(join(folder, "golden/after.png"));
  symlinkSync(secret, join(folder, "golden/after.png"));
  await expect(packs.install(packFromDirectory(folder))).rejects.toMatchObject({ code: "UnsafePath" });
  expect(packs.list()).toEqual([]);
});

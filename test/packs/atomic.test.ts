import { expect, test } from "@jest/globals";
import { memoryStore, packFromFiles, type ByteStore, type Packs } from "../../src/sdk/packs/index.js";
import { idsOf, openPacks } from "../support/packs.js";
import { makeTinyModel } from "../support/tiny-model.js";
import { makeExpert, makeTinyPack } from "../support/tiny-pack.js";

const model = makeTinyModel();
const id = "acme.limpid-descreen";

/** A store whose page closes at a write or a removal: that one and all after it never happen. */
function crashingStore(store: ByteStore, survived: number): { store: ByteStore; changes: () => number } {
  let changes = 0;
  const change = async (run: () => Promise<void>): Promise<void> => {
    if (changes++ >= survived) throw new Error("the page was closed");
    await run();
  };
  return {
    store: {
      ...store,
      put: (key, bytes) => change(() => store.put(key, bytes)),
      delete: (key) => change(() => store.delete(key)),
    },
    changes: () => changes,
  };
}

/** What a later page finds: version, version before, expert's weights; and that everything in it can be read. */
async function stateOf(store: ByteStore): Promise<unknown> {
  const { packs, experts } = await openPacks(model, { store });
  expect(packs.unusable).toEqual([]);
  for (const pack of packs.list()) {
    for (const path of pack.files.keys()) await packs.read(pack.id, path);
  }
  const pack = packs.get(id);
  const factors = [...(experts.get("acme.descreen")?.expert.factors.values() ?? [])];
  return {
    experts: idsOf(experts),
    version: pack?.version,
    previous: pack?.previousVersion,
    weights: factors[0]?.a.toFloat32(),
  };
}

const first = makeTinyPack(model, { version: "1.0.0" });
const second = makeTinyPack(model, { version: "2.0.0" });

test.each<[string, (packs: Packs) => Promise<unknown>, (packs: Packs) => Promise<unknown>]>([
  ["an installation", () => Promise.resolve(), (packs) => packs.install(first)],
  ["an update", (packs) => packs.install(first), (packs) => packs.install(second)],
  [
    "a second update",
    async (packs) => {
      await packs.install(makeTinyPack(model, { version: "0.5.0" }));
      await packs.install(first);
    },
    (packs) => packs.install(second),
  ],
  [
    "a rollback",
    async (packs) => {
      await packs.install(first);
      await packs.install(second);
    },
    (packs) => packs.rollback(id),
  ],
  ["an uninstallation", (packs) => packs.install(first), (packs) => packs.uninstall(id)],
])("%s that is cut short anywhere leaves the old state or the new one", async (_, prepare, act) => {
  const reach = async (survived: number) => {
    const disk = memoryStore();
    await prepare((await openPacks(model, { store: disk })).packs);
    const before = await stateOf(disk);
    const { store, changes } = crashingStore(disk, survived);
    const { packs } = await openPacks(model, { store });
    const outcome = await act(packs).then(
      () => "done",
      (error: unknown) => String(error),
    );
    return { disk, before, outcome, changes: changes() };
  };
  const whole = await reach(Infinity);
  const [before, after] = [whole.before, await stateOf(whole.disk)];
  expect(after).not.toEqual(before);
  const found = new Set<unknown>();
  for (let survived = 0; survived <= whole.changes; survived++) {
    const { disk, outcome } = await reach(survived);
    const state = await stateOf(disk);
    expect([before, after]).toContainEqual(state);
    found.add(JSON.stringify(state));
    // The next attempt ends where it should, whatever the last one left behind.
    const { packs } = await openPacks(model, { store: disk });
    if (JSON.stringify(state) === JSON.stringify(before)) {
      expect(outcome).toContain("the page was closed");
      await act(packs);
      expect(await stateOf(disk)).toEqual(after);
    }
    // Nothing is lost for good: what no pack needs can be cleared.
    await packs.cache.clear();
    expect((await packs.cache.list()).every(({ usedBy }) => usedBy.length === 1)).toBe(true);
  }
  expect(found.size).toBe(2);
});

test("a page that fails to write goes on with what was installed", async () => {
  const disk = memoryStore();
  await (await openPacks(model, { store: disk })).packs.install(first);
  // The last change of an update but the removal of nothing: the record.
  const { store } = crashingStore(disk, 4);
  const { packs, experts } = await openPacks(model, { store });
  const before = experts.list();
  await expect(packs.install(second)).rejects.toThrow("the page was closed");
  expect([packs.get(id)?.version, experts.list()]).toEqual(["1.0.0", before]);
});

test("an expert that takes the id while the record is written puts the old record back", async () => {
  const disk = memoryStore();
  let intrude = (): void => undefined;
  const store: ByteStore = {
    ...disk,
    async put(key, bytes) {
      await disk.put(key, bytes);
      if (key.startsWith("installed/")) intrude();
    },
  };
  const { packs, experts } = await openPacks(model, { store });
  intrude = () => void experts.add(makeExpert(model, "acme.descreen"));
  await expect(packs.install(first)).rejects.toMatchObject({ code: "InvalidArgument" });
  expect(await disk.list("installed/")).toEqual([]);
  expect(packs.list()).toEqual([]);
});

test("an installation does not fail because what it left over cannot be removed", async () => {
  const disk = memoryStore();
  const store: ByteStore = { ...disk, delete: () => Promise.reject(new Error("read-only by now")) };
  const { packs } = await openPacks(model, { store });
  for (const version of ["1.0.0", "2.0.0", "3.0.0"]) await packs.install(makeTinyPack(model, { version }));
  expect(await stateOf(disk)).toMatchObject({ version: "3.0.0", previous: "2.0.0" });
});

test("two instances that install at once end with one whole pack", async () => {
  const disk = memoryStore();
  const [one, two] = [await openPacks(model, { store: disk }), await openPacks(model, { store: disk })];
  await Promise.allSettled([one.packs.install(first), two.packs.install(second)]);
  expect(await stateOf(disk)).toMatchObject({ version: "2.0.0" });
});

test("a file that another page removed in the middle is written again before the pack is installed", async () => {
  const disk = memoryStore();
  const { packs } = await openPacks(model, { store: disk });
  const other = (await openPacks(model, { store: disk })).packs;
  const files = packFromFiles(first);
  const source = {
    ...files,
    open: async (path: string, options: { offset: number }) => {
      if (path.startsWith("golden/")) await other.cache.clear();
      return files.open(path, options);
    },
  };
  await packs.install(source);
  expect(await stateOf(disk)).toMatchObject({ version: "1.0.0" });
});

import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { memoryStore, packFromNpm, type ByteStore, type Packs } from "../../src/sdk/packs/index.js";
import { sha256Hex } from "../../src/sdk/weights/index.js";
import { PackFiles, startPackServer, type PackServer } from "../support/pack-server.js";
import { openPacks } from "../support/packs.js";
import { makeTinyModel } from "../support/tiny-model.js";
import { makeTinyPack } from "../support/tiny-pack.js";

const model = makeTinyModel();
const id = "acme.limpid-descreen";
const ballast = 800_000;
const files = makeTinyPack(model, { ballast });
const listed = [...files.keys()].filter((path) => path !== "integrity.json");

const served = new PackFiles();
let server: PackServer;
beforeAll(async () => {
  server = await startPackServer(served);
});
afterAll(() => server.close());
beforeEach(() => served.reset());

/** Puts a pack's files under a path, and gives the address of their folder. */
function serve(path: string, pack: ReadonlyMap<string, Uint8Array>): string {
  served.add(path, pack);
  return `${server.origin}${path}/`;
}

/** Jest compares long arrays element by element, which takes minutes. */
async function expectBallast(packs: Packs): Promise<void> {
  expect(sha256Hex(await packs.read(id, "ballast.bin"))).toBe(sha256Hex(files.get("ballast.bin")!));
}

const asked = (): string[] => served.requests.map(({ path, range }) => (range ? `${path} ${range}` : path));

test("a pack is fetched from its folder: each file once, and nothing else", async () => {
  const { packs } = await openPacks(model);
  const url = serve("/packs/descreen", files);
  const pack = await packs.install(url.slice(0, -1)); // the slash at its end may be left out
  expect(pack).toMatchObject({ id, source: url });
  expect(asked().sort()).toEqual(
    [...files.keys(), "integrity.json.sig"].map((path) => `/packs/descreen/${path}`).sort(),
  );
  await expectBallast(packs);
});

test("an npm spec is fetched from the server that was named, and must be what it says", async () => {
  const cdn = `${server.origin}/npm/{name}@{version}/`;
  serve("/npm/@acme/limpid-descreen@1.0.0", files);
  const { packs } = await openPacks(model, { cdn });
  expect(await packs.install("@acme/limpid-descreen@1.0.0")).toMatchObject({ id, version: "1.0.0" });
  serve("/npm/@acme/limpid-descreen@2.0.0", files);
  await expect(packs.install(packFromNpm("@acme/limpid-descreen@2.0.0", cdn))).rejects.toMatchObject({
    code: "PackMismatch",
    details: { expected: { version: "2.0.0" }, actual: { version: "1.0.0" } },
  });
  expect(() => packFromNpm("@acme/limpid-descreen@1.0.0", server.origin)).toThrow(/\{name\}/);
  expect(() => packFromNpm("@acme/limpid-descreen@^1.0.0", cdn)).toThrow(/single version/);
});

test("a redirection is not followed", async () => {
  const { packs } = await openPacks(model);
  const url = serve("/there", files);
  for (const path of files.keys()) served.redirects.set(`/here/${path}`, `/there/${path}`);
  await expect(packs.install(`${server.origin}/here/`)).rejects.toMatchObject({ code: "PackUnavailable" });
  expect(asked()).toEqual(["/here/integrity.json"]);
  // An application that wants it follows by itself.
  const follow: typeof fetch = (input, init) => fetch(input, { ...init, redirect: "follow" });
  const { packs: following } = await openPacks(model, { fetch: follow });
  expect((await following.install(`${server.origin}/here/`)).files.size).toBe(listed.length);
  expect(url).toContain("/there/");
});

test("a server that is not there, or fails, is an error of its own", async () => {
  const { packs } = await openPacks(model);
  await expect(packs.install("http://localhost:1/")).rejects.toMatchObject({ code: "PackUnavailable" });
  const broken: typeof fetch = () => Promise.resolve(new Response("no", { status: 503 }));
  const { packs: refused } = await openPacks(model, { fetch: broken });
  await expect(refused.install(server.origin)).rejects.toMatchObject({
    code: "PackUnavailable",
    details: { status: 503 },
  });
});

/** Installs, with the connection cut after some bytes of the long file, and gives the cache for another attempt. */
async function cutShort(store: ByteStore, after: number): Promise<string> {
  const url = serve("/pack", files);
  served.hangUps.set("/pack/ballast.bin", after);
  const { packs } = await openPacks(model, { store });
  await expect(packs.install(url)).rejects.toMatchObject({ code: "PackUnavailable" });
  expect(packs.list()).toEqual([]);
  served.requests.length = 0;
  return url;
}

test("a download that was cut short goes on where it was, and finished files are not fetched again", async () => {
  const store = memoryStore();
  const url = await cutShort(store, 600_000);
  const { packs } = await openPacks(model, { store });
  const kept = (await packs.cache.list()).find(({ isComplete }) => !isComplete)!.size;
  expect(kept).toBe(600_000);
  const progress: number[] = [];
  await packs.install(url, { onProgress: ({ loaded }) => progress.push(loaded) });
  expect(asked().sort()).toEqual([
    "/pack/ballast.bin bytes=600000-",
    "/pack/integrity.json",
    "/pack/integrity.json.sig",
  ]);
  expect(progress.at(-1)).toBe(listed.reduce((sum, path) => sum + files.get(path)!.length, 0));
  await expectBallast(packs);
  expect((await packs.cache.list()).every(({ isComplete }) => isComplete)).toBe(true);
});

test("of a server without ranges, a file that was cut short comes whole again, the others not", async () => {
  const store = memoryStore();
  const url = await cutShort(store, 600_000);
  served.ranges = false;
  const { packs } = await openPacks(model, { store });
  await packs.install(url);
  expect(asked().sort()).toEqual([
    "/pack/ballast.bin bytes=600000-",
    "/pack/integrity.json",
    "/pack/integrity.json.sig",
  ]);
  await expectBallast(packs);
});

test("parts of a file that was replaced since are thrown away", async () => {
  const store = memoryStore();
  await cutShort(store, 600_000);
  const disk = await store.list("parts/");
  await store.put(disk[0]!.key, new Uint8Array(disk[0]!.size)); // bytes that do not belong to it
  const { packs } = await openPacks(model, { store });
  await packs.install(`${server.origin}/pack/`);
  expect(asked().filter((request) => request.includes("ballast"))).toEqual([
    "/pack/ballast.bin bytes=600000-",
    "/pack/ballast.bin",
  ]);
  await expectBallast(packs);
  expect(await store.list("parts/")).toEqual([]);
});

test.each([
  ["that end where the file does and are wrong", ballast - 600_000, ["/pack/ballast.bin"]],
  ["that go beyond the end of the file", ballast, ["/pack/ballast.bin bytes=600000-"]],
])("parts %s do no harm", async (_, length, requests) => {
  const store = memoryStore();
  const url = await cutShort(store, 600_000);
  const { key } = (await store.list("parts/"))[0]!;
  const last = `${key.slice(0, -12)}${String(600_000).padStart(12, "0")}`;
  await store.put(last, new Uint8Array(length));
  const { packs } = await openPacks(model, { store });
  await packs.install(url);
  expect(asked().filter((request) => request.includes("ballast"))).toEqual(requests);
  await expectBallast(packs);
});

test("a file that is shorter by now than what came of it is refused, and its parts are thrown away", async () => {
  const store = memoryStore();
  const url = await cutShort(store, 600_000);
  served.files.set("/pack/ballast.bin", files.get("ballast.bin")!.subarray(0, 500_000));
  const { packs } = await openPacks(model, { store });
  await expect(packs.install(url)).rejects.toMatchObject({
    code: "IntegrityMismatch",
    message: expect.stringContaining("has 500000 bytes, expected 800000"),
  });
  expect(await store.list("parts/")).toEqual([]);
  served.files.set("/pack/ballast.bin", files.get("ballast.bin")!);
  await packs.install(url);
  await expectBallast(packs);
});

test("an aborted installation stops, keeps what came, and leaves the next one free", async () => {
  const store = memoryStore();
  const { packs } = await openPacks(model, { store });
  const url = serve("/pack", files);
  const controller = new AbortController();
  const aborted = packs.install(url, {
    signal: controller.signal,
    onProgress: ({ path, loaded }) => {
      if (path === "ballast.bin" && loaded > 300_000) controller.abort(new Error("enough"));
    },
  });
  const next = packs.install(makeTinyPack(model, { name: "limpid-other", expert: "acme.other" }));
  await expect(aborted).rejects.toMatchObject({ code: "Aborted", cause: new Error("enough") });
  expect((await next).id).toBe("acme.limpid-other");
  expect(packs.get(id)).toBeUndefined();
  expect((await packs.cache.list()).some(({ isComplete, size }) => !isComplete && size > 0)).toBe(true);
  await expect(packs.install(url, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: "Aborted",
  });
  const freed = await packs.cache.clear();
  expect(freed).toBeGreaterThan(0);
});

test("disposal ends an installation that is under way", async () => {
  const { packs } = await openPacks(model);
  const url = serve("/pack", files);
  const running = packs.install(url, { onProgress: () => packs.dispose() });
  await expect(running).rejects.toMatchObject({ code: "Aborted", cause: { code: "Disposed" } });
});

test("a progress listener that throws ends the installation with its error", async () => {
  const { packs } = await openPacks(model);
  const url = serve("/pack", files);
  const onProgress = () => {
    throw new Error("the bar broke");
  };
  await expect(packs.install(url, { onProgress })).rejects.toThrow("the bar broke");
  expect(packs.list()).toEqual([]);
});

test("one file is deleted from the cache by its hash, unless a pack needs it", async () => {
  const store = memoryStore();
  const url = await cutShort(store, 600_000);
  const { packs } = await openPacks(model, { store });
  const { sha256 } = (await packs.cache.list()).find(({ isComplete }) => !isComplete)!;
  const size = await packs.cache.size();
  expect(await packs.cache.delete(sha256)).toBe(true);
  expect(await packs.cache.delete(sha256)).toBe(false);
  expect(size - (await packs.cache.size())).toBe(600_000);
  await packs.install(url);
  await expect(packs.cache.delete(sha256)).rejects.toMatchObject({
    code: "InvalidArgument",
    details: { usedBy: [id] },
  });
  expect(await packs.cache.clear()).toBe(0);
});

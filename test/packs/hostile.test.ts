import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { zipSync, gzipSync } from "fflate";
import { packFilesFromArchive, parseExtensionManifest, parseIntegrity } from "../../src/sdk/packs/index.js";
import { loadModel, modelFromUrl } from "../../src/sdk/restore/index.js";
import { openPacks } from "../support/packs.js";
import { makeTinyModel } from "../support/tiny-model.js";
import { makeTinyPack } from "../support/tiny-pack.js";

const encode = (text: string) => new TextEncoder().encode(text);
const list = (length: number, item: (index: number) => unknown) => Array.from({ length }, (_, i) => item(i));
const base = { name: "x", version: "1.0.0", publisher: "acme", engines: { limpid: "^0.1.0" } };

describe("a file that asks for much work", () => {
  const manifests: readonly (readonly [string, object | string])[] = [
    ["a long list of different objects", { activationEvents: list(20_000, (a) => ({ a })) }],
    ["a long list of texts", { keywords: list(30_000, (a) => a.toString(36)) }],
    ["many keys", Object.fromEntries(list(20_000, (a) => [`k${String(a)}`, 1]) as [string, number][])],
    ["a long text", { displayName: "a".repeat(250_000) }],
    ["a long key", { ["k".repeat(200_000)]: 1 }],
    ["deep lists", `{"x-a":${"[".repeat(60_000)}${"]".repeat(60_000)}}`],
    ["lines that end in what no line has", { displayName: `${"a".repeat(16_000)}\u007f\u007f` }],
    ["a line with a command for a terminal", { displayName: "a\u001b[31mb" }],
    ["a line that turns its direction", { displayName: "a\u202eb" }],
    ["many faults", { contributes: { commands: list(500, () => ({ a: 1, b: 2, c: 3, d: 4 })) } }],
    ["a key that changes the prototype", `{"name":"x","__proto__":{"publisher":"acme"}}`],
    ["a key twice", `{"name":"x","name":"y"}`],
  ];
  test.each(manifests)("%s: a manifest is refused with few faults", (_, extra) => {
    const text = typeof extra === "string" ? extra : JSON.stringify({ ...base, ...extra });
    let error: unknown;
    try {
      parseExtensionManifest(encode(text), "x");
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: "InvalidManifest" });
    const { details, message } = error as { details: { problems: unknown[] }; message: string };
    expect(details.problems.length).toBeLessThanOrEqual(200);
    expect(message.length).toBeLessThan(20_000);
    expect(Object.hasOwn(Object.prototype, "publisher")).toBe(false);
  });

  test.each([10, 4999, 90_000])("a list of %i files that are none is refused with few faults", (count) => {
    const files = Object.fromEntries(list(count, (a) => [`a${String(a)}`, 1]) as [string, number][]);
    const bytes = encode(JSON.stringify({ formatVersion: 1, id: "acme.x", version: "1.0.0", files }));
    expect(() => parseIntegrity(bytes, "x")).toThrow(expect.objectContaining({ code: "InvalidManifest" }));
  });

  test("archives of very many files are refused when they are too many", () => {
    const many = Object.fromEntries(
      list(6000, (a) => [`f${String(a)}`, new Uint8Array(0)]) as [string, Uint8Array][],
    );
    const refused = expect.objectContaining({
      code: "InvalidArchive",
      message: expect.stringMatching("5000 files") as unknown,
    });
    expect(() => packFilesFromArchive(zipSync(many))).toThrow(refused);
    const tar = gzipSync(tarOf(6000));
    expect(() => packFilesFromArchive(tar)).toThrow(refused);
  });

  test.each([
    [
      "a header without end",
      Buffer.concat([Buffer.from([31, 139, 8, 8, 0, 0, 0, 0, 0, 3]), Buffer.alloc(3e6, 97)]),
    ],
    ["many empty parts", Buffer.concat(list(30_000, () => gzipSync(new Uint8Array(0))) as Uint8Array[])],
  ])("an archive of %s is refused before it is read to its end", (_, archive) => {
    expect(() => packFilesFromArchive(archive)).toThrow(
      expect.objectContaining({
        code: "InvalidArchive",
        message: expect.stringMatching("less than it is") as unknown,
      }),
    );
  });

  test("headers for long names are short", () => {
    const body = new Uint8Array(1 << 20).fill(97);
    const tar = gzipSync(Buffer.concat([tarHeader("p/f", body.length, "x"), body, new Uint8Array(1024)]));
    expect(() => packFilesFromArchive(tar)).toThrow(expect.objectContaining({ code: "InvalidArchive" }));
  });
});

function tarHeader(name: string, size: number, type: string): Uint8Array {
  const header = Buffer.alloc(512);
  header.write(name);
  header.write(`${size.toString(8).padStart(11, "0")}\0`, 124);
  header.write(type, 156);
  header.write("ustar\0" + "00", 257);
  header.fill(32, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}

function tarOf(count: number): Uint8Array {
  return Buffer.concat([
    ...list(count, (index) => tarHeader(`p/f${index}`, 0, "0")),
    Buffer.alloc(1024),
  ] as Uint8Array[]);
}

type Behaviour = (path: string, response: ServerResponse, range: string | undefined) => boolean;

describe("a server that misbehaves", () => {
  const model = makeTinyModel();
  const pack = makeTinyPack(model, { ballast: 700_000 });
  const files = new Map([...pack].map(([path, bytes]) => [`/pack/${path}`, bytes]));
  for (const [path, bytes] of model) files.set(`/model/${path}`, bytes);
  let behave: Behaviour = () => false;
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "/";
    asked.push(path);
    if (behave(path, response, request.headers.range)) return;
    const bytes = files.get(path);
    if (bytes === undefined) response.writeHead(404).end();
    else response.writeHead(200).end(bytes);
  });
  let origin = "";
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
    origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const silent = (_: string, response: ServerResponse) => (
    response.writeHead(200),
    response.write("x"),
    true
  );
  const drip = (_: string, response: ServerResponse) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write("x"), 20);
    response.on("close", () => clearInterval(timer));
    return true;
  };
  const endless = (_: string, response: ServerResponse) => {
    response.writeHead(200);
    const go = (): void => {
      if (!response.destroyed) response.write(Buffer.alloc(1 << 20, 32), go);
    };
    go();
    return true;
  };
  const cut = (_: string, response: ServerResponse) => {
    response.writeHead(200, { "content-length": 100_000 });
    response.write("x", () => setTimeout(() => response.destroy(), 30));
    return true;
  };

  test.each<[string, Behaviour, string]>([
    ["never answers", () => true, "PackUnavailable"],
    ["falls silent", silent, "PackUnavailable"],
    ["sends a byte now and then", drip, "PackUnavailable"],
    ["never ends", endless, "PackTooLarge"],
    ["hangs up", cut, "PackUnavailable"],
  ])("and %s is given up, and holds up no other pack", async (_, behaviour, code) => {
    behave = (path, response, range) => path.startsWith("/bad/") && behaviour(path, response, range);
    const { packs } = await openPacks(model, { timeout: 1000 });
    const bad = packs.install(`${origin}/bad/`);
    const refused = expect(bad).rejects.toMatchObject({ code });
    expect((await packs.install(`${origin}/pack/`)).id).toBe("acme.limpid-descreen");
    await packs.uninstall("acme.limpid-descreen");
    await refused;
  });

  test("and answers with another range is asked from the beginning", async () => {
    const { packs } = await openPacks(model);
    let hangUps = 0;
    behave = (path, response, range) => {
      if (!path.endsWith("ballast.bin")) return false;
      const bytes = files.get(path)!;
      if (hangUps++ === 0) {
        response.writeHead(200, { "content-length": bytes.length });
        response.write(bytes.subarray(0, 600_000), () => setTimeout(() => response.destroy(), 50));
        return true;
      }
      if (range === undefined) return false;
      response
        .writeHead(206, { "content-range": `bytes 100-${bytes.length - 1}/${bytes.length}` })
        .end(bytes.subarray(100));
      return true;
    };
    await expect(packs.install(`${origin}/pack/`)).rejects.toMatchObject({ code: "PackUnavailable" });
    await packs.install(`${origin}/pack/`);
    expect((await packs.read("acme.limpid-descreen", "ballast.bin")).length).toBe(700_000);
  });

  test.each<[string, Behaviour, string]>([
    ["hangs up", cut, "WeightsMissing"],
    ["never ends", endless, "WeightsCorrupt"],
    [
      "leads elsewhere",
      (path, response) => (response.writeHead(302, { location: `/other${path}` }).end(), true),
      "WeightsMissing",
    ],
    ["has nothing", (_, response) => (response.writeHead(404).end(), true), "WeightsMissing"],
    ["fails", (_, response) => (response.writeHead(500).end(), true), "WeightsMissing"],
  ])("and %s gives no model, but an error with a code", async (_, behaviour, code) => {
    asked.length = 0;
    for (const bad of ["/model/model.json", "/model/backbone.safetensors"]) {
      behave = (path, response, range) => path === bad && behaviour(path, response, range);
      await expect(loadModel(modelFromUrl(`${origin}/model/`))).rejects.toMatchObject({
        name: "LimpidError",
        code,
      });
    }
    expect(asked.filter((path) => path.startsWith("/other"))).toEqual([]);
  });

  test("is left when the caller gives up in the middle of a body", async () => {
    behave = (path, response, range) =>
      path.endsWith("backbone.safetensors") && silent(path, response) && range === undefined;
    const controller = new AbortController();
    const loading = loadModel(modelFromUrl(`${origin}/model/`), controller.signal);
    setTimeout(() => controller.abort(), 100);
    await expect(loading).rejects.toMatchObject({ code: "Aborted" });
  });
});

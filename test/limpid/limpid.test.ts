import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { MessageChannel } from "node:worker_threads";
import { afterEach, describe, expect, test } from "@jest/globals";
import { portOf, version, type Disposable, type MessageTarget } from "../../src/sdk/base/index.js";
import { composeLimpid, createLimpid, serveEngine, type Limpid } from "../../src/sdk/limpid/index.js";
import { modelFromFiles } from "../../src/sdk/restore/index.js";
import {
  cases,
  codeOf,
  expected,
  model,
  photo,
  type CaseName,
  type OpenLimpid,
} from "./limpid-conformance.js";

const opened: Limpid[] = [];
const engines: { readonly url: string; readonly engine: Disposable; readonly die: () => void }[] = [];
afterEach(() => {
  for (const limpid of opened.splice(0)) limpid.dispose();
  for (const { engine } of engines.splice(0)) engine.dispose();
});

const options = { model: modelFromFiles(model), backend: "cpu" } as const;
const keep = (limpid: Limpid): Limpid => {
  opened.push(limpid);
  return limpid;
};

/** The two ends of a channel between threads, of which both are on this one. */
function engineOverMessages(url: string) {
  const { port1, port2 } = new MessageChannel();
  const own = portOf(port1 as unknown as MessageTarget, () => port1.close());
  const engine = serveEngine(portOf(port2 as unknown as MessageTarget, () => port2.close()));
  engines.push({ url, engine, die: () => port2.close() });
  return own;
}

const ways: Record<string, OpenLimpid> = {
  "on the calling thread": async (more) => keep(await createLimpid({ ...options, ...more })),
  "behind messages": async (more) => {
    const worker = { script: "https://limpid.example/limpid-worker.js", hangTime: 60_000, required: true };
    return keep(await composeLimpid({ ...options, worker, ...more }, engineOverMessages));
  },
};

describe.each(Object.keys(cases) as CaseName[])("a Limpid %s", (name) => {
  const seen: unknown[] = [];
  test.each(Object.keys(ways))("%s", async (way) => {
    const outcome = await cases[name](ways[way]!);
    expect(outcome).toMatchObject(expected[name] as object);
    // The same to the last bit, wherever it computes.
    seen.push(outcome);
    expect(outcome).toEqual(seen[0]);
  });
});

test("it says whether it computes in a worker", async () => {
  const [here, there] = [await ways["on the calling thread"]!(), await ways["behind messages"]!()];
  expect([here.isInWorker, here.fallbackReason]).toEqual([false, undefined]);
  expect([there.isInWorker, there.fallbackReason]).toEqual([true, undefined]);
});

test("an engine that falls silent fails its calls, and the next one has another with the same experts", async () => {
  const reasons: string[] = [];
  const limpid = await ways["behind messages"]!({
    worker: { script: "https://limpid.example/limpid-worker.js", hangTime: 200, required: true },
    onBackendChange: ({ reason }) => reasons.push(reason),
  });
  limpid.experts.remove("tiny.first");
  const restored = limpid.restore(photo);
  engines[0]!.die();
  expect(await codeOf(restored)).toBe("WorkerFailed");
  const [again, analysis] = await Promise.all([limpid.restore(photo), limpid.analyze(photo)]);
  expect(again.mixture.map(({ expert }) => expert)).toEqual(["tiny.second"]);
  expect(analysis.present).toHaveLength(3);
  expect(engines).toHaveLength(2);
  expect(reasons).toEqual(["the engine was started anew: the worker does not answer within 0.2 seconds"]);
});

test("a start without a model names the command that fetches one", async () => {
  await expect(createLimpid({})).rejects.toMatchObject({
    code: "AssetsMissing",
    message: expect.stringContaining("npx limpid-assets public/limpid"),
  });
});

test("a worker is refused where there are none, and where its script is unknown", async () => {
  const required = { ...options, worker: true } as const;
  await expect(createLimpid(required)).rejects.toMatchObject({ code: "WorkerFailed" });
  await expect(composeLimpid(required, engineOverMessages)).rejects.toMatchObject({
    code: "WorkerFailed",
    message: expect.stringContaining("`assets`"),
  });
});

test("assets that are not there are named with their address and what the server answered", async () => {
  const files = new Map([...model].map(([path, bytes]) => [`/base/models/${path}`, bytes]));
  const integrity = (bytes: Uint8Array): string =>
    `sha256-${createHash("sha256").update(bytes).digest("base64")}`;
  const list = { version, files: { "models/model.json": integrity(model.get("model.json")!) } };
  files.set("/base/assets.json", new TextEncoder().encode(JSON.stringify(list)));
  const server = createServer((request, response) => {
    const bytes = files.get(request.url!);
    response.writeHead(bytes === undefined ? 404 : 200).end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  try {
    const assets = `http://localhost:${(server.address() as AddressInfo).port}/base`;
    const start = () => createLimpid({ assets, backend: "cpu" });
    const limpid = keep(await start());
    expect(limpid.model.id).toBe("limpid.tiny");
    files.delete("/base/models/router.safetensors");
    await expect(start()).rejects.toMatchObject({
      code: "WeightsMissing",
      message: expect.stringMatching(/\/base\/models\/router\.safetensors cannot be fetched: status 404$/),
    });
    files.set("/base/models/model.json", Uint8Array.of(1));
    await expect(start()).rejects.toMatchObject({
      code: "AssetsMissing",
      message: expect.stringContaining("models/model.json has another hash"),
    });
    files.delete("/base/assets.json");
    await expect(start()).rejects.toMatchObject({
      code: "AssetsMissing",
      message: expect.stringContaining("assets.json is not there: status 404: run `npx limpid-assets"),
      details: { url: `${assets}/assets.json`, status: 404, isHtml: false },
    });
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

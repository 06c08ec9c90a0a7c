import { expect, test } from "@jest/globals";
import { createLimpid } from "../../src/sdk/limpid/index.js";
import { modelFromFiles } from "../../src/sdk/restore/index.js";
import { makeTinyModel } from "../support/tiny-model.js";

type Files = Map<string, Uint8Array>;

/** The parts of model.json that the tests spoil. */
interface Manifest {
  formatVersion: number;
  backbone: object;
  router: object;
  experts: object[];
}

/** Starts Limpid on a model whose files a test has spoiled. */
function startWith(spoil: (files: Files) => void) {
  const files: Files = new Map(makeTinyModel());
  spoil(files);
  return createLimpid({ model: modelFromFiles(files), backend: "cpu" });
}

function editManifest(files: Files, edit: (manifest: Manifest) => void): void {
  const manifest = JSON.parse(new TextDecoder().decode(files.get("model.json"))) as Manifest;
  edit(manifest);
  files.set("model.json", new TextEncoder().encode(JSON.stringify(manifest)));
}

test("a model says its id and version, and lists its experts", async () => {
  const limpid = await startWith(() => undefined);
  expect(limpid.model).toEqual({ id: "limpid.tiny", version: "0.0.1" });
  expect(limpid.experts.list()).toMatchObject([
    { id: "tiny.first", degradations: ["noise"], strength: 1, owner: undefined },
    { id: "tiny.second", degradations: ["jpeg"], strength: 1, owner: undefined },
  ]);
  limpid.dispose();
});

test.each(["model.json", "backbone.safetensors", "router.safetensors", "experts/1.safetensors"])(
  "%s missing is named",
  async (file) => {
    await expect(startWith((files) => files.delete(file))).rejects.toMatchObject({
      code: "WeightsMissing",
      message: expect.stringContaining(file),
    });
  },
);

test.each(["backbone.safetensors", "router.safetensors", "experts/0.safetensors"])(
  "%s truncated or changed by one bit is refused, with the numbers",
  async (file) => {
    await expect(
      startWith((files) => files.set(file, files.get(file)!.subarray(0, -7))),
    ).rejects.toMatchObject({
      code: "WeightsCorrupt",
      message: expect.stringMatching(/bytes, model.json says/),
    });
    const flip = (files: Files) => {
      const bytes = files.get(file)!.slice();
      bytes[bytes.length - 1]! ^= 1;
      files.set(file, bytes);
    };
    await expect(startWith(flip)).rejects.toMatchObject({
      code: "WeightsCorrupt",
      message: expect.stringContaining("hashes to"),
    });
  },
);

test("an expert of another base is refused", async () => {
  const other = makeTinyModel({ seed: 2 });
  await expect(
    startWith((files) => {
      files.set("experts/0.safetensors", other.get("experts/0.safetensors")!);
      const theirs = JSON.parse(new TextDecoder().decode(other.get("model.json"))) as Manifest;
      editManifest(files, (manifest) => {
        manifest.experts[0] = theirs.experts[0]!;
      });
    }),
  ).rejects.toMatchObject({ code: "ExpertMismatch" });
});

test.each<[string, (manifest: Manifest) => void]>([
  ["formatVersion", (m) => Object.assign(m, { formatVersion: 2 })],
  ["backbone.file", (m) => Object.assign(m.backbone, { file: "../../secret" })],
  ["backbone.file", (m) => Object.assign(m.backbone, { file: "https://elsewhere/x" })],
  ["backbone.sha256", (m) => Object.assign(m.backbone, { sha256: "abc" })],
  ["router.size", (m) => Object.assign(m.router, { size: -1 })],
  ["router.threshold", (m) => Object.assign(m.router, { threshold: 1.5 })],
  ["router.thresholds.rain", (m) => Object.assign(m.router, { thresholds: { rain: 0 } })],
  ["router.secondThreshold", (m) => Object.assign(m.router, { secondThreshold: 1 })],
  ["classifierSize", (m) => Object.assign((m.router as { config: object }).config, { classifierSize: 0.5 })],
  ["experts", (m) => Object.assign(m, { experts: {} })],
  ["experts[0].strength", (m) => Object.assign(m.experts[0]!, { strength: 3 })],
  ["experts[0].degradations", (m) => Object.assign(m.experts[0]!, { degradations: "noise" })],
])("a wrong %s in model.json is named", async (field, edit) => {
  await expect(startWith((files) => editManifest(files, edit))).rejects.toMatchObject({
    code: "InvalidConfig",
    message: expect.stringContaining(field),
  });
});

test("model.json that is not JSON is said to be", async () => {
  await expect(
    startWith((files) => files.set("model.json", new Uint8Array([0xff, 0xfe]))),
  ).rejects.toMatchObject({ code: "InvalidConfig" });
});

test("a start can be aborted", async () => {
  await expect(
    createLimpid({ model: modelFromFiles(makeTinyModel()), signal: AbortSignal.abort("enough") }),
  ).rejects.toMatchObject({ code: "Aborted", cause: "enough" });
});

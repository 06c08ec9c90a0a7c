import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { modelFromDirectory, packageDirectory } from "../../src/node/index.js";
import { createLimpid } from "../../src/sdk/limpid/index.js";
import { useBackend } from "../support/index.js";

let folder: string;

beforeAll(() => useBackend("cpu"));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "limpid-model-directory-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

test("the model that comes with the package is found and starts", async () => {
  const source = modelFromDirectory();
  expect(source.name).toBe(join(packageDirectory(), "models"));
  expect(Buffer.from(await source.read("model.json"))).toEqual(readFileSync("models/model.json"));
  const limpid = await createLimpid({ model: source, backend: "cpu" });
  expect(limpid.model.id).toBe("limpid.compact");
  limpid.dispose();
});

test("files are read by paths with forward slashes", async () => {
  mkdirSync(join(folder, "experts"));
  writeFileSync(join(folder, "experts", "one"), Uint8Array.of(1, 2, 3));
  expect(await modelFromDirectory(folder).read("experts/one")).toEqual(Uint8Array.of(1, 2, 3));
});

test("a file that is not there, a folder in its place and an abort are told apart", async () => {
  writeFileSync(join(folder, "file"), "");
  mkdirSync(join(folder, "folder"));
  const source = modelFromDirectory(folder);
  await expect(source.read("none")).rejects.toMatchObject({ code: "WeightsMissing" });
  await expect(source.read("file/none")).rejects.toMatchObject({ code: "WeightsMissing" });
  await expect(source.read("folder")).rejects.toMatchObject({ code: "FileUnreadable" });
  await expect(source.read("file", AbortSignal.abort())).rejects.toMatchObject({ code: "Aborted" });
});

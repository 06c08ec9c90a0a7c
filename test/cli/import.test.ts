import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { parseSafetensors, sha256Hex } from "../../src/sdk/weights/index.js";
import { limpid } from "./command.js";

const checkpoints = join("test", "fixtures", "checkpoints");
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "limpid-import-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** What tells two tensors apart, by their names. */
function tensorsOf(path: string): Map<string, string> {
  const { tensors } = parseSafetensors(new Uint8Array(readFileSync(path)));
  return new Map(
    [...tensors].map(([name, { dtype, shape, bytes }]) => [
      name,
      `${dtype} [${shape.join()}] ${sha256Hex(bytes)}`,
    ]),
  );
}

test("a checkpoint becomes safetensors with the same tensors", async () => {
  const output = join(folder, "restorer.safetensors");
  const checkpoint = join("test", "fixtures", "reference", "stage2.weights.pth");
  const { code, stdout, stderr } = await limpid(["import", checkpoint, "-o", output]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/restorer\.safetensors {2}\d+ tensors, [\d,]+ numbers, [\d.]+ MB\n$/);
  expect(tensorsOf(output)).toEqual(tensorsOf(checkpoint.replace(".pth", ".safetensors")));
});

test("--key takes one of several entries", async () => {
  const checkpoint = join(checkpoints, "params_ema.pth");
  const outputs = await Promise.all(
    ["params", "params_ema"].map(async (key) => {
      const output = join(folder, `${key}.safetensors`);
      expect((await limpid(["import", checkpoint, "-o", output, "--key", key])).code).toBe(0);
      return tensorsOf(output);
    }),
  );
  expect(outputs[0]).not.toEqual(outputs[1]);
  expect(outputs[1]).toEqual(tensorsOf(join(checkpoints, "params_ema.safetensors")));
});

test.each([
  ["os_system.pth", "InvalidTensorFile"],
  ["params.safetensors", "InvalidTensorFile"],
  ["none.pth", "FileUnreadable"],
])("%s is refused in one line", async (name, code) => {
  const run = await limpid(["import", join(checkpoints, name), "-o", join(folder, "x.safetensors")]);
  expect([run.code, run.stdout]).toEqual([1, ""]);
  expect(run.stderr).toMatch(new RegExp(`^${code}: [^\n]+\n$`));
  expect(readdirSync(folder)).toEqual([]);
});

test("the checkpoint is never overwritten", async () => {
  const link = join(folder, "link.pth");
  symlinkSync(join(process.cwd(), checkpoints, "params.pth"), link);
  const { code, stderr } = await limpid(["import", join(checkpoints, "params.pth"), "-o", link]);
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^InputOverwrite: /)]);
});

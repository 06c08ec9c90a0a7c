import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { readImageFile } from "../../packages/cli/src/files/index.js";
import { degrade } from "../../src/sdk/training/index.js";
import { limpid, writePhoto } from "./command.js";

let folder: string;
let photo: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "limpid-degrade-"));
  photo = await writePhoto(join(folder, "photo.png"), { channels: 4, depth: 16 });
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("degrade", () => {
  test("writes what the recipes make of a photo", async () => {
    const output = join(folder, "bad.png");
    const recipes = ["--recipe", "jpeg", "--recipe", "haze:0.25", "--recipe", "blur-defocus"];
    const { code, stdout } = await limpid(["degrade", photo, ...recipes, "--seed", "9", "-o", output]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${output}\n` });
    const faults = [
      { degradation: "jpeg", severity: 0.5 },
      { degradation: "haze", severity: 0.25 },
      { degradation: "blur", severity: 0.5, kind: "defocus" },
    ];
    const expected = degrade((await readImageFile(photo)).image, faults, 9);
    const { image } = await readImageFile(output);
    expect(image).toMatchObject({ channels: 4, bitDepth: 8 });
    expect(image.data).toEqual(expected.data);
  });

  test.each([
    [["--recipe", "fog", "-o", "out.png"], 2, /no fault "fog"; there are low-light, /],
    [["--recipe", "blur-rain", "-o", "out.png"], 2, /no fault "blur-rain"/],
    [["--recipe", "rain:2", "-o", "out.png"], 2, /severity from 0 to 1/],
    [["--recipe", "rain:", "-o", "out.png"], 2, /severity from 0 to 1/],
    [["--recipe", "rain:0.1:0.2", "-o", "out.png"], 2, /severity from 0 to 1/],
    [["--recipe", "rain", "--seed", "x", "-o", "out.png"], 2, /whole number/],
    [["-o", "out.png"], 2, /--recipe/],
    [["--recipe", "rain"], 2, /--output/],
    [["--recipe", "rain", "-o", "out.bmp"], 2, /^UnsupportedFormat: /],
  ])("refuses %j", async (args, expected, reason) => {
    const { code, stderr } = await limpid(["degrade", photo, ...args]);
    expect(code).toBe(expected);
    expect(stderr).toMatch(reason);
  });

  test("never overwrites its input", async () => {
    const { code, stderr } = await limpid(["degrade", photo, "--recipe", "rain", "-o", photo]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^InputOverwrite: /);
    expect((await readImageFile(photo)).image.bitDepth).toBe(16);
  });
});

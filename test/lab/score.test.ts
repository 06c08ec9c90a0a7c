import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { parseLabels, scoreOf, type Judged } from "../../packages/lab/src/score.js";
import { writePhoto, writeTinyModel } from "../cli/command.js";
import { lab } from "./command.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "limpid-score-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const head = "file,fault,second,visible,real,source";

test("labels are read by their head, with quoted fields", () => {
  expect(parseLabels(`${head}\na.png,noise,,3,1,"a, ""b"""\r\nb.png,clean,haze,0,0,\n`)).toEqual([
    { file: "a.png", fault: "noise", second: "", isPlain: true, isPhotograph: true },
    { file: "b.png", fault: "clean", second: "haze", isPlain: true, isPhotograph: false },
  ]);
  expect(() => parseLabels("file,fault\na.png,noise\n")).toThrow(/no column second/);
  expect(() => parseLabels(`${head}\na.png,noise\n`)).toThrow(/row 2 .* 2 fields, its head 6/);
});

test("a fault that is the most probable but not acted on is not right; a second one found is no wrong one", () => {
  const photo = (top: string, present: readonly string[], second = ""): Judged => ({
    ...{ file: "a.png", fault: "rain", second, isPlain: true, isPhotograph: true },
    ...{ top, present },
  });
  const judged = [
    photo("rain", ["rain", "haze"]),
    photo("haze", ["haze", "rain"]),
    photo("haze", ["haze"], "haze"),
    photo("haze", ["haze"]),
    photo("rain", []),
    photo("rain", ["haze"]),
  ];
  expect(scoreOf(judged)).toEqual({ count: 6, right: 1, found: 2, wrong: 2, alone: 1 });
});

test("limpid score judges a model by a folder of labelled pictures", async () => {
  const model = writeTinyModel(join(folder, "model"), { bias: 20 });
  const photos = join(folder, "photos");
  mkdirSync(photos);
  await writePhoto(join(photos, "a.png"));
  await writePhoto(join(photos, "b.png"));
  await writePhoto(join(photos, "c.png"));
  writeFileSync(
    join(photos, "LABELS.csv"),
    `${head}\na.png,noise,,3,1,\nb.png,snow,,1,1,\nc.png,clean,,0,0,\n`,
  );
  const { code, stdout } = await lab([
    "score",
    photos,
    "--clean",
    photos,
    "--model",
    model,
    "--backend",
    "cpu",
  ]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\| noise +\| 1 +\| [01] +\| [01] +\| 0 +\| 0 +\|$/m);
  expect(stdout).toMatch(/^\| snow +\| 1 +\| 0 +\| 0 +\| 1 +\| 0 +\|$/m);
  expect(stdout).toMatch(/^\| of these, plain +\| 1 /m);
  expect(stdout).toContain("photographs 0 of 0, others 0 of 1");
  expect(stdout).toContain("clean photographs left alone: 0 of 3");
});

import { spawnSync } from "node:child_process";
import fs from "node:fs/promises";
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { writeFileAtomically } from "../../src/node/index.js";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "limpid-atomic-"));
});

afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** What a process with this id would have left in the folder, had it written a file like this one. */
function leftBy(pid: number | undefined, partial: string): string {
  const path = join(folder, basename(partial).replace(`-${process.pid}-`, `-${pid}-`));
  writeFileSync(path, "half");
  return path;
}

test("what a killed process left in a folder is removed by the next that writes there, and nothing else", async () => {
  const elsewhere = mkdtempSync(join(tmpdir(), "limpid-atomic-"));
  const opened = jest.spyOn(fs, "open");
  await writeFileAtomically(join(elsewhere, "file"), Uint8Array.of(1));
  rmSync(elsewhere, { recursive: true });
  const partial = String(opened.mock.calls[0]![0]);
  const { pid } = spawnSync(process.execPath, ["--version"]);
  leftBy(pid, partial);
  const kept = [
    leftBy(process.pid, partial),
    leftBy(process.ppid, partial),
    // Of another machine, which may be writing.
    join(folder, ".limpid-00000000-1-aaaaaaaaaaaa.part"),
    join(folder, "photo.part"),
    join(folder, ".limpid-notes"),
  ];
  const old = join(folder, ".limpid-00000000-1-bbbbbbbbbbbb.part");
  for (const path of [...kept, old]) writeFileSync(path, "");
  utimesSync(old, 0, 0);
  await writeFileAtomically(join(folder, "file"), Uint8Array.of(1));
  expect(
    readdirSync(folder)
      .map((name) => join(folder, name))
      .sort(),
  ).toEqual([...kept, join(folder, "file")].sort());
});

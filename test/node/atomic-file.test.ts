import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { writeFileAtomically } from "../../src/node/index.js";
import { partialFile } from "../../src/node/partial-files.js";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "limpid-atomic-"));
});

afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** What a process with this id would have left in the folder. */
function leftBy(pid: number | undefined): string {
  const path = partialFile(folder).replace(`-${process.pid}-`, `-${pid}-`);
  writeFileSync(path, "half");
  return path;
}

test("what a killed process left in a folder is removed by the next that writes there, and nothing else", async () => {
  const { pid } = spawnSync(process.execPath, ["--version"]);
  leftBy(pid);
  const kept = [
    leftBy(process.pid),
    leftBy(process.ppid),
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

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach } from "@jest/globals";
import { writeTinyModel } from "./command.js";

/** What {@link useWorkspace} gives a test file. */
export interface Workspace {
  /** The running test's own folder, empty when it starts. */
  readonly folder: string;
  /** Options of the command that name the tiny model and the cpu backend. */
  readonly engine: readonly string[];
  /** Makes a path in the folder. */
  readonly at: (...names: string[]) => string;
}

/** Gives a test file the tiny model and each of its tests a folder; to be called at the top of the file. */
export function useWorkspace(): Workspace {
  const models = writeTinyModel(mkdtempSync(join(tmpdir(), "limpid-model-")));
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "limpid-test-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  afterAll(() => {
    rmSync(models, { recursive: true });
  });
  return {
    get folder() {
      return folder;
    },
    engine: ["--model", models, "--backend", "cpu"],
    at: (...names) => join(folder, ...names),
  };
}

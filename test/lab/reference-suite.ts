import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { runReference, type ReferenceCase } from "../../packages/lab/src/reference.js";
import { prepareNodeBackend, type NodeBackendName } from "../../src/node/index.js";
import { expectNoLeaks } from "../support/index.js";
import { referenceFolder } from "../support/reference.js";

/** Files of the reference that a test's folder takes over, and others with content of its own. */
export interface FolderContent {
  readonly links?: readonly string[];
  readonly files?: Readonly<Record<string, Uint8Array>>;
}

/** Runs something with a temporary folder. */
export async function withFolder<T>(content: FolderContent, run: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "limpid-reference-"));
  try {
    for (const name of content.links ?? []) await symlink(join(referenceFolder, name), join(folder, name));
    for (const [name, bytes] of Object.entries(content.files ?? {}))
      await writeFile(join(folder, name), bytes);
    return await run(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The published networks and views, on one backend. */
export function describeReference(backend: NodeBackendName): void {
  test(`${backend} reproduces every reference tensor and leaves nothing behind`, async () => {
    await prepareNodeBackend(backend);
    let cases: readonly ReferenceCase[] = [];
    await expectNoLeaks(async () => {
      cases = await runReference(referenceFolder, backend);
    });
    expect(cases.map(({ name, status, files }) => [name, status, files])).toEqual([
      ["stage1", "ok", ["stage1.weights.safetensors"]],
      ["stage1.local", "ok", ["stage1.weights.safetensors"]],
      ["stage1.global", "ok", ["stage1.weights.safetensors"]],
      ["stage2.top1", "ok", ["stage2.weights.safetensors", "stage2.weights.pth"]],
      ["stage2.top2", "ok", ["stage2.weights.safetensors", "stage2.weights.pth"]],
      ["router", "ok", ["router.weights.safetensors", "router.weights.pth"]],
      ["views", "ok", []],
    ]);
    for (const { name, difference } of cases) {
      // Far below the limit: a wrong detail of the arithmetic shows, not only a wrong network.
      expect(difference).toBeLessThan(name === "views" ? 1e-6 : 2e-5);
      expect(difference).toBeGreaterThan(0);
    }
  });
}

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buildFigmaPlugins } from "../../../examples/figma-plugin/build.mjs";
import { makeTinyModel } from "../../support/tiny-model.js";

/** The example plugins, built with a model whose router finds everything. */
export interface PluginFolder {
  /** Where they are. */
  readonly path: string;
  /** The model's files. */
  readonly model: ReadonlyMap<string, Uint8Array>;
  /** Deletes them. */
  remove(): void;
}

/** Builds both example plugins into a folder of its own. */
export async function buildPlugins(options: { url?: string; figma?: string } = {}): Promise<PluginFolder> {
  const folder = mkdtempSync(join(tmpdir(), "limpid-figma-"));
  const model = makeTinyModel({ bias: 20 });
  for (const [path, bytes] of model) {
    const file = join(folder, "model", path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
  const path = join(folder, "plugins");
  await buildFigmaPlugins({ ...options, id: "1234567890", out: path, model: join(folder, "model") });
  return { path, model, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

import { createHash } from "node:crypto";
import * as v from "valibot";
import { modelFromDirectory } from "../../../../src/node/index.js";
import { LimpidError } from "../../../../src/sdk/base/index.js";

/** Which model is measured. */
export interface ModelIdentity {
  /** Such as `limpid.compact`. */
  readonly id: string;
  /** Semantic version. */
  readonly version: string;
  /** SHA-256 of `model.json`, which has the hash of every other file in it. */
  readonly sha256: string;
}

const manifestSchema = v.pipe(v.string(), v.parseJson(), v.object({ id: v.string(), version: v.string() }));

/**
 * Reads which model is in a folder; its weights are checked when Limpid starts.
 *
 * @param folder - the model's folder; the model that comes with the package if undefined
 * @param signal - gives up when it fires
 * @throws {@link LimpidError} `WeightsMissing`, `FileUnreadable`, `InvalidConfig`, `Aborted`
 */
export async function readModelIdentity(
  folder: string | undefined,
  signal: AbortSignal,
): Promise<ModelIdentity> {
  const source = modelFromDirectory(folder);
  const bytes = await source.read("model.json", signal);
  const manifest = v.safeParse(manifestSchema, new TextDecoder().decode(bytes));
  if (!manifest.success) {
    throw new LimpidError("InvalidConfig", `model.json of ${source.name} is not a model's`);
  }
  return { ...manifest.output, sha256: createHash("sha256").update(bytes).digest("hex") };
}

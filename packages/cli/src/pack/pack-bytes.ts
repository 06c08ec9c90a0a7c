import { LimpidError } from "limpid";
import { integrityFileName } from "limpid/authoring";

/**
 * The bytes of a pack's `integrity.json`.
 *
 * @param files - the pack
 * @param name - what errors call it
 * @throws {@link LimpidError} `IntegrityMismatch` if there is none
 */
export function requireIntegrity(files: ReadonlyMap<string, Uint8Array>, name: string): Uint8Array {
  const list = files.get(integrityFileName);
  if (list !== undefined) return list;
  const problems = [`${integrityFileName} is missing`];
  throw new LimpidError(
    "IntegrityMismatch",
    `${name}: has no ${integrityFileName}; limpid pack build makes it`,
    {
      details: { problems },
    },
  );
}

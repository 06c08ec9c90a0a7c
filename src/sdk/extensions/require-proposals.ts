import { LimpidError } from "../base/index.js";
import type { InstalledPack } from "../packs/index.js";
import { apiProposals, type ExtensionMode } from "./extension-api.js";

/**
 * Refuses an extension whose proposals for the API are not for it.
 *
 * @param mode - in what circumstances it would run
 * @throws {@link LimpidError} `CapabilityMissing`
 */
export function requireProposals(
  { id, manifest }: Pick<InstalledPack, "id" | "manifest">,
  mode: ExtensionMode,
): void {
  const { enabledApiProposals } = manifest;
  const known = apiProposals;
  const unknown = enabledApiProposals.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new LimpidError(
      "CapabilityMissing",
      `${id} tries proposals that there are not: ${unknown.join(", ")}`,
      {
        details: { id, unknown, known },
      },
    );
  }
  if (enabledApiProposals.length > 0 && mode !== "development") {
    throw new LimpidError(
      "CapabilityMissing",
      `${id} tries the proposals ${enabledApiProposals.join(", ")}, which only extensions in development may`,
      { details: { id, proposals: enabledApiProposals } },
    );
  }
}

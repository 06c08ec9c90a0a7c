import { LimpidError } from "../base/index.js";
import type { ExtensionCapabilities, ExtensionManifest } from "../packs/index.js";
import { exceeds } from "./capabilities.js";

/** What the commands of Limpid begin with: they change the picture. */
export const ownPrefix = "limpid.";

/**
 * Refuses a command that an extension may not execute. Its own it may. Those of another extension it may if that one is
 * granted no more than itself: else it would reach through the other what nobody granted it. Those of Limpid change pictures
 * and take the capability `pixels`; those of the application are the application's to list.
 *
 * @param caller - the extension that would execute it
 * @param command - the command
 * @param owner - the extension that brings it; undefined if none does
 * @param listed - the application's commands that extensions may execute
 * @throws {@link LimpidError} `CapabilityMissing`
 */
export function requireExecutable(
  caller: ExtensionManifest,
  command: string,
  owner: ExtensionManifest | undefined,
  listed: ReadonlySet<string>,
): void {
  const reason = reasonAgainst(caller, command, owner, listed);
  if (reason === undefined) return;
  throw new LimpidError("CapabilityMissing", `${caller.id} may not execute ${command}: ${reason}`, {
    details: { id: caller.id, command },
  });
}

function reasonAgainst(
  caller: ExtensionManifest,
  command: string,
  owner: ExtensionManifest | undefined,
  listed: ReadonlySet<string>,
): string | undefined {
  if (owner !== undefined) {
    if (owner.id === caller.id || !exceeds(owner.capabilities, caller.capabilities)) return undefined;
    return `it is of ${owner.id}, which was granted more`;
  }
  const needs: ExtensionCapabilities = command.startsWith(ownPrefix) ? { pixels: { reason: "" } } : {};
  if (exceeds(needs, caller.capabilities))
    return "it changes pictures, and its manifest does not ask for pixels";
  if (command.startsWith(ownPrefix) || listed.has(command)) return undefined;
  return "the application does not list it in extensions.commands";
}

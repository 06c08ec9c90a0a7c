import type { ExtensionCapabilities } from "../packs/index.js";

/**
 * Whether capabilities go beyond others.
 *
 * @param asked - what is asked for
 * @param granted - what is there
 */
export function exceeds(asked: ExtensionCapabilities, granted: ExtensionCapabilities): boolean {
  if (asked.pixels !== undefined && granted.pixels === undefined) return true;
  const domains = new Set(granted.network?.domains);
  return asked.network?.domains.some((domain) => !domains.has(domain)) ?? false;
}

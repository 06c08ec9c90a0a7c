import type { ExtensionCapabilities } from "../packs/index.js";

/** Whether capabilities go beyond others. */
export function exceeds(asked: ExtensionCapabilities, granted: ExtensionCapabilities): boolean {
  if (asked.pixels !== undefined && granted.pixels === undefined) return true;
  const domains = new Set(granted.network?.domains);
  return asked.network?.domains.some((domain) => !domains.has(domain)) ?? false;
}

import { type InstalledPack, type InstallOptions, type Limpid, LimpidError, type PackSource } from "limpid";
import { isExpertPack } from "limpid/authoring";

/**
 * Installs a pack of experts.
 *
 * @param limpid - whose packs it joins
 * @param source - the pack
 * @param options - as for `limpid.packs.install`
 * @throws {@link LimpidError} `NotSupported` for an extension that has code, or no experts; else as `limpid.packs.install`
 */
export function installPack(
  limpid: Limpid,
  source: PackSource,
  options: InstallOptions,
): Promise<InstalledPack> {
  return limpid.packs.install(source, {
    ...options,
    async accept(manifest) {
      await options.accept?.(manifest);
      if (isExpertPack(manifest)) return;
      const fault =
        manifest.browser === undefined ? "brings no expert" : "has code, which the command does not run";
      throw new LimpidError("NotSupported", `${manifest.id} ${manifest.version} ${fault}`, {
        details: { id: manifest.id },
      });
    },
  });
}

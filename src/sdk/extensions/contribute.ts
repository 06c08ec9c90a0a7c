import { DisposableStore, type Disposable } from "../base/index.js";
import type { ExtensionManifest } from "../packs/index.js";
import type { Commands } from "./commands.js";
import type { Configuration } from "./configuration.js";
import type { Menus } from "./menus.js";

/** Where the contributions of extensions go. */
export interface ContributionPoints {
  /** Takes `contributes.commands`. */
  readonly commands: Commands;
  /** Takes `contributes.menus`. */
  readonly menus: Menus;
  /** Takes `contributes.configuration`. */
  readonly configuration: Configuration;
}

/**
 * Puts in what a manifest contributes besides experts: all of it or, if something does not fit, nothing.
 *
 * @param manifest - the extension's
 * @param points - where to
 * @returns takes all of it out again
 * @throws {@link LimpidError} `InvalidArgument` if a command or setting is there already, `InvalidWhen`
 */
export function contribute(manifest: ExtensionManifest, points: ContributionPoints): Disposable {
  const { commands, menus, configuration } = manifest.contributes;
  const added = new DisposableStore();
  try {
    if (configuration !== undefined) added.add(points.configuration.declare(configuration, manifest.id));
    for (const { command, ...presentation } of commands) {
      added.add(points.commands.declare(command, presentation, manifest.id));
    }
    for (const [menu, items] of Object.entries(menus)) {
      for (const item of items) added.add(points.menus.add(menu, item));
    }
    return added;
  } catch (error) {
    added.dispose();
    throw error;
  }
}

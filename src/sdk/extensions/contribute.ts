import { DisposableStore, LimpidError, type Disposable } from "../base/index.js";
import type { ExtensionManifest } from "../packs/index.js";
import type { Commands } from "./commands.js";
import type { Configuration } from "./configuration.js";
import type { Menus } from "./menus.js";

/** Where the contributions of extensions go. */
export interface ContributionPoints {
  readonly commands: Commands;
  readonly menus: Menus;
  readonly configuration: Configuration;
}

/**
 * Refuses a manifest whose commands or settings are somebody else's already.
 *
 * @param manifest - of an extension that may be installed in another version
 * @throws {@link LimpidError} `InvalidArgument`
 */
export function requireFree({ id, contributes }: ExtensionManifest, points: ContributionPoints): void {
  const { commands, configuration } = contributes;
  const settings = new Map(points.configuration.list().map(({ key, owner }) => [key, owner]));
  const taken =
    commands.find(({ command }) => {
      const described = points.commands.describe(command);
      return described !== undefined && described.owner !== id;
    })?.command ??
    Object.keys(configuration?.properties ?? {}).find((key) => settings.has(key) && settings.get(key) !== id);
  if (taken === undefined) return;
  throw new LimpidError("InvalidArgument", `${id} contributes ${taken}, which is there already`, {
    details: { id: taken },
  });
}

/**
 * Puts in what a manifest contributes besides experts: all of it or, if something does not fit, nothing.
 *
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

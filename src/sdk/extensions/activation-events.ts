import { LimpidError } from "../base/index.js";
import type { ExtensionManifest } from "../packs/index.js";

/** Events that are about something: `onCommand:acme.descreenAll`. */
const eventsWithSubject: ReadonlySet<string> = new Set(["onCommand", "onDegradation", "onExpert"]);

/**
 * The events that start an extension's code: those that its manifest names, and `onCommand` for each command that it
 * contributes.
 *
 * @returns such as `onCommand:acme.descreenAll`, `onDegradation:halftone`, `onExpert:acme.descreen`, `onStartupFinished`
 * @throws {@link LimpidError} `InvalidManifest` for an event that there is not
 */
export function activationEventsOf(manifest: ExtensionManifest): ReadonlySet<string> {
  for (const event of manifest.activationEvents) {
    const [name = "", subject] = event.split(":", 2);
    const isKnown =
      subject === undefined ? name === "onStartupFinished" : eventsWithSubject.has(name) && subject !== "";
    if (isKnown) continue;
    throw new LimpidError(
      "InvalidManifest",
      `${manifest.id} waits for ${event}; there are onCommand:, onDegradation:, onExpert: and onStartupFinished`,
      { details: { id: manifest.id, event } },
    );
  }
  const implied = manifest.contributes.commands.map(({ command }) => `onCommand:${command}`);
  return new Set([...manifest.activationEvents, ...implied]);
}

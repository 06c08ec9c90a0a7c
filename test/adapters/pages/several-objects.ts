import { restoreObjects } from "../../../src/adapters/canvas/index.js";
import type { Restorer } from "../../../src/sdk/host/index.js";
import { restoreResult } from "../../support/restore-result.js";

/** Gives every picture back with its colours inverted. */
const inverting: Restorer = {
  restore: (image) =>
    Promise.resolve(restoreResult(image.withData(image.data.map((sample) => 255 - sample)))),
};

/**
 * Restores several images in one go, and undoes that.
 *
 * @param host - with three of them active: one alone, one that cannot be read, and one in a group
 * @param elements - what the two that can be read show now
 * @param messages - what the host's progress has said
 * @param clear - after it nothing is active
 */
export async function severalObjects(
  host: Parameters<typeof restoreObjects>[1],
  elements: () => readonly unknown[],
  messages: readonly string[],
  clear: () => void,
): Promise<unknown> {
  const before = elements();
  const restored = await restoreObjects(inverting, host);
  const changed = elements().map((element, index) => element !== before[index]);
  const outcomes = restored.map(({ image, commit, error }) => [image.name, commit?.mode ?? error?.code]);
  for (const { commit } of restored) await commit?.undo!();
  const isUndone = elements().every((element, index) => element === before[index]);
  clear();
  const refusal: unknown = await restoreObjects(inverting, host).catch((error: unknown) => error);
  return {
    ...{ outcomes, isUndone, changed },
    messages: messages.filter((text) => text.includes(" of ")),
    refusal: (refusal as { code: string }).code,
  };
}

import { afterEach } from "@jest/globals";
import { ExpertSet } from "../../src/sdk/experts/index.js";
import { memoryStore, Packs, type PackOptions } from "../../src/sdk/packs/index.js";
import { baseOf } from "./tiny-pack.js";

const opened: { dispose(): void }[] = [];
afterEach(() => opened.splice(0).forEach((disposable) => disposable.dispose()));

/**
 * Packs as a page has them after a start on a store; disposed with the test.
 *
 * @param model - the tiny model that they are for
 * @param options - as the application gives them; kept in memory if no store is named
 */
export async function openPacks(
  model: ReadonlyMap<string, Uint8Array>,
  options: PackOptions = {},
): Promise<{ packs: Packs; experts: ExpertSet }> {
  const { config, ...base } = baseOf(model);
  const experts = new ExpertSet({ sha256: base.sha256, config });
  const packs = await Packs.open({ experts, base, config }, { store: memoryStore(), ...options });
  opened.push(experts, packs);
  return { packs, experts };
}

/** Ids of the experts in a set. */
export function idsOf(experts: ExpertSet): string[] {
  return experts.list().map(({ id }) => id);
}

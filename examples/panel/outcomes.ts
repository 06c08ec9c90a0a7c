import type { Commit, Limpid, LimpidError, RestoreResult } from "limpid";
import { nameOf } from "../shared/fault-list.js";
import { elements } from "./elements.js";
import { notify } from "./interaction.js";

/** What became of one of several. */
export interface Outcome {
  readonly name: string;
  /** What was repaired. */
  readonly repaired?: string;
  /** How it came back; undefined if there was nothing to repair, or it failed. */
  readonly commit?: Commit | undefined;
  readonly error?: LimpidError | undefined;
  /** Why it was not tried. */
  readonly leftOut?: string;
}

/**
 * Says what became of several: how many in the status, and each in a list.
 *
 * @param isCancelled - whether others were still to come
 */
export function showOutcomes(outcomes: readonly Outcome[], isCancelled = false): void {
  const count = (has: (outcome: Outcome) => unknown): number => outcomes.filter(has).length;
  const done = count(({ commit }) => commit);
  const failed = count(({ error }) => error);
  const leftOut = count(({ leftOut: why }) => why);
  const untouched = outcomes.length - done - failed - leftOut;
  const parts = [
    `${done} restored`,
    ...(untouched > 0 ? [`${untouched} without a fault`] : []),
    ...(leftOut > 0 ? [`${leftOut} left out`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ];
  const text = `${isCancelled ? "Cancelled: " : ""}${parts.join(", ")}.`;
  notify({ text, level: failed > 0 ? "warning" : "info" });
  elements.outcomes.replaceChildren(...outcomes.map(itemOf));
  elements.outcomes.hidden = outcomes.length === 0;
}

/**
 * What became of one that was tried, with what was repaired of it.
 *
 * @param name - of the layer
 */
export function outcomeOf(
  name: string,
  {
    result,
    commit,
    error,
  }: { readonly result: RestoreResult | undefined } & Pick<Outcome, "commit" | "error">,
  limpid: Limpid | undefined,
): Outcome {
  const faults = (result?.mixture ?? []).flatMap(
    ({ expert }) => limpid?.experts.get(expert)?.degradations ?? [],
  );
  return { name, repaired: faults.map(nameOf).join(", "), commit, error };
}

/** Takes the list away. */
export function clearOutcomes(): void {
  elements.outcomes.replaceChildren();
  elements.outcomes.hidden = true;
}

function itemOf({ name, repaired = "", commit, error, leftOut }: Outcome): HTMLLIElement {
  const item = document.createElement("li");
  item.dataset.state = error !== undefined ? "failed" : commit !== undefined ? "done" : "untouched";
  const title = document.createElement("span");
  title.className = "outcome-name";
  title.textContent = name;
  const state = document.createElement("span");
  const done = repaired === "" ? "restored" : `restored: ${repaired}`;
  state.textContent = [error?.message ?? leftOut ?? (commit ? done : "nothing to repair")]
    .concat(commit?.notes ?? [])
    .join("; ");
  item.append(title, state);
  return item;
}

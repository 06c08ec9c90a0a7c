import { LimpidError } from "../../../../src/sdk/base/index.js";

/** What is compared with the clean photo, in the order of the report. */
export const rowNames = ["input", "backbone", "wrong", "expert", "top-2", "routed"] as const;

/**
 * - `input`: the damaged photo itself;
 * - `backbone`: the backbone without experts;
 * - `wrong`: the best that any one expert for another degradation does, at weight 1;
 * - `expert`: the right expert at weight 1, which takes an oracle; of two faults, the better of their experts;
 * - `top-2`: of two faults, both experts together, each at weight 1;
 * - `routed`: blind, with the router in charge.
 */
export type RowName = (typeof rowNames)[number];

/** What is measured unless the caller chooses: everything but the expensive `wrong`. */
export const defaultRows: readonly RowName[] = rowNames.filter((row) => row !== "wrong");

/**
 * Reads a list of rows.
 *
 * @param text - names, separated by commas
 * @returns the rows, each once, in the order of the report
 * @throws {@link LimpidError} `InvalidArgument` that lists what there is
 */
export function parseRows(text: string): readonly RowName[] {
  return chooseNames("row", text, rowNames);
}

/**
 * Picks names out of a list.
 *
 * @param what - what errors call one of them
 * @param text - names, separated by commas
 * @param known - all names
 * @returns those that are named, each once, in the order of `known`
 * @throws {@link LimpidError} `InvalidArgument` that lists what there is
 */
export function chooseNames<T extends string>(what: string, text: string, known: readonly T[]): readonly T[] {
  const wanted = text.split(",").map((name) => name.trim());
  for (const name of wanted) {
    if (!(known as readonly string[]).includes(name)) {
      throw new LimpidError("InvalidArgument", `no ${what} ${name || '""'}; there are ${known.join(", ")}`, {
        details: { [what]: name, known },
      });
    }
  }
  return known.filter((name) => wanted.includes(name));
}

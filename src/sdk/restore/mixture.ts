import { LimpidError } from "../base/index.js";
import type { Expert, MixtureEntry } from "../experts/index.js";
import type { Analysis } from "../router/index.js";

/** An expert that the caller wants, and how much of it. */
export interface ExpertChoice {
  /** Its id, such as `limpid.derain`. */
  readonly id: string;
  /** Its weight, 0 to 2; 1, as it was trained, if left out. */
  readonly weight?: number;
}

/** The most experts that the router mixes by itself, as in the paper's top-k. */
const routedExperts = 2;

/**
 * The mixture for an image as the router would have it: an expert for each of the most probable degradations that are
 * present, weighted by their probability relative to the most probable one's. The first expert acts at the full weight
 * that it was trained at, as in the paper's top-1 softmax, whatever the router's confidence.
 *
 * @param analysis - what the router says
 * @param experts - the installed experts
 * @param threshold - probability from which a degradation counts as present
 * @returns the mixture; empty if nothing is wrong, or if no expert knows what is
 */
export function routeMixture(
  analysis: Analysis,
  experts: readonly Expert[],
  threshold: number,
): MixtureEntry[] {
  const chosen = analysis.degradations
    .filter(({ probability }) => probability >= threshold)
    .flatMap(({ degradation, probability }) => {
      const expert = experts.find(({ degradations }) => degradations.includes(degradation));
      return expert === undefined ? [] : [{ expert, probability }];
    })
    .slice(0, routedExperts);
  const highest = chosen[0]?.probability ?? 1;
  return chosen.map(({ expert, probability }) => ({ expert, weight: probability / highest }));
}

/**
 * The mixture that a caller asked for.
 *
 * @param choices - ids and weights
 * @param experts - the installed experts
 * @returns the mixture, in the caller's order
 * @throws {@link LimpidError} `UnknownExpert` that lists what there is, `InvalidArgument` for a weight out of range or an
 * expert named twice
 */
export function chooseMixture(choices: readonly ExpertChoice[], experts: readonly Expert[]): MixtureEntry[] {
  const seen = new Set<string>();
  return choices.map(({ id, weight = 1 }) => {
    const expert = experts.find((candidate) => candidate.id === id);
    if (expert === undefined) {
      const known = experts.map((candidate) => candidate.id);
      throw new LimpidError("UnknownExpert", `no expert ${id}; there are ${known.join(", ") || "none"}`, {
        details: { id, known },
      });
    }
    if (!(weight >= 0 && weight <= 2)) {
      throw new LimpidError("InvalidArgument", `the weight of ${id} is ${weight}, expected 0 to 2`);
    }
    if (seen.has(id)) throw new LimpidError("InvalidArgument", `expert ${id} is named twice`);
    seen.add(id);
    return { expert, weight };
  });
}

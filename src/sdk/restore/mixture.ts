import { LimpidError } from "../base/index.js";
import type { InstalledExpert, MixtureEntry } from "../experts/index.js";
import type { DegradationProbability } from "../router/index.js";

/** An expert that the caller wants, and how much of it. */
export interface ExpertChoice {
  /** Its id, such as `limpid.derain`. */
  readonly id: string;
  /** Its weight, 0 to 2; the strength that it was installed with, 1 for most, if left out. */
  readonly weight?: number;
}

/** The most experts that the router mixes by itself, as in the paper's top-k. */
const routedExperts = 2;

/**
 * The mixture for an image as the router would have it: an expert for each of the two most probable degradations that are
 * present. Each acts at its full strength, as experts are trained, alone and in pairs: weighted by its probability, an
 * expert that is right leaves much of its fault where it is.
 *
 * @param present - what the image has, the most probable first
 * @param installed - the experts; of two for one degradation the first is taken
 * @returns the mixture; empty if nothing is wrong, or if no expert knows what is
 */
export function routeMixture(
  present: readonly DegradationProbability[],
  installed: readonly InstalledExpert[],
): MixtureEntry[] {
  const chosen = new Set<InstalledExpert>();
  for (const { degradation } of present) {
    const entry = installed.find(({ degradations }) => degradations.includes(degradation));
    if (entry !== undefined) chosen.add(entry);
    if (chosen.size === routedExperts) break;
  }
  return [...chosen].map(({ expert, strength }) => ({ expert, weight: strength }));
}

/**
 * The mixture that a caller asked for.
 *
 * @returns the mixture, in the caller's order
 * @throws {@link LimpidError} `UnknownExpert` that lists what there is, `InvalidArgument` for a weight out of range or an
 * expert named twice
 */
export function chooseMixture(
  choices: readonly ExpertChoice[],
  installed: readonly InstalledExpert[],
): MixtureEntry[] {
  const seen = new Set<string>();
  return choices.map(({ id, weight: asked }) => {
    const entry = installed.find((candidate) => candidate.id === id);
    if (entry === undefined) {
      const known = installed.map((candidate) => candidate.id);
      throw new LimpidError("UnknownExpert", `no expert ${id}; there are ${known.join(", ") || "none"}`, {
        details: { id, known },
      });
    }
    const { expert, strength } = entry;
    const weight = asked ?? strength;
    if (!(weight >= 0 && weight <= 2)) {
      throw new LimpidError("InvalidArgument", `the weight of ${id} is ${weight}, expected 0 to 2`);
    }
    if (seen.has(id)) throw new LimpidError("InvalidArgument", `expert ${id} is named twice`);
    seen.add(id);
    return { expert, weight };
  });
}

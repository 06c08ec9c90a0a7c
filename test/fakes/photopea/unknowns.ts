/**
 * What nobody has seen the real Photopea do, or has seen it do both ways. What talks to it must work whichever is the case, so
 * a test can turn each of these.
 */
export interface PhotopeaUnknowns {
  /** What `typeof` says of a length: Photoshop's are objects; Photopea's engine of 2024 said `number`, and `value` holds it. */
  readonly lengths: "object" | "number";
  /** Whether layers have an `id`: they had none in June 2024. */
  readonly layerIds: boolean;
  /** `bounds` of a selection when nothing is selected: null, or an error as in Photoshop, which an issue asked for. */
  readonly emptySelection: "null" | "throws";
  /** Whether a script can catch what a member of the editor throws, or ends there and then. */
  readonly hostErrors: "caught" | "abort";
  /** Where a layer lands that is copied into another document: as it is told, or above the active layer there, as in 2024. */
  readonly copiesLand: "first" | "above-active";
  /** Whether reading the same document or layer twice gives the same object. */
  readonly sameObjects: boolean;
  /** Whether `add` and `duplicate` return what they have made. */
  readonly returnsMade: boolean;
  /** Whether `move` puts a layer above another, or does nothing. */
  readonly moves: boolean;
}

/** Everything as in Photoshop. */
export const likePhotoshop: PhotopeaUnknowns = {
  lengths: "object",
  layerIds: true,
  emptySelection: "null",
  hostErrors: "caught",
  copiesLand: "first",
  sameObjects: true,
  returnsMade: true,
  moves: true,
};

const choices: { readonly [Name in keyof PhotopeaUnknowns]: readonly PhotopeaUnknowns[Name][] } = {
  lengths: ["object", "number"],
  layerIds: [true, false],
  emptySelection: ["null", "throws"],
  hostErrors: ["caught", "abort"],
  copiesLand: ["first", "above-active"],
  sameObjects: [true, false],
  returnsMade: [true, false],
  moves: [true, false],
};

/** Every combination of what is unknown. */
export const everyCombination: readonly PhotopeaUnknowns[] = Object.entries(choices).reduce<
  readonly PhotopeaUnknowns[]
>(
  (combinations, [name, values]) =>
    combinations.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
  [likePhotoshop],
);

/** A few combinations among which any two choices of two unknowns meet: for tests that are too slow for all of them. */
export const everyPair: readonly PhotopeaUnknowns[] = coverPairs();

/** Takes, again and again, the combination with the most pairs that have not been met. */
function coverPairs(): PhotopeaUnknowns[] {
  const pairsOf = (combination: PhotopeaUnknowns): string[] => {
    const chosen = Object.entries(combination).map(([name, value]) => `${name}=${String(value)}`);
    return chosen.flatMap((one, index) => chosen.slice(index + 1).map((other) => `${one} ${other}`));
  };
  const candidates = everyCombination.map((combination) => ({ combination, pairs: pairsOf(combination) }));
  const open = new Set(candidates.flatMap(({ pairs }) => pairs));
  const covering: PhotopeaUnknowns[] = [];
  while (open.size > 0) {
    const fresh = ({ pairs }: { readonly pairs: readonly string[] }): number =>
      pairs.filter((pair) => open.has(pair)).length;
    const best = candidates.reduce((one, other) => (fresh(other) > fresh(one) ? other : one));
    for (const pair of best.pairs) open.delete(pair);
    covering.push(best.combination);
  }
  return covering;
}

/** A combination in a few words, for the name of a test. */
export function describeUnknowns(unknowns: PhotopeaUnknowns): string {
  const different = Object.entries(unknowns).filter(
    ([name, value]) => value !== likePhotoshop[name as keyof PhotopeaUnknowns],
  );
  return different.map(([name, value]) => `${name} ${String(value)}`).join(", ") || "like Photoshop";
}

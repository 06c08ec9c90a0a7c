import { sha256Hex } from "../weights/index.js";

/** Of about so many pictures one is held out. */
const heldOutShare = 8;

/** Pictures to learn from, and pictures to see whether it was learnt. */
export interface HeldOutSplit<T> {
  /** To learn from. */
  readonly training: readonly T[];
  /** Never learnt from: about one picture of eight, and at least one. */
  readonly heldOut: readonly T[];
}

/**
 * Holds pictures out by a hash of their names, so that a picture stays on its side when others come or go.
 *
 * @param items - two at least, with names that differ
 * @returns both parts, in the order of the items; neither is empty
 */
export function splitHeldOut<T extends { readonly name: string }>(items: readonly T[]): HeldOutSplit<T> {
  const hash = new Map(
    items.map(({ name }) => [name, sha256Hex(new TextEncoder().encode(name)).slice(0, 8)]),
  );
  const order = [...items].sort((a, b) => (hash.get(a.name)! < hash.get(b.name)! ? -1 : 1));
  const share = (name: string): number => parseInt(hash.get(name)!, 16) / 2 ** 32;
  const chosen = new Set(order.filter(({ name }) => share(name) < 1 / heldOutShare));
  if (chosen.size === 0) chosen.add(order[0]!);
  if (chosen.size === items.length) chosen.delete(order.at(-1)!);
  return {
    training: items.filter((item) => !chosen.has(item)),
    heldOut: items.filter((item) => chosen.has(item)),
  };
}

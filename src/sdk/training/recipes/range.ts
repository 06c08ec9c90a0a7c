/** The two ends of a range of `parameters`: at severity 0 and at severity 1, or the least and the most that is drawn. */
export type Range = readonly [from: number, to: number];

/** The value at `amount` of the way through a range; severity grows along it. */
export function lerp([from, to]: Range, amount: number): number {
  return from + (to - from) * amount;
}

/** The same on a logarithmic scale. */
export function geometric([from, to]: Range, amount: number): number {
  return from * (to / from) ** amount;
}

/** How far along a range of {@link geometric} a value lies: 0 at its first end, 1 at its second. */
export function geometricAmount([from, to]: Range, value: number): number {
  return Math.log(value / from) / Math.log(to / from);
}

/** What goes over the port between a page, or Node's process, and the worker of an extension. */
export type FlowFrame =
  /** A message of the bridge. To the page each costs credit. */
  | { readonly kind: "message"; readonly message: unknown; readonly cost?: number }
  /** The page has dealt with messages: they may be followed by others of this cost. */
  | { readonly kind: "credit"; readonly cost: number }
  /** The worker has ended the extension. */
  | { readonly kind: "ended"; readonly reason: string };

/** Credit that a worker begins with: so much may be on its way to the page at a time. */
export const flowWindow = 16;

/** Text that costs one credit, in UTF-16 code units. */
const textOfCredit = 8192;

/**
 * What a message costs.
 *
 * @param text - the length of its text in UTF-16 code units
 */
export function costOf(text: number): number {
  return Math.min(1 + Math.floor(text / textOfCredit), flowWindow);
}

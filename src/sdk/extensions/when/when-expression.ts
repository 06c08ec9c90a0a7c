import type { ContextLookup } from "../context-value.js";
import { parseCondition, type Condition } from "./when-parser.js";

/**
 * A `when` clause: says from the context keys whether a menu item or command is there. Made by `parseWhen`.
 */
export class WhenExpression {
  /** The clause as it was written. */
  readonly text: string;
  /** The context keys that it reads: it can change only when one of them does. */
  readonly keys: ReadonlySet<string>;
  readonly #holds: Condition;

  /** @internal To be made by `parseWhen`. */
  constructor(text: string) {
    const keys = new Set<string>();
    this.text = text;
    this.keys = keys;
    this.#holds = parseCondition(text, keys);
  }

  /**
   * Whether the clause holds.
   *
   * @param lookup - finds the value of a context key
   * @returns true if it holds
   */
  evaluate(lookup: ContextLookup): boolean {
    return this.#holds(lookup);
  }
}

/**
 * Reads a `when` clause, as VS Code writes them: `hasImage && degradation == haze && !(size > 4096)`.
 *
 * | form | holds if |
 * | --- | --- |
 * | `key` | the key's value is neither missing, `false`, `0` nor `''` |
 * | `key == value`, `key != value` | the texts are equal, or not; a value with other characters is quoted |
 * | `key < 5` and `<=`, `>`, `>=` | the key's value is such a number |
 * | `key in list`, `key not in list` | the key's value is, or is not, a member of the other key's list |
 * | `!a`, `a && b`, `a \|\| b`, `(a)`, `true`, `false` | as everywhere; `&&` binds stronger than `\|\|` |
 *
 * VS Code's `=~` is refused: a pattern from an extension can take a regular-expression engine forever.
 *
 * @param text - the clause, at most 2048 characters
 * @throws {@link LimpidError} `InvalidWhen` with the character at which it goes wrong, in `details.position`
 *
 * @example
 * ```ts
 * const when = parseWhen("hasImage && degradation == haze");
 * when.evaluate((key) => values.get(key));
 * ```
 */
export function parseWhen(text: string): WhenExpression {
  return new WhenExpression(text);
}

import type { ContextLookup } from "../context-value.js";
import { evaluateWhen, type WhenNode } from "./when-node.js";
import { parseWhenNode } from "./when-parser.js";

/**
 * A `when` clause: says from the context keys whether a menu item or command is there. Made by `parseWhen`.
 */
export class WhenExpression {
  /** The clause as it was written. */
  readonly text: string;
  /** The context keys that it reads: it can change only when one of them does. */
  readonly keys: ReadonlySet<string>;
  readonly #node: WhenNode;

  /** @internal To be made by `parseWhen`. */
  constructor(text: string) {
    this.text = text;
    this.#node = parseWhenNode(text);
    this.keys = new Set(keysOf(this.#node));
  }

  /**
   * Whether the clause holds.
   *
   * @param lookup - finds the value of a context key
   * @returns true if it holds
   */
  evaluate(lookup: ContextLookup): boolean {
    return evaluateWhen(this.#node, lookup);
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
 * | `key =~ /pattern/i` | the pattern occurs in the value (see {@link LinearPattern}) |
 * | `key in list`, `key not in list` | the key's value is, or is not, a member of the other key's list |
 * | `!a`, `a && b`, `a \|\| b`, `(a)`, `true`, `false` | as everywhere; `&&` binds stronger than `\|\|` |
 *
 * @param text - the clause, at most 2048 characters
 * @returns the clause, to be evaluated
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

function keysOf(node: WhenNode): readonly string[] {
  switch (node.kind) {
    case "constant":
      return [];
    case "not":
      return keysOf(node.operand);
    case "and":
    case "or":
      return node.operands.flatMap(keysOf);
    case "in":
      return [node.key, node.list];
    case "key":
    case "equals":
    case "compare":
    case "matches":
      return [node.key];
  }
}

import type { ContextLookup, ContextValue } from "../context-value.js";
import type { LinearPattern } from "./linear-pattern.js";

/** A value that a `when` clause compares a key with. */
export type WhenLiteral = string | number | boolean;

/** A `when` clause as a tree. */
export type WhenNode =
  | { readonly kind: "constant"; readonly value: boolean }
  | { readonly kind: "key"; readonly key: string }
  | { readonly kind: "not"; readonly operand: WhenNode }
  | { readonly kind: "and" | "or"; readonly operands: readonly WhenNode[] }
  | { readonly kind: "equals"; readonly key: string; readonly value: WhenLiteral }
  | {
      readonly kind: "compare";
      readonly key: string;
      readonly operator: "<" | "<=" | ">" | ">=";
      readonly value: number;
    }
  | { readonly kind: "matches"; readonly key: string; readonly pattern: LinearPattern }
  | { readonly kind: "in"; readonly key: string; readonly list: string };

/**
 * Whether a clause holds.
 *
 * @param node - the clause
 * @param lookup - finds the value of a context key
 */
export function evaluateWhen(node: WhenNode, lookup: ContextLookup): boolean {
  switch (node.kind) {
    case "constant":
      return node.value;
    case "key":
      return Boolean(lookup(node.key));
    case "not":
      return !evaluateWhen(node.operand, lookup);
    case "and":
      return node.operands.every((operand) => evaluateWhen(operand, lookup));
    case "or":
      return node.operands.some((operand) => evaluateWhen(operand, lookup));
    case "equals":
      return isEqual(lookup(node.key), node.value);
    case "compare":
      return compare(lookup(node.key), node.operator, node.value);
    case "matches": {
      const value = lookup(node.key);
      return value !== undefined && !Array.isArray(value) && node.pattern.test(String(value));
    }
    case "in": {
      const value = lookup(node.key);
      const list = lookup(node.list);
      if (value === undefined || !Array.isArray(list)) return false;
      return list.some((member: WhenLiteral) => isEqual(value, member));
    }
  }
}

/** As text: `5` equals `'5'`, `true` equals `'true'`; a key without a value equals nothing, nor does a list. */
function isEqual(value: ContextValue | undefined, expected: WhenLiteral): boolean {
  return value !== undefined && !Array.isArray(value) && String(value) === String(expected);
}

function compare(value: ContextValue | undefined, operator: "<" | "<=" | ">" | ">=", limit: number): boolean {
  if (value === undefined || typeof value === "boolean" || Array.isArray(value) || value === "") return false;
  const number = Number(value);
  switch (operator) {
    case "<":
      return number < limit;
    case "<=":
      return number <= limit;
    case ">":
      return number > limit;
    case ">=":
      return number >= limit;
  }
}

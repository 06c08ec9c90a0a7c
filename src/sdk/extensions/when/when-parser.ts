import { LimpidError } from "../../base/index.js";
import { LinearPattern } from "./linear-pattern.js";
import { invalidWhen, tokenizeWhen, type WhenToken } from "./when-lexer.js";
import type { WhenLiteral, WhenNode } from "./when-node.js";

/** How deep parentheses and `!` may nest. */
const maximumDepth = 64;
const numberPattern = /^-?(?:\d+\.?\d*|\.\d+)$/;
/** A word that names a key: dotted, as in `limpid.hasImage` or `config.acme.mode`. */
const keyPattern = /^[\p{L}_][\p{L}\p{N}_.:-]*$/u;

/**
 * Reads a `when` clause into a tree.
 *
 * @param text - the clause
 * @throws {@link LimpidError} `InvalidWhen` with `details.position`
 */
export function parseWhenNode(text: string): WhenNode {
  return new WhenParser(text).parse();
}

class WhenParser {
  readonly #text: string;
  readonly #tokens: readonly WhenToken[];
  #index = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokenizeWhen(text);
  }

  parse(): WhenNode {
    const node = this.#or();
    if (this.#next.kind !== "end") this.#fail(`has an unexpected ${describe(this.#next)}`);
    return node;
  }

  get #next(): WhenToken {
    return this.#tokens[this.#index]!;
  }

  #or(): WhenNode {
    const operands = [this.#and()];
    while (this.#accept("||")) operands.push(this.#and());
    return operands.length === 1 ? operands[0]! : { kind: "or", operands };
  }

  #and(): WhenNode {
    const operands = [this.#unary()];
    while (this.#accept("&&")) operands.push(this.#unary());
    return operands.length === 1 ? operands[0]! : { kind: "and", operands };
  }

  #unary(): WhenNode {
    if (++this.#depth > maximumDepth) this.#fail(`nests deeper than ${maximumDepth}`);
    try {
      if (this.#accept("!")) return { kind: "not", operand: this.#unary() };
      if (this.#accept("(")) {
        const node = this.#or();
        if (!this.#accept(")")) this.#fail(`has ${describe(this.#next)} where a ) was expected`);
        return node;
      }
      return this.#comparison();
    } finally {
      this.#depth--;
    }
  }

  #comparison(): WhenNode {
    const key = this.#take("word", "a context key");
    if (key.text === "true" || key.text === "false") return { kind: "constant", value: key.text === "true" };
    if (!keyPattern.test(key.text)) this.#fail(`has ${describe(key)} where a context key was expected`, key);
    const operator = this.#next;
    switch (operator.kind) {
      case "==":
        this.#index++;
        return { kind: "equals", key: key.text, value: this.#literal() };
      case "!=":
        this.#index++;
        return { kind: "not", operand: { kind: "equals", key: key.text, value: this.#literal() } };
      case "<":
      case "<=":
      case ">":
      case ">=":
        this.#index++;
        return { kind: "compare", key: key.text, operator: operator.kind, value: this.#number() };
      case "=~":
        this.#index++;
        return { kind: "matches", key: key.text, pattern: this.#pattern() };
      case "word":
        return this.#membership(key.text);
      default:
        return { kind: "key", key: key.text };
    }
  }

  /** After a key and before a word: only `in` and `not in` can stand here. */
  #membership(key: string): WhenNode {
    const negated = this.#next.text === "not";
    if (negated) this.#index++;
    if (this.#next.kind !== "word" || this.#next.text !== "in") {
      this.#fail(`has ${describe(this.#next)} where an operator was expected`);
    }
    this.#index++;
    const list = this.#take("word", "the context key of a list");
    if (!keyPattern.test(list.text))
      this.#fail(`has ${describe(list)} where a context key was expected`, list);
    const node: WhenNode = { kind: "in", key, list: list.text };
    return negated ? { kind: "not", operand: node } : node;
  }

  #literal(): WhenLiteral {
    if (this.#next.kind === "quoted") return this.#take("quoted", "a value").text;
    const { text } = this.#take("word", "a value");
    if (text === "true" || text === "false") return text === "true";
    // "007" is a text, not the number 7.
    return numberPattern.test(text) && String(Number(text)) === text ? Number(text) : text;
  }

  #number(): number {
    const token = this.#take("word", "a number");
    if (!numberPattern.test(token.text))
      this.#fail(`has ${describe(token)} where a number was expected`, token);
    return Number(token.text);
  }

  #pattern(): LinearPattern {
    const token = this.#take("pattern", "a /pattern/");
    try {
      return new LinearPattern(token.text, token.flags);
    } catch (error) {
      if (!LimpidError.is(error)) throw error;
      const offset = Number(error.details.position ?? 0);
      throw new LimpidError("InvalidWhen", error.message, {
        cause: error,
        details: { when: this.#text, position: token.position + 1 + offset },
      });
    }
  }

  #take(kind: WhenToken["kind"], expected: string): WhenToken {
    const token = this.#next;
    if (token.kind !== kind) this.#fail(`has ${describe(token)} where ${expected} was expected`);
    this.#index++;
    return token;
  }

  #accept(kind: WhenToken["kind"]): boolean {
    if (this.#next.kind !== kind) return false;
    this.#index++;
    return true;
  }

  #fail(fault: string, token = this.#next): never {
    throw invalidWhen(this.#text, token.position, fault);
  }
}

function describe(token: WhenToken): string {
  return token.kind === "end" ? "its end" : JSON.stringify(token.text || token.kind);
}

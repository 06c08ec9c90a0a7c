import type { ContextLookup, ContextValue } from "../context-value.js";
import { invalidWhen, tokenizeWhen, type WhenToken } from "./when-lexer.js";

/** Whether a clause, or a part of one, holds. */
export type Condition = (lookup: ContextLookup) => boolean;

/** How deep parentheses and `!` may nest. */
const maximumDepth = 64;
const numberPattern = /^-?(?:\d+\.?\d*|\.\d+)$/;
/** A word that names a key: dotted, as in `limpid.hasImage` or `config.acme.mode`. */
const keyPattern = /^[\p{L}_][\p{L}\p{N}_.:-]*$/u;

const comparisons: Readonly<Partial<Record<WhenToken["kind"], (value: number, limit: number) => boolean>>> = {
  "<": (value, limit) => value < limit,
  "<=": (value, limit) => value <= limit,
  ">": (value, limit) => value > limit,
  ">=": (value, limit) => value >= limit,
};

/**
 * Reads a `when` clause.
 *
 * @param keys - receives the context keys that it reads
 * @throws {@link LimpidError} `InvalidWhen` with `details.position`
 */
export function parseCondition(text: string, keys: Set<string>): Condition {
  return new WhenParser(text, keys).parse();
}

class WhenParser {
  readonly #text: string;
  readonly #keys: Set<string>;
  readonly #tokens: readonly WhenToken[];
  #index = 0;
  #depth = 0;

  constructor(text: string, keys: Set<string>) {
    this.#text = text;
    this.#keys = keys;
    this.#tokens = tokenizeWhen(text);
  }

  parse(): Condition {
    const condition = this.#or();
    if (this.#next.kind !== "end") this.#fail(`has an unexpected ${describe(this.#next)}`);
    return condition;
  }

  get #next(): WhenToken {
    return this.#tokens[this.#index]!;
  }

  #or(): Condition {
    const operands = [this.#and()];
    while (this.#accept("||")) operands.push(this.#and());
    return (lookup) => operands.some((holds) => holds(lookup));
  }

  #and(): Condition {
    const operands = [this.#unary()];
    while (this.#accept("&&")) operands.push(this.#unary());
    return (lookup) => operands.every((holds) => holds(lookup));
  }

  #unary(): Condition {
    if (++this.#depth > maximumDepth) this.#fail(`nests deeper than ${maximumDepth}`);
    try {
      if (this.#accept("!")) return not(this.#unary());
      if (this.#accept("(")) {
        const condition = this.#or();
        if (!this.#accept(")")) this.#fail(`has ${describe(this.#next)} where a ) was expected`);
        return condition;
      }
      return this.#comparison();
    } finally {
      this.#depth--;
    }
  }

  #comparison(): Condition {
    if (this.#accept("word", "true")) return () => true;
    if (this.#accept("word", "false")) return () => false;
    const key = this.#key("a context key");
    if (this.#accept("==")) return equals(key, this.#value());
    if (this.#accept("!=")) return not(equals(key, this.#value()));
    const compare = comparisons[this.#next.kind];
    if (compare !== undefined) {
      this.#index++;
      const limit = this.#number();
      return (lookup) => {
        const value = lookup(key);
        const isNumber = typeof value === "number" || (typeof value === "string" && value !== "");
        return isNumber && compare(Number(value), limit);
      };
    }
    if (this.#next.kind === "word") return this.#membership(key);
    return (lookup) => Boolean(lookup(key));
  }

  /** After a key and before a word: only `in` and `not in` can stand here. */
  #membership(key: string): Condition {
    const isNegated = this.#accept("word", "not");
    if (!this.#accept("word", "in")) {
      this.#fail(`has ${describe(this.#next)} where an operator was expected`);
    }
    const list = this.#key("the context key of a list");
    const isMember: Condition = (lookup) => {
      const [value, members] = [lookup(key), lookup(list)];
      if (value === undefined || !Array.isArray(members)) return false;
      return members.some((member: ContextValue) => isEqual(value, member));
    };
    return isNegated ? not(isMember) : isMember;
  }

  #key(expected: string): string {
    const token = this.#take("word", expected);
    if (!keyPattern.test(token.text)) {
      this.#fail(`has ${describe(token)} where a context key was expected`, token);
    }
    this.#keys.add(token.text);
    return token.text;
  }

  #value(): string {
    return this.#take(this.#next.kind === "quoted" ? "quoted" : "word", "a value").text;
  }

  #number(): number {
    const token = this.#take("word", "a number");
    if (!numberPattern.test(token.text)) {
      this.#fail(`has ${describe(token)} where a number was expected`, token);
    }
    return Number(token.text);
  }

  #take(kind: WhenToken["kind"], expected: string): WhenToken {
    const token = this.#next;
    if (token.kind !== kind) this.#fail(`has ${describe(token)} where ${expected} was expected`);
    this.#index++;
    return token;
  }

  #accept(kind: WhenToken["kind"], text?: string): boolean {
    if (this.#next.kind !== kind || (text !== undefined && this.#next.text !== text)) return false;
    this.#index++;
    return true;
  }

  #fail(fault: string, token = this.#next): never {
    throw invalidWhen(this.#text, token.position, fault);
  }
}

function not(condition: Condition): Condition {
  return (lookup) => !condition(lookup);
}

function equals(key: string, expected: string): Condition {
  return (lookup) => isEqual(lookup(key), expected);
}

/** As text: `5` equals `'5'`, `true` equals `'true'`; a key without a value equals nothing, nor does a list. */
function isEqual(value: ContextValue | undefined, expected: ContextValue): boolean {
  return value !== undefined && !Array.isArray(value) && String(value) === String(expected);
}

function describe(token: WhenToken): string {
  return token.kind === "end" ? "its end" : JSON.stringify(token.text || token.kind);
}

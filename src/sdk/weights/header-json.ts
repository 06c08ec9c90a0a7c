import { LimpidError } from "../base/index.js";

/** A JSON value; objects are maps, so that no key has a meaning of its own. */
export type HeaderValue = string | number | boolean | null | readonly HeaderValue[] | HeaderObject;

/** A JSON object, keys in the order of the text. */
export type HeaderObject = ReadonlyMap<string, HeaderValue>;

/** How deep arrays and objects may nest; a safetensors header needs three. */
const maximumDepth = 8;

const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** Everything but quotes, backslashes and control characters. */
const plainStringPattern = /[ !#-[\]-\uffff]*/y;
const escapes: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["\\", "\\"],
  ["/", "/"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);

/**
 * Reads a JSON object as RFC 8259 has it, and refuses what `JSON.parse` lets pass: a key that occurs twice
 * (two readers may then see two files) and half a surrogate pair.
 *
 * @param text - the object, from its first character on; spaces may follow it
 * @returns its members, keys in the order of the text
 * @throws {@link LimpidError} `InvalidTensorFile` with the character at which it goes wrong
 */
export function parseHeaderObject(text: string): HeaderObject {
  const parser = new HeaderParser(text);
  return parser.parse();
}

class HeaderParser {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): HeaderObject {
    if (!this.#text.startsWith("{")) {
      this.#fail("does not start with {");
    }
    const object = this.#object(1);
    this.#skipSpace();
    if (this.#position !== this.#text.length) {
      this.#fail("has text after its JSON object");
    }
    return object;
  }

  #value(depth: number): HeaderValue {
    this.#skipSpace();
    switch (this.#text[this.#position]) {
      case "{":
        return this.#object(depth + 1);
      case "[":
        return this.#array(depth + 1);
      case '"':
        return this.#string();
      case "t":
        return this.#word("true", true);
      case "f":
        return this.#word("false", false);
      case "n":
        return this.#word("null", null);
      default:
        return this.#number();
    }
  }

  #object(depth: number): HeaderObject {
    this.#checkDepth(depth);
    const members = new Map<string, HeaderValue>();
    this.#position++;
    if (this.#accept("}")) {
      return members;
    }
    do {
      this.#skipSpace();
      if (this.#text[this.#position] !== '"') {
        this.#fail("lacks a key");
      }
      const key = this.#string();
      if (members.has(key)) {
        this.#fail(`has the key ${JSON.stringify(key)} twice`);
      }
      if (!this.#accept(":")) {
        this.#fail("lacks a colon");
      }
      members.set(key, this.#value(depth));
    } while (this.#accept(","));
    if (!this.#accept("}")) {
      this.#fail("lacks a closing brace");
    }
    return members;
  }

  #array(depth: number): readonly HeaderValue[] {
    this.#checkDepth(depth);
    const values: HeaderValue[] = [];
    this.#position++;
    if (this.#accept("]")) {
      return values;
    }
    do {
      values.push(this.#value(depth));
    } while (this.#accept(","));
    if (!this.#accept("]")) {
      this.#fail("lacks a closing bracket");
    }
    return values;
  }

  #string(): string {
    this.#position++;
    let value = "";
    for (;;) {
      value += this.#match(plainStringPattern);
      const next = this.#text[this.#position];
      if (next === '"') {
        this.#position++;
        break;
      }
      if (next !== "\\") {
        this.#fail(next === undefined ? "ends within a string" : "has a control character in a string");
      }
      value += this.#escape();
    }
    if (!isWellFormed(value)) {
      this.#fail("has half a surrogate pair in a string");
    }
    return value;
  }

  #escape(): string {
    const kind = this.#text[this.#position + 1] ?? "";
    if (kind === "u") {
      const digits = this.#text.slice(this.#position + 2, this.#position + 6);
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) {
        this.#fail("has an unknown escape in a string");
      }
      this.#position += 6;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const character = escapes.get(kind);
    if (character === undefined) {
      this.#fail("has an unknown escape in a string");
    }
    this.#position += 2;
    return character;
  }

  #number(): number {
    const digits = this.#match(numberPattern);
    if (digits === "") {
      this.#fail("lacks a value");
    }
    return Number(digits);
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#position)) {
      this.#fail("lacks a value");
    }
    this.#position += word.length;
    return value;
  }

  #match(sticky: RegExp): string {
    sticky.lastIndex = this.#position;
    const match = sticky.exec(this.#text)?.[0] ?? "";
    this.#position += match.length;
    return match;
  }

  #accept(character: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#position] !== character) {
      return false;
    }
    this.#position++;
    return true;
  }

  #skipSpace(): void {
    while (" \t\n\r".includes(this.#text[this.#position] ?? "end")) {
      this.#position++;
    }
  }

  #checkDepth(depth: number): void {
    if (depth > maximumDepth) {
      this.#fail(`nests deeper than ${maximumDepth} levels`);
    }
  }

  #fail(problem: string): never {
    throw new LimpidError(
      "InvalidTensorFile",
      `the safetensors header ${problem}, at character ${this.#position} of ${this.#text.length}`,
      { details: { character: this.#position } },
    );
  }
}

/**
 * Whether a string has a UTF-8 form, which half a surrogate pair has not.
 *
 * @returns false if a high surrogate lacks its low one, or the other way round
 */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

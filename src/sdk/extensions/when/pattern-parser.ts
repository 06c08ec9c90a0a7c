import { LimpidError } from "../../base/index.js";

/** A regular expression as a tree. */
export type PatternNode =
  | { readonly kind: "sequence"; readonly parts: readonly PatternNode[] }
  | { readonly kind: "either"; readonly left: PatternNode; readonly right: PatternNode }
  | {
      readonly kind: "repeat";
      readonly part: PatternNode;
      readonly minimum: number;
      readonly maximum: number;
    }
  | { readonly kind: "character"; readonly accepts: (unit: number) => boolean }
  | { readonly kind: "start" }
  | { readonly kind: "end" };

type UnitTest = (unit: number) => boolean;

/** How long a pattern may be, how deep its groups, how often `{n}` repeats. */
const [maximumLength, maximumDepth, maximumCount] = [512, 32, 255];

const controlEscapes: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, v: 11, f: 12, "0": 0 };

/**
 * Reads a regular expression of the subset that {@link LinearPattern} understands, with JavaScript's meaning.
 *
 * @param source - the pattern, without slashes
 * @param ignoreCase - whether letters match in either case
 * @returns its tree
 * @throws {@link LimpidError} `InvalidWhen` with `details.position`
 */
export function parsePattern(source: string, ignoreCase: boolean): PatternNode {
  return new PatternParser(source, ignoreCase).parse();
}

class PatternParser {
  readonly #source: string;
  readonly #ignoreCase: boolean;
  #position = 0;
  #depth = 0;

  constructor(source: string, ignoreCase: boolean) {
    this.#source = source;
    this.#ignoreCase = ignoreCase;
  }

  parse(): PatternNode {
    if (this.#source.length > maximumLength) {
      this.#fail(`is ${this.#source.length} characters long, at most ${maximumLength} are read`);
    }
    const node = this.#either();
    if (this.#position < this.#source.length) this.#fail("has a ) without its (");
    return node;
  }

  #either(): PatternNode {
    const choices = [this.#sequence()];
    while (this.#accept("|")) choices.push(this.#sequence());
    return choices.reduceRight((right, left) => ({ kind: "either", left, right }));
  }

  #sequence(): PatternNode {
    const parts: PatternNode[] = [];
    while (this.#position < this.#source.length && !"|)".includes(this.#source[this.#position]!)) {
      parts.push(this.#quantified());
    }
    return { kind: "sequence", parts };
  }

  #quantified(): PatternNode {
    const start = this.#position;
    const part = this.#atom();
    const counts = this.#quantifier();
    if (counts === undefined) return part;
    if (part.kind === "start" || part.kind === "end") this.#fail("repeats an anchor", start);
    this.#accept("?"); // A lazy repetition occurs where a greedy one does.
    if ("*+?{".includes(this.#source[this.#position] ?? " ")) this.#fail("repeats a repetition");
    return { kind: "repeat", part, minimum: counts[0], maximum: counts[1] };
  }

  #quantifier(): readonly [number, number] | undefined {
    if (this.#accept("*")) return [0, Infinity];
    if (this.#accept("+")) return [1, Infinity];
    if (this.#accept("?")) return [0, 1];
    if (this.#source[this.#position] !== "{") return undefined;
    const [text, from, comma, to] =
      /^\{(\d{1,3})(,?)(\d{0,3})\}/.exec(this.#source.slice(this.#position)) ?? [];
    if (text === undefined || (comma === "" && to !== "")) this.#fail("has a { that begins no repetition");
    const minimum = Number(from);
    const maximum = comma === "" ? minimum : to === "" ? Infinity : Number(to);
    if (minimum > maximum) this.#fail(`repeats ${minimum} to ${maximum} times`);
    if (minimum > maximumCount || (maximum !== Infinity && maximum > maximumCount)) {
      this.#fail(`repeats more than ${maximumCount} times`);
    }
    this.#position += text.length;
    return [minimum, maximum];
  }

  #atom(): PatternNode {
    const character = this.#source[this.#position++]!;
    switch (character) {
      case "^":
        return { kind: "start" };
      case "$":
        return { kind: "end" };
      case "(":
        return this.#group();
      case "[":
        return this.#folded(this.#class());
      case ".":
        return { kind: "character", accepts: (unit) => !isLineEnd(unit) };
      case "\\":
        return this.#folded(this.#escape());
      case "*":
      case "+":
      case "?":
      case "{":
      case "}":
      case "]":
        return this.#fail(`has a ${character} with nothing before it`, this.#position - 1);
      default:
        return this.#folded(is(character.charCodeAt(0)));
    }
  }

  #group(): PatternNode {
    if (++this.#depth > maximumDepth) this.#fail(`nests more than ${maximumDepth} groups`);
    if (this.#source.startsWith("?:", this.#position)) this.#position += 2;
    else if (this.#source[this.#position] === "?") this.#fail("has lookaround or a named group");
    const node = this.#either();
    if (!this.#accept(")")) this.#fail("has a ( without its )");
    this.#depth--;
    return node;
  }

  /** After a backslash, outside or inside a class. */
  #escape(): UnitTest {
    const character = this.#source[this.#position++];
    if (character === undefined) return this.#fail("ends in a backslash");
    const set = characterSet(character);
    if (set !== undefined) return set;
    const control = controlEscapes[character];
    if (control !== undefined) return is(control);
    if (/[A-Za-z0-9]/.test(character)) {
      return this.#fail(`has \\${character}, which is not supported`, this.#position - 2);
    }
    return is(character.charCodeAt(0));
  }

  #class(): UnitTest {
    const negated = this.#accept("^");
    const members: UnitTest[] = [];
    while (!this.#accept("]")) {
      const [test, low] = this.#classMember();
      if (this.#source[this.#position] !== "-" || this.#source[this.#position + 1] === "]") {
        members.push(test);
        continue;
      }
      this.#position++;
      const [, high] = this.#classMember();
      if (low === undefined || high === undefined || low > high)
        return this.#fail("has a range out of order");
      members.push((unit) => unit >= low && unit <= high);
    }
    const contains: UnitTest = (unit) => members.some((test) => test(unit));
    if (!negated) return contains;
    // Case is folded inside the negation, as JavaScript does.
    const folded = this.#ignoreCase ? foldCase(contains) : contains;
    return (unit) => !folded(unit);
  }

  /** One member of a class, and its code unit if it is a single one. */
  #classMember(): readonly [UnitTest, number | undefined] {
    const character = this.#source[this.#position++];
    if (character === undefined) return this.#fail("has a [ without its ]");
    if (character !== "\\") return [is(character.charCodeAt(0)), character.charCodeAt(0)];
    const escaped = this.#source[this.#position];
    const test = this.#escape();
    if (escaped === undefined || characterSet(escaped) !== undefined) return [test, undefined];
    return [test, controlEscapes[escaped] ?? escaped.charCodeAt(0)];
  }

  #folded(accepts: UnitTest): PatternNode {
    return { kind: "character", accepts: this.#ignoreCase ? foldCase(accepts) : accepts };
  }

  #accept(character: string): boolean {
    if (this.#source[this.#position] !== character) return false;
    this.#position++;
    return true;
  }

  #fail(fault: string, position = this.#position): never {
    throw new LimpidError("InvalidWhen", `the pattern /${this.#source.slice(0, 80)}/ ${fault}`, {
      details: { position },
    });
  }
}

function is(expected: number): UnitTest {
  return (unit) => unit === expected;
}

/** What `\d`, `\w`, `\s` and their opposites stand for. */
function characterSet(letter: string): UnitTest | undefined {
  const test = characterSets[letter.toLowerCase()];
  if (test === undefined) return undefined;
  return letter === letter.toLowerCase() ? test : (unit) => !test(unit);
}

const characterSets: Readonly<Record<string, UnitTest>> = {
  d: (unit) => unit >= 48 && unit <= 57,
  w: (unit) => /\w/.test(String.fromCharCode(unit)),
  s: (unit) => /\s/.test(String.fromCharCode(unit)),
};

function foldCase(accepts: UnitTest): UnitTest {
  return (unit) => {
    const character = String.fromCharCode(unit);
    return (
      accepts(unit) ||
      accepts(character.toLowerCase().charCodeAt(0)) ||
      accepts(character.toUpperCase().charCodeAt(0))
    );
  };
}

function isLineEnd(unit: number): boolean {
  return unit === 0x0a || unit === 0x0d || unit === 0x2028 || unit === 0x2029;
}

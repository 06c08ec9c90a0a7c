import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { LimpidError } from "../../src/sdk/base/index.js";
import { LinearPattern, parseWhen, type ContextValue } from "../../src/sdk/extensions/index.js";
import { errorOf } from "../support/index.js";

const context: Record<string, ContextValue> = {
  hasImage: true,
  isEmpty: false,
  degradation: "haze",
  "image.width": 640,
  size: "640",
  nothing: "",
  kinds: ["haze", "noise", 7],
  path: "photos/beach.JPG",
};
const holds = (text: string): boolean => parseWhen(text).evaluate((key) => context[key]);

describe("a when clause", () => {
  test.each([
    ["hasImage", true],
    ["isEmpty", false],
    ["missing", false],
    ["nothing", false],
    ["!missing", true],
    ["!!hasImage", true],
    ["true", true],
    ["!false", true],
    ["degradation == haze", true],
    ["degradation == 'haze'", true],
    ['degradation == "haze"', true],
    ["degradation=='rain'", false],
    ["degradation != rain", true],
    ["missing != rain", true],
    ["missing == ''", false],
    ["nothing == ''", true],
    ["hasImage == true", true],
    ["hasImage == 'true'", true],
    ["isEmpty != true", true],
    ["image.width == 640", true],
    ["image.width == 0640", false],
    ["image.width > 639.5", true],
    ["image.width >= 640", true],
    ["image.width < 640", false],
    ["image.width <= 640", true],
    ["image.width > -1", true],
    ["size > 100", true],
    ["degradation > 1", false],
    ["hasImage > 0", false],
    ["nothing < 1", false],
    ["missing < 1", false],
    ["degradation =~ /^ha[xyz]e$/", true],
    ["path =~ /\\.jpe?g$/i", true],
    ["path =~ /\\.jpe?g$/", false],
    ["path =~ /[/]beach/", true],
    ["missing =~ /.*/", false],
    ["kinds =~ /haze/", false],
    ["degradation in kinds", true],
    ["hasImage in kinds", false],
    ["degradation not in kinds", false],
    ["missing in kinds", false],
    ["degradation in missing", false],
    ["degradation not in missing", true],
    ["isEmpty && hasImage || hasImage", true],
    ["isEmpty && (hasImage || hasImage)", false],
    ["hasImage || isEmpty && isEmpty", true],
    ["!(isEmpty || degradation == 'rain') && image.width > 600", true],
    ["degradation == 'a && b'", false],
  ])("%s is %s", (text, expected) => {
    expect(holds(text)).toBe(expected);
  });

  test("knows the context keys that it reads", () => {
    const { keys } = parseWhen("a && !b.c == 'd' || (e in f) && g =~ /h/ && i < 3 && true");
    expect([...keys].sort()).toEqual(["a", "b.c", "e", "f", "g", "i"]);
  });

  test.each([
    ["", 0],
    ["   ", 3],
    ["a &&", 4],
    ["a & b", 2],
    ["(a", 2],
    ["a)", 1],
    ["a b", 2],
    ["a not b", 6],
    ["a ==", 4],
    ["a == == b", 5],
    ["a == 'b", 5],
    ["5 == 5", 0],
    ["a < b", 4],
    ["a =~ b", 5],
    ["a =~ /b", 5],
    ["a =~ /b(/", 8],
    ["a =~ /b/g", 7],
    ["a =~ /(?=b)/", 7],
    ["a =~ /b\\1/", 7],
    ["a =~ /*/", 6],
    ["a in 5", 5],
    ["a # b", 2],
    ["a == b c", 7],
    [`${"(".repeat(65)}a${")".repeat(65)}`, 64],
    [`${"!".repeat(5000)}a`, 2048],
  ])("%j goes wrong at %i", (text, position) => {
    const error = errorOf(() => parseWhen(text));
    expect(error.code).toBe("InvalidWhen");
    expect(error.details).toEqual({ when: text, position });
  });

  test("any text is read or refused with a position inside it", () => {
    const pieces = fc.constantFrom(
      ..."a b.c in not == != =~ < <= > >= ! && || ( ) 'x' \" ' /a+/i /(b|c)*/ / [ \\ 5 -1.5 true false # é".split(
        " ",
      ),
      " ",
      "",
    );
    const text = fc.oneof(
      fc.array(pieces, { maxLength: 14 }).map((parts) => parts.join(" ")),
      fc.array(pieces, { maxLength: 14 }).map((parts) => parts.join("")),
      fc.string({ unit: "binary", maxLength: 60 }),
    );
    let read = 0;
    fc.assert(
      fc.property(text, (clause) => {
        try {
          expect(typeof parseWhen(clause).evaluate((key) => context[key])).toBe("boolean");
          read++;
        } catch (error) {
          if (!LimpidError.is(error, "InvalidWhen")) throw error;
          expect(error.details.position).toBeGreaterThanOrEqual(0);
          expect(error.details.position).toBeLessThanOrEqual(clause.length);
        }
      }),
      { seed: 1, numRuns: 4000 },
    );
    expect(read).toBeGreaterThan(50);
  });

  test("binds ! before && before ||, as its parentheses would say", () => {
    const names = ["a", "b", "c"];
    type Clause = readonly [text: string, value: (flags: readonly boolean[]) => boolean];
    const key: fc.Arbitrary<Clause> = fc
      .nat({ max: 2 })
      .map((index) => [names[index]!, (flags) => flags[index]!]);
    const unary = (inner: fc.Arbitrary<Clause>): fc.Arbitrary<Clause> =>
      fc.oneof(
        key,
        inner.map(([text, value]): Clause => [`(${text})`, value]),
        inner.map(([text, value]): Clause => [`!(${text})`, (flags) => !value(flags)]),
        key.map(([text, value]): Clause => [`!${text}`, (flags) => !value(flags)]),
      );
    const all = (inner: fc.Arbitrary<Clause>): fc.Arbitrary<Clause> =>
      fc
        .array(unary(inner), { minLength: 1, maxLength: 3 })
        .map((parts): Clause => [
          parts.map(([text]) => text).join("&&"),
          (flags) => parts.every(([, value]) => value(flags)),
        ]);
    const some = (inner: fc.Arbitrary<Clause>): fc.Arbitrary<Clause> =>
      fc
        .array(all(inner), { minLength: 1, maxLength: 3 })
        .map((parts): Clause => [
          parts.map(([text]) => text).join(" || "),
          (flags) => parts.some(([, value]) => value(flags)),
        ]);
    const clause = some(some(some(key)));
    fc.assert(
      fc.property(clause, fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()), ([text, value], flags) => {
        expect(parseWhen(text).evaluate((name) => flags[names.indexOf(name)])).toBe(value(flags));
      }),
      { seed: 2, numRuns: 1000 },
    );
  });
});

describe("a pattern", () => {
  test("occurs where JavaScript's own engine finds it", () => {
    const atom = fc.constantFrom(
      "a",
      "b",
      "B",
      "-",
      ".",
      "\\d",
      "\\w",
      "\\W",
      "[ab]",
      "[^b]",
      "[a-c\\s]",
      "\\.",
      "[B-]",
    );
    const pattern = fc.letrec<{ any: string; atom: string; repeat: string; group: string; pair: string }>(
      (tie) => ({
        any: fc.oneof({ maxDepth: 4 }, tie("atom"), tie("repeat"), tie("group"), tie("pair")),
        atom,
        repeat: fc
          .tuple(tie("any"), fc.constantFrom("*", "+", "?", "{2}", "{1,2}", "{1,}", "*?"))
          .map(([inner, quantifier]) => `(?:${inner})${quantifier}`),
        group: fc.tuple(tie("any"), tie("any")).map(([left, right]) => `(${left}|${right})`),
        pair: fc.tuple(tie("any"), tie("any")).map(([left, right]) => left + right),
      }),
    ).any;
    const anchored = fc
      .tuple(fc.boolean(), pattern, fc.boolean())
      .map(([start, inner, end]) => `${start ? "^" : ""}${inner}${end ? "$" : ""}`);
    const text = fc.string({
      unit: fc.constantFrom("a", "b", "A", "B", "c", "1", "-", ".", " ", "\n"),
      maxLength: 12,
    });
    let found = 0;
    fc.assert(
      fc.property(anchored, fc.constantFrom("", "i"), text, (source, flags, input) => {
        const expected = new RegExp(source, flags).test(input);
        expect(new LinearPattern(source, flags).test(input)).toBe(expected);
        if (expected) found++;
      }),
      { seed: 3, numRuns: 3000 },
    );
    expect(found).toBeGreaterThan(500);
  });

  test("that takes JavaScript's engine forever takes as long as the text", () => {
    const text = `${"a".repeat(4000)}!`;
    for (const source of ["^(a+)+$", "^(a|a)*$", "^(a*)*b$", "^(a?){200}a{200}$", "(x+x+)+y"]) {
      expect(new LinearPattern(source).test(text)).toBe(false);
    }
  });

  test("is refused if its repetitions would take too much memory", () => {
    expect(errorOf(() => new LinearPattern("(a{200}){200}")).code).toBe("InvalidWhen");
    expect(errorOf(() => new LinearPattern("a".repeat(513))).code).toBe("InvalidWhen");
    expect(errorOf(() => new LinearPattern("(".repeat(40) + ")".repeat(40))).code).toBe("InvalidWhen");
  });
});

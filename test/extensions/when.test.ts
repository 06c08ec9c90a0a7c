import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { LimpidError } from "../../src/sdk/base/index.js";
import { parseWhen, type ContextValue } from "../../src/sdk/extensions/index.js";
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
    const { keys } = parseWhen("a && !b.c == 'd' || (e in f) && g != 'h' && i < 3 && true");
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
    ["a =~ /b/", 2],
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
      ..."a b.c in not == != =~ < <= > >= ! && || ( ) 'x' \" ' / [ \\ 5 -1.5 true false # é".split(" "),
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

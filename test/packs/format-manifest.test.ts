import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { LimpidError } from "../../src/sdk/base/index.js";
import { isExpertPack, parseExtensionManifest } from "../../src/sdk/packs/index.js";
import { errorOf } from "../support/index.js";
import {
  encode,
  firstExpert,
  fullManifest,
  isSound,
  packManifest,
  problemsOf,
  type Json,
} from "./format-files.js";

const parse = (value: unknown): ReturnType<typeof parseExtensionManifest> =>
  parseExtensionManifest(encode(value), "the test");

function problems(value: unknown): string[] {
  const error = errorOf(() => parse(value));
  expect(error.code).toBe("InvalidManifest");
  return problemsOf(error.details);
}

/** The faults of a pack's manifest after a change. */
function problemsAfter(change: (manifest: Json) => void, manifest = packManifest()): string[] {
  change(manifest);
  return problems(manifest);
}

describe("a manifest", () => {
  test("of an expert pack is read, with what it leaves out", () => {
    const manifest = parse(packManifest());
    expect(manifest).toMatchObject({
      id: "acme.limpid-descreen",
      name: "@acme/limpid-descreen",
      browser: undefined,
      activationEvents: [],
      capabilities: {},
      contributes: { commands: [], menus: {}, recipes: [], configuration: undefined },
    });
    expect(manifest.contributes.experts[0]).toMatchObject({ id: "acme.descreen", strength: 1 });
    expect(isExpertPack(manifest)).toBe(true);
    expect(() => {
      (manifest.contributes.experts[0] as { id: string }).id = "other";
    }).toThrow(TypeError);
  });

  test("of an extension with everything in it is read", () => {
    const manifest = parse(fullManifest());
    expect(manifest.browser).toBe("dist/extension.js");
    expect(manifest.capabilities.network?.domains).toEqual(["api.acme.example", "*.acme.example"]);
    expect(manifest.contributes.menus["image/context"]).toHaveLength(2);
    expect(manifest.contributes.recipes.map(({ id }) => id)).toEqual(["acme.oldScan", "acme.screen"]);
    expect(isExpertPack(manifest)).toBe(false);
  });

  test("is told all its faults at once, each with path, value and remedy", () => {
    const error = errorOf(() => {
      const manifest = packManifest();
      delete manifest.version;
      manifest.publisher = "Acme Inc.";
      manifest.engines = { limpid: "*" };
      manifest.colour = "red";
      const expert = firstExpert(manifest);
      expert.degradations = [];
      expert.size = "1000";
      expert.colour = 1;
      (manifest.contributes as Json).recipes = [{ id: "acme.x", title: "X", degradation: "halftone" }];
      parse(manifest);
    });
    expect(problemsOf(error.details)).toEqual([
      'version is missing (The version, semantic. Such as "1.0.0")',
      'publisher is "Acme Inc.", which is malformed (Who answers for the extension: lower-case letters, digits and hyphens. Such as "acme")',
      'contributes.experts[0].size is "1000", expected an integer (Length of the file in bytes; `limpid pack build` writes it.)',
      'contributes.experts[0].degradations is an empty list, expected at least 1 (The degradations that it repairs. Such as ["halftone"])',
      "contributes.experts[0].colour is unknown (remove it, or let its name begin with x-)",
      "colour is unknown (remove it, or let its name begin with x-)",
      'engines.limpid is "*", which is not within one major version (name one major version, such as ^1.2.0)',
      "contributes.recipes[0] has neither faults nor module (give it one of them)",
    ]);
    expect(error.details.problems).toContainEqual(
      expect.objectContaining({ path: "contributes.experts[0].size", value: "1000" }),
    );
    expect(error.message).toMatch(/^package\.json of the test: version is missing .*; and 2 more$/);
  });

  test.each([
    ["^0.1.0", true],
    ["~1.2.3", true],
    ["1.x", true],
    [">=1.2.0 <2.0.0", true],
    ["^1.0.0 || ^2.0.0", true],
    ["0.3.0-beta.1", true],
    ["*", false],
    ["", false],
    ["x", false],
    [">=0.1.0", false],
    ["<1.0.0", true],
    ["<2.0.0", false],
    [">=1.0.0 <3.0.0", false],
    ["^1.0.0 || *", false],
    ["latest", false],
  ])("takes the range %p: %p", (range, isFine) => {
    const manifest = { ...packManifest(), engines: { limpid: range, node: ">=20" } };
    if (isFine) expect(parse(manifest).engines).toEqual({ limpid: range });
    else expect(problems(manifest).join()).toMatch(/^engines\.limpid /);
  });

  test.each<[string, (manifest: Json) => void, RegExp]>([
    [
      "an expert of another publisher",
      (m) => (firstExpert(m).id = "limpid.denoise"),
      /^contributes\.experts\[0\]\.id is "limpid\.denoise" .*acme\./,
    ],
    [
      "a path that leads out",
      (m) => (firstExpert(m).file = "../a.safetensors"),
      /experts\[0\]\.file is a path that leads out/,
    ],
    ["a path in a device", (m) => (firstExpert(m).file = "aux.safetensors"), /keeps for a device/],
    [
      "one golden file",
      (m) => (firstExpert(m).golden = { before: "a.png", after: "a.png", psnr: 30 }),
      /golden\.after is the same file/,
    ],
    [
      "golden files that differ in case",
      (m) => (firstExpert(m).golden = { before: "a.png", after: "A.png", psnr: 30 }),
      /golden\.after is the same file as a\.png where/,
    ],
    ["an SVG icon", (m) => (m.icon = "icon.svg"), /^icon is "icon\.svg", which is malformed/],
    [
      "code that is not declared",
      (m) => ((m.contributes as Json).commands = [{ command: "acme.x", title: "X" }]),
      /^contributes\.commands needs code/,
    ],
    [
      "a capability without code",
      (m) => (m.capabilities = { pixels: { reason: "Sees." } }),
      /^capabilities\.pixels is for code/,
    ],
    [
      "a network without a reason",
      (m) => (m.capabilities = { network: { domains: ["a.example"] } }),
      /^capabilities\.network\.reason is missing/,
    ],
    [
      "any network",
      (m) => (m.capabilities = { network: { domains: ["*"], reason: "All." } }),
      /domains\[0\] is "\*", which is malformed/,
    ],
    ["an event for everything", (m) => (m.activationEvents = ["*"]), /^activationEvents\[0\] is "\*"/],
    [
      "a menu for nobody's command",
      (m) => ((m.contributes as Json).menus = { "image/context": [{ command: "acme.gone" }] }),
      /^contributes\.menus\["image\/context"\]\[0\]\.command is a command that nobody contributes/,
    ],
    [
      "a malformed menu",
      (m) => ((m.contributes as Json).menus = { "Image Context": [] }),
      /^contributes\.menus\["Image Context"\] has a name that is not allowed/,
    ],
    [
      "two degradations of one id",
      (m) => {
        const c = m.contributes as { degradations: unknown[] };
        c.degradations.push(c.degradations[0]);
      },
      /^contributes\.degradations\[1\]\.id is there twice/,
    ],
    [
      "severities upside down",
      (m) =>
        ((m.contributes as Json).recipes = [
          {
            id: "acme.x",
            title: "X",
            degradation: "rain",
            faults: [{ degradation: "rain", severity: [0.9, 0.1] }],
          },
        ]),
      /faults\[0\]\.severity has the higher severity first/,
    ],
    [
      "a setting of the wrong type",
      (m) =>
        ((m.contributes as Json).configuration = {
          title: "T",
          properties: { "acme.a": { type: "integer", description: "A.", default: 1.5 } },
        }),
      /properties\["acme\.a"\]\.default is 1\.5, not of type integer/,
    ],
    [
      "a setting that its values exclude",
      (m) =>
        ((m.contributes as Json).configuration = {
          title: "T",
          properties: { "acme.a": { type: "string", description: "A.", default: "a", enum: ["b"] } },
        }),
      /default is not in enum/,
    ],
    [
      "a list for an object",
      (m) => (m.contributes = []),
      /^contributes is an empty list, expected an object/,
    ],
    [
      "a line break in a title",
      (m) => (firstExpert(m).title = "one\ntwo"),
      /experts\[0\]\.title is "one\\ntwo", which is malformed/,
    ],
  ])("is refused with %s", (_, change, message) => {
    const found = problemsAfter(change);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(message);
  });

  test.each([
    ['{"name": "a", "name": "b"}', "name is there twice"],
    [
      '{"contributes": {"experts": [1, {"id": 1, "\\u0069d": 2}]}}',
      "contributes.experts[1].id is there twice",
    ],
    ['{"__proto__": {"polluted": true}}', "__proto__ is not allowed as a key"],
    ['{"name": "\\ud800"}', "name has half a surrogate pair"],
    [`{"x-deep": ${"[".repeat(200)}${"]".repeat(200)}}`, "nests deeper than 32 levels"],
    ["[", "is not JSON"],
    ["", "is not JSON"],
    ["null", "is null, expected an object"],
    [`{"x": "${" ".repeat(300_000)}"}`, "at most 262144 are read"],
  ])("is refused that two readers could take for two things: %#", (text, message) => {
    expect(problems(text).join()).toContain(message);
  });

  test("is refused if it is not UTF-8", () => {
    const error = errorOf(() => parseExtensionManifest(Uint8Array.of(0x7b, 0xff, 0x7d), "the test"));
    expect(problemsOf(error.details)).toEqual([" is not UTF-8 (save it as UTF-8)"]);
  });
});

describe("whatever stands in a manifest", () => {
  const anyText = fc.oneof(
    fc.constantFrom(
      "../x",
      "C:\\x",
      "/etc/passwd",
      "a\0b",
      "\u202egnp.exe",
      "x/../../y",
      "*",
      "limpid.denoise",
      "",
    ),
    fc.string({ unit: "binary", maxLength: 12 }),
  );
  const anyValue = fc.oneof(
    anyText,
    fc.double(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.constant([]),
    fc.constant({}),
    fc.jsonValue({ maxDepth: 3 }),
  );

  /** Every place in a value, as keys. */
  function places(value: unknown, path: readonly string[] = []): string[][] {
    if (typeof value !== "object" || value === null) return [[...path]];
    return [[...path], ...Object.entries(value).flatMap(([key, member]) => places(member, [...path, key]))];
  }
  const allPlaces = places(fullManifest()).filter((path) => path.length > 0 && path[0] !== "x-acme");

  /** Replaces, removes or adds at one place. */
  function change(
    json: unknown,
    path: readonly string[],
    value: unknown,
    how: "replace" | "remove" | "add",
  ): void {
    const parent = path.slice(0, -1).reduce<unknown>((node, key) => (node as Json | undefined)?.[key], json);
    if (typeof parent !== "object" || parent === null) return;
    const key = path.at(-1)!;
    const members = parent as Json;
    if (how === "remove" && Array.isArray(parent)) parent.splice(Number(key), 1);
    else if (how === "remove") Reflect.deleteProperty(members, key);
    else
      Object.defineProperty(members, how === "add" ? `${key}2` : key, {
        value,
        enumerable: true,
        configurable: true,
        writable: true,
      });
  }

  test("it is refused with reasons, or is sound", () => {
    let accepted = 0;
    const step = fc.tuple(
      fc.constantFrom(...allPlaces),
      anyValue,
      fc.constantFrom("replace", "remove", "add"),
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 3 }), (steps) => {
        const manifest = fullManifest();
        for (const [path, value, how] of steps) change(manifest, path, value, how);
        try {
          expect(isSound(parse(manifest))).toBe(true);
          accepted++;
        } catch (error) {
          if (!LimpidError.is(error, "InvalidManifest")) throw error;
          const found = error.details.problems as { path: string; message: string; fix: string }[];
          expect(found.length).toBeGreaterThan(0);
          expect(found.every(({ path, message, fix }) => path !== "" && message !== "" && fix !== "")).toBe(
            true,
          );
        }
      }),
      { seed: 4, numRuns: 1500 },
    );
    expect(accepted).toBeGreaterThan(50);
  });

  test("bytes that are no manifest are refused", () => {
    const text = JSON.stringify(fullManifest());
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.string({ unit: "binary", maxLength: 3 }), (at, noise) => {
        try {
          expect(isSound(parse(text.slice(0, at) + noise + text.slice(at + 1)))).toBe(true);
        } catch (error) {
          if (!LimpidError.is(error, "InvalidManifest")) throw error;
        }
      }),
      { seed: 5, numRuns: 1000 },
    );
  });
});

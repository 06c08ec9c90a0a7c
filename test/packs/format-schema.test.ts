import { describe, expect, test } from "@jest/globals";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { LimpidError } from "../../src/sdk/base/index.js";
import { extensionSchema, parseExtensionManifest, type JsonSchema } from "../../src/sdk/packs/index.js";
import { encode, fullManifest, packManifest, type Json } from "./format-files.js";

test("every key of Limpid's has a description, which editors show", () => {
  const bare: string[] = [];
  const look = (schema: JsonSchema, path: string): void => {
    if (schema.description === undefined && path !== "") bare.push(path);
    for (const [key, member] of Object.entries(schema.properties ?? {})) look(member, `${path}.${key}`);
  };
  const { properties = {} } = extensionSchema;
  for (const name of ["publisher", "engines", "browser", "activationEvents", "capabilities", "contributes"]) {
    look(properties[name]!, name);
  }
  expect(bare).toEqual([]);
});

describe("another validator", () => {
  const validate = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true }).compile(
    extensionSchema,
  );

  test("knows every keyword of the schema, and passes what the reader passes", () => {
    expect(validate(packManifest())).toBe(true);
    expect(validate(fullManifest())).toBe(true);
  });

  test("refuses nothing that the reader takes, and what it takes the reader faults by its rules only", () => {
    const keys = Object.keys(fullManifest());
    const anyMember = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom("acme", "1.0.0", "./a.js", [], {}),
    );
    let passed = 0;
    fc.assert(
      fc.property(fc.constantFrom(...keys, "colour", "main"), anyMember, (key, value) => {
        const json = JSON.parse(JSON.stringify({ ...fullManifest(), [key]: value })) as Json;
        const verdict = validate(json);
        try {
          parseExtensionManifest(encode(json), "the test");
          expect(verdict).toBe(true);
          passed++;
        } catch (error) {
          if (!LimpidError.is(error, "InvalidManifest")) throw error;
          const problems = error.details.problems as { message: string }[];
          const ofSchema = problems.filter(({ message }) =>
            /missing|unknown|expected|malformed|twice|name that/.test(message),
          );
          if (verdict) expect(ofSchema).toEqual([]);
          else expect(ofSchema).not.toEqual([]);
        }
      }),
      { seed: 6, numRuns: 1000 },
    );
    expect(passed).toBeGreaterThan(20);
  });
});

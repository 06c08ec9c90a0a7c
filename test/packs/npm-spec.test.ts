import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { packFromNpm } from "../../src/sdk/packs/index.js";
import { errorOf } from "../support/index.js";

const cdn = "https://cdn.example/npm/{name}@{version}/";

test.each([
  ["@acme/limpid-descreen@1.2.0", "https://cdn.example/npm/@acme/limpid-descreen@1.2.0/"],
  ["limpid-descreen@1.2.0-beta.1", "https://cdn.example/npm/limpid-descreen@1.2.0-beta.1/"],
])("%s is found on the server that was named", (spec, address) => {
  expect(packFromNpm(spec, cdn).name).toBe(address);
});

test.each([
  "limpid-descreen",
  "limpid-descreen@",
  "limpid-descreen@latest",
  "limpid-descreen@1",
  "limpid-descreen@^1.2.0",
  "limpid-descreen@v1.2.0",
  "limpid-descreen@1.2.0+build",
  "Limpid@1.2.0",
  "@acme@1.2.0",
  "@acme/../evil@1.2.0",
  "../evil@1.2.0",
  "a/b@1.2.0",
  `${"a".repeat(215)}@1.2.0`,
])("%s names no single version", (spec) => {
  expect(errorOf(() => packFromNpm(spec, cdn)).code).toBe("InvalidArgument");
});

test("whatever a spec says, nothing outside the named server's folder is asked", () => {
  const part = fc.oneof(
    fc.string({ maxLength: 8 }),
    fc.constantFrom("..", "/", "\\", "@", "%2e%2e", "?", "#", "a", "acme", "//evil.example"),
  );
  const spec = fc
    .tuple(fc.array(part, { maxLength: 5 }), fc.constantFrom("@1.2.0", "@1.0.0-a/../..", "@latest", ""))
    .map(([parts, version]) => parts.join("") + version);
  fc.assert(
    fc.property(spec, (text) => {
      let address: URL;
      try {
        address = new URL(packFromNpm(text, cdn).name);
      } catch (error) {
        expect(error).toMatchObject({ code: "InvalidArgument" });
        return;
      }
      expect(address.href).toBe(`https://cdn.example/npm/${text}/`);
    }),
    { seed: 11, numRuns: 500 },
  );
});

import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { LimpidError } from "../../src/sdk/base/index.js";
import {
  checkPackPath,
  findPathCollisions,
  makeIntegrity,
  parseIntegrity,
  verifyFile,
  verifyIntegrity,
} from "../../src/sdk/packs/index.js";
import { sha256Hex } from "../../src/sdk/weights/index.js";
import { errorOf } from "../support/index.js";
import { encode, problemsOf, type Json } from "./format-files.js";

const files = new Map([
  ["package.json", encode("{}")],
  ["README.md", encode("# Read me")],
  ["experts/a.safetensors", Uint8Array.of(1, 2, 3)],
  ["empty", new Uint8Array()],
]);
const list = makeIntegrity("acme.pack", "1.0.0", files);

describe("checkPackPath", () => {
  test.each(["package.json", "experts/a.safetensors", "a b/c-d_e.(1).png", ".npmignore", "a".repeat(91)])(
    "passes %p",
    (path) => expect(checkPackPath(path)).toBe(path),
  );

  test("takes a leading ./ off", () => expect(checkPackPath("./a/b.png")).toBe("a/b.png"));

  test.each([
    ["", "is empty"],
    ["./", "is empty"],
    ["/etc/passwd", "is absolute"],
    ["C:/x", "names a drive"],
    ["c:x", "names a drive"],
    ["..\\x", "has a backslash"],
    ["\\\\server\\share", "has a backslash"],
    ["..", "leads out of the pack"],
    ["../x", "leads out of the pack"],
    ["a/../../x", "leads out of the pack"],
    ["a/..", "leads out of the pack"],
    ["././x", "has a part that is a single dot"],
    ["a//b", "has an empty part"],
    ["a/", "has an empty part"],
    ["a\0.png", "has characters other than printable ASCII"],
    ["a\n.png", "has characters other than printable ASCII"],
    ["a\u202egnp.exe", "has characters other than printable ASCII"],
    ["\uff0e\uff0e/x", "has characters other than printable ASCII"],
    ["stra\u00dfe.png", "has characters other than printable ASCII"],
    ["aa:b", 'has one of : * ? " < > | % #'],
    ["%2e%2e/x", 'has one of : * ? " < > | % #'],
    ["NUL", "which Windows keeps for a device"],
    ["a/Com1.txt", "which Windows keeps for a device"],
    ["a./b", "ends with a dot"],
    ["a /b", "begins or ends with a space"],
    ["...", "ends with a dot"],
    ["a".repeat(92), "is longer than 91 characters"],
  ])("refuses %p, which %s", (path, reason) => {
    const error = errorOf(() => checkPackPath(path));
    expect([error.code, error.details]).toEqual(["UnsafePath", { path }]);
    expect(error.message).toContain(reason);
  });

  test("lets nothing out of the pack's folder, on no system", () => {
    const part = fc.oneof(
      fc.constantFrom("..", ".", "", "a", "A", "con", "~", "a.", " a", "C:", "\u2024\u2024", "%2e%2e", "\0"),
      fc.string({ unit: "binary", maxLength: 4 }),
      fc.string({ maxLength: 6 }),
    );
    const anyPath = fc
      .tuple(fc.array(part, { minLength: 1, maxLength: 5 }), fc.constantFrom("/", "\\", "//"))
      .map(([parts, separator]) => parts.join(separator));
    let passed = 0;
    fc.assert(
      fc.property(anyPath, (path) => {
        let checked: string;
        try {
          checked = checkPackPath(path);
        } catch (error) {
          if (!LimpidError.is(error, "UnsafePath")) throw error;
          return;
        }
        passed++;
        // A URL reader, a POSIX system and Windows must all find the same file below the folder.
        expect(new URL(encodeURI(checked), "https://x.example/pack/").pathname).toBe(
          `/pack/${encodeURI(checked)}`,
        );
        expect(checked).toMatch(/^[\x20-\x7e]+$/);
        for (const name of checked.split("/"))
          expect(name).not.toMatch(/^\.{0,2}$|[. ]$|^[a-z]:|[\\:*?"<>|]/i);
      }),
      { seed: 1, numRuns: 3000 },
    );
    expect(passed).toBeGreaterThan(100);
  });
});

describe("findPathCollisions", () => {
  test.each<[string[], [string, string][]]>([
    [["a", "b", "c/a"], []],
    [["README.md", "readme.MD"], [["README.md", "readme.MD"]]],
    [["a/b", "A/c"], [["a/b", "A/c"]]],
    [["a", "A/b"], [["a", "A/b"]]],
    [["a/b", "a"], [["a/b", "a"]]],
    [["a", "a"], [["a", "a"]]],
  ])("of %p are %p", (paths, expected) => expect(findPathCollisions(paths)).toEqual(expected));

  test("finds something exactly if some paths are one in lower case", () => {
    const anyPath = fc
      .array(fc.constantFrom("a", "A", "b", "B"), { minLength: 1, maxLength: 3 })
      .map((parts) => parts.join("/"));
    fc.assert(
      fc.property(fc.array(anyPath, { maxLength: 6 }), (paths) => {
        // Every file, and every folder above it once for each spelling.
        const folders = new Set(
          paths.flatMap((path) => [...path.matchAll(/\//g)].map(({ index }) => path.slice(0, index))),
        );
        const names = [...paths, ...folders].map((name) => name.toLowerCase());
        expect(findPathCollisions(paths).length > 0).toBe(new Set(names).size < names.length);
      }),
      { seed: 2, numRuns: 1000 },
    );
  });
});

describe("integrity.json", () => {
  test("lists every file but itself and its signature, in one order", () => {
    const shuffled = new Map([...files].reverse());
    shuffled.set("integrity.json", list).set("integrity.json.sig", encode("x"));
    expect(makeIntegrity("acme.pack", "1.0.0", shuffled)).toEqual(list);
    const integrity = parseIntegrity(list, "the test");
    expect([integrity.id, integrity.version]).toEqual(["acme.pack", "1.0.0"]);
    expect([...integrity.files.keys()]).toEqual([
      "README.md",
      "empty",
      "experts/a.safetensors",
      "package.json",
    ]);
    expect(integrity.files.get("experts/a.safetensors")).toEqual({
      size: 3,
      sha256: sha256Hex(Uint8Array.of(1, 2, 3)),
    });
    expect(() => verifyIntegrity(integrity, shuffled)).not.toThrow();
  });

  test("tells of every file that is missing, unlisted or changed", () => {
    const changed = new Map(files);
    changed.delete("empty");
    changed
      .set("README.md", encode("# Read m3"))
      .set("extra.png", new Uint8Array(1))
      .set("package.json", encode("{ }"));
    const error = errorOf(() => verifyIntegrity(parseIntegrity(list, "the test"), changed));
    expect(error.code).toBe("IntegrityMismatch");
    expect(error.details.problems).toEqual([
      "empty is missing",
      "package.json has 3 bytes, expected 2",
      expect.stringMatching(/^README\.md has SHA-256 [0-9a-f]{64}, expected [0-9a-f]{64}$/),
      "extra.png is not listed in integrity.json",
    ]);
  });

  test("any single bit that changes is found", () => {
    const integrity = parseIntegrity(list, "the test");
    fc.assert(
      fc.property(
        fc.constantFrom("README.md", "experts/a.safetensors", "package.json"),
        fc.nat(1000),
        (path, at) => {
          const bytes = files.get(path)!.slice();
          bytes[(at >> 3) % bytes.length]! ^= 1 << (at & 7);
          expect(errorOf(() => verifyFile(integrity, path, bytes)).code).toBe("IntegrityMismatch");
        },
      ),
      { seed: 3, numRuns: 300 },
    );
  });

  test.each<[string, (json: Json) => void, RegExp]>([
    ["another format", (json) => (json.formatVersion = 2), /^formatVersion is 2, expected 1/],
    ["an unknown key", (json) => (json.more = 1), /^more is unknown/],
    [
      "a path that leads out",
      (json) => (json.files = { "../x": entry }),
      /^files\["\.\.\/x"\] leads out of the pack/,
    ],
    ["itself in the list", (json) => (json.files = { "integrity.json": entry }), /cannot list itself/],
    [
      "one file twice",
      (json) => (json.files = { a: entry, A: entry }),
      /^files\.A is the same file as a where/,
    ],
    [
      "an upper-case hash",
      (json) => (json.files = { a: { size: 1, sha256: "A".repeat(64) } }),
      /^files\.a\.sha256 is/,
    ],
    ["no files", (json) => (json.files = {}), /^files is an object with too few keys/],
    [
      "a size that is none",
      (json) => (json.files = { a: { ...entry, size: -1 } }),
      /^files\.a\.size is -1, expected at least 0/,
    ],
  ])("with %s is refused", (_, change, message) => {
    const json = JSON.parse(new TextDecoder().decode(list)) as Json;
    change(json);
    const error = errorOf(() => parseIntegrity(encode(json), "the test"));
    expect(error.code).toBe("InvalidManifest");
    expect(problemsOf(error.details)).toEqual([expect.stringMatching(message)]);
  });
  const entry = { size: 1, sha256: "0".repeat(64) };

  test("cannot be made of paths that cannot be in a pack", () => {
    const error = errorOf(() => makeIntegrity("acme.pack", "1.0.0", new Map([["a\\b", new Uint8Array()]])));
    expect(problemsOf(error.details)).toEqual([expect.stringContaining("has a backslash")]);
  });

  test("whatever it says, it is refused with reasons or lists safe paths", () => {
    const text = new TextDecoder().decode(list);
    const slip = fc.oneof(
      fc.constantFrom("../", "\\\\", "\\u0000", "/", '","', "{", "é", "\\ud800"),
      fc.string({ maxLength: 2 }),
    );
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.nat(3), slip, (at, cut, noise) => {
        try {
          const { files } = parseIntegrity(
            encode(text.slice(0, at) + noise + text.slice(at + cut)),
            "the test",
          );
          for (const path of files.keys()) expect(checkPackPath(path)).toBe(path);
          expect(findPathCollisions([...files.keys()])).toEqual([]);
        } catch (error) {
          if (!LimpidError.is(error, "InvalidManifest")) throw error;
          expect(problemsOf(error.details)).not.toEqual([]);
        }
      }),
      { seed: 4, numRuns: 1000 },
    );
  });
});

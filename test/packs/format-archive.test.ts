import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Header, type HeaderData } from "tar";
import { writePackArchive } from "../../packages/cli/src/files/index.js";
import { LimpidError } from "../../src/sdk/base/index.js";
import { checkPackPath, packFilesFromArchive } from "../../src/sdk/packs/index.js";
import { sha256Hex } from "../../src/sdk/weights/index.js";
import { errorOf } from "../support/index.js";
import { encode } from "./format-files.js";

const files = new Map([
  ["package.json", encode('{"name":"x"}')],
  ["experts/a.safetensors", Uint8Array.from({ length: 1000 }, (_, index) => index)],
  ["empty", new Uint8Array()],
]);

/** A tarball with headers as somebody wants them. */
function archiveOf(entries: readonly (HeaderData & { readonly text?: string })[]): Uint8Array {
  const blocks = entries.flatMap(({ text = "", ...data }) => {
    const block = Buffer.alloc(512);
    new Header({ mode: 0o644, size: text.length, type: "File", ...data }).encode(block);
    return [block, Buffer.from(text.padEnd(Math.ceil(text.length / 512) * 512, "\0"))];
  });
  return Uint8Array.from(gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)])));
}

describe("a pack's tarball", () => {
  test("comes back as it was written", () => {
    expect(packFilesFromArchive(writePackArchive(files))).toEqual(new Map([...files].sort()));
  });

  test("has the same bytes whatever order the files are in", () => {
    const archive = writePackArchive(files);
    expect(writePackArchive(new Map([...files].reverse()))).toEqual(archive);
    // The unpacked bytes by name: a change of them changes every published hash.
    expect(sha256Hex(gunzipSync(archive))).toBe(
      "4c99b53e6e0de7541b127cf4bef8f3e9257b5baec0d9cd5a255a9b5131e6b017",
    );
    expect(sha256Hex(archive)).toBe("c8e069e3d8b9d4b299b5694e11ca4fd6534df7759648a5d7f426daa14c613637");
    // gzip's header: no time, no name.
    expect([...archive.subarray(0, 8)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
  });

  test("is one that tar unpacks, and npm reads", () => {
    const folder = mkdtempSync(join(tmpdir(), "limpid-archive-"));
    try {
      const path = join(folder, "pack.tgz");
      writeFileSync(path, writePackArchive(files));
      execFileSync("tar", ["-xzf", path, "-C", folder]);
      for (const [name, bytes] of files) {
        expect(Uint8Array.from(readFileSync(join(folder, "package", name)))).toEqual(bytes);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.each<[string, HeaderData, string]>([
    ["a path that leads out", { path: "package/../../x" }, "UnsafePath"],
    ["an absolute path", { path: "package//etc/passwd" }, "UnsafePath"],
    ["another absolute path", { path: "/etc/passwd" }, "UnsafePath"],
    ["a backslash", { path: "package/..\\x" }, "UnsafePath"],
    ["a drive", { path: "package/C:x" }, "UnsafePath"],
    ["no folder but dots", { path: "../x" }, ""],
    [
      "a symbolic link",
      { path: "package/link", type: "SymbolicLink", linkpath: "/etc/passwd", size: 0 },
      "InvalidArchive",
    ],
    ["a hard link", { path: "package/link", type: "Link", linkpath: "package/a", size: 0 }, "InvalidArchive"],
    ["a device", { path: "package/tty", type: "CharacterDevice", size: 0 }, "InvalidArchive"],
  ])("with %s is refused, or harmless", (_, data, code) => {
    const archive = archiveOf([data.size === 0 ? data : { ...data, text: "x" }]);
    if (code === "") expect([...packFilesFromArchive(archive).keys()]).toEqual(["x"]);
    else expect(errorOf(() => packFilesFromArchive(archive)).code).toBe(code);
  });

  test("with one file in two spellings is refused", () => {
    const archive = archiveOf([
      { path: "package/a", text: "1" },
      { path: "package/A", text: "2" },
    ]);
    expect(errorOf(() => packFilesFromArchive(archive)).code).toBe("UnsafePath");
  });

  test("cannot be written with paths that cannot be in a pack", () => {
    expect(errorOf(() => writePackArchive(new Map([["../x", new Uint8Array()]]))).code).toBe("UnsafePath");
  });

  test("whatever it is, it is refused with a code or gives safe paths", () => {
    const tar = gunzipSync(writePackArchive(files));
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { maxLength: 4 }), (changes) => {
        const bytes = Uint8Array.from(tar);
        for (const [at, value] of changes) bytes[at] = value;
        try {
          const read = packFilesFromArchive(Uint8Array.from(gzipSync(bytes, { level: 1 })));
          for (const path of read.keys()) expect(checkPackPath(path)).toBe(path);
          accepted++;
        } catch (error) {
          if (!LimpidError.is(error)) throw error;
          expect(["InvalidArchive", "UnsafePath"]).toContain(error.code);
        }
      }),
      { seed: 8, numRuns: 500 },
    );
    expect(accepted).toBeGreaterThan(20);
  });
});

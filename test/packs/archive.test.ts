import { gzipSync } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { zipSync } from "fflate";
import { Header, Pax, type HeaderData } from "tar";
import { writePackArchive } from "../../packages/cli/src/files/index.js";
import { LimpidError } from "../../src/sdk/base/index.js";
import { packFilesFromArchive } from "../../src/sdk/packs/index.js";
import { errorOf } from "../support/index.js";
import { encode } from "./format-files.js";

const files = new Map([
  ["empty", new Uint8Array()],
  ["experts/a.safetensors", Uint8Array.from({ length: 70_000 }, (_, index) => (index * index) % 251)],
  ["package.json", encode('{"name":"x"}')],
]);

type Entry = HeaderData & { readonly text?: string };

function tarOf(entries: readonly Entry[]): Uint8Array {
  const blocks = entries.flatMap(({ text = "", ...data }) => {
    const block = Buffer.alloc(512);
    new Header({ mode: 0o644, size: text.length, type: "File", ...data }).encode(block);
    return [block, Buffer.from(text.padEnd(Math.ceil(text.length / 512) * 512, "\0"))];
  });
  return Uint8Array.from(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

const archiveOf = (entries: readonly Entry[]): Uint8Array => Uint8Array.from(gzipSync(tarOf(entries)));

const zipOf = (content: ReadonlyMap<string, Uint8Array>, folder = ""): Uint8Array =>
  zipSync(Object.fromEntries([...content].map(([path, bytes]) => [`${folder}${path}`, bytes])));

function codeOf(archive: Uint8Array, options = {}): string {
  const error = errorOf(() => packFilesFromArchive(archive, options));
  return LimpidError.is(error) ? `${error.code}: ${error.message}` : String(error);
}

describe("a pack in one file", () => {
  test("comes out of npm's tarball and of a ZIP archive, with and without a folder around it", () => {
    expect(packFilesFromArchive(writePackArchive(files))).toEqual(files);
    expect(packFilesFromArchive(zipOf(files))).toEqual(files);
    expect(packFilesFromArchive(zipOf(files, "limpid-descreen/"))).toEqual(files);
    const stored = zipSync(Object.fromEntries(files), { level: 0 });
    expect(packFilesFromArchive(stored)).toEqual(files);
    const withFolders = archiveOf([
      { path: "package/", type: "Directory" },
      { path: "package/package.json", text: "{}" },
    ]);
    expect([...packFilesFromArchive(withFolders).keys()]).toEqual(["package.json"]);
  });

  test("may have names in pax headers and in GNU's", () => {
    const pax = new Pax({ path: "package/experts/b.txt" }).encode();
    const rest = tarOf([{ path: "package/short", text: "b" }]);
    const withPax = Uint8Array.from(gzipSync(Buffer.concat([pax, rest])));
    expect([...packFilesFromArchive(withPax)]).toEqual([["experts/b.txt", encode("b")]]);
    const gnu = archiveOf([
      { path: "././@LongLink", type: "NextFileHasLongPath", text: "package/long/c.txt\0" },
      { path: "package/short", text: "c" },
    ]);
    expect([...packFilesFromArchive(gnu)]).toEqual([["long/c.txt", encode("c")]]);
  });

  test("is refused with the reason and its name", () => {
    expect(codeOf(encode("hello"), { name: "note.txt" })).toMatch(/^InvalidArchive: note.txt: is neither/);
    expect(codeOf(new Uint8Array())).toMatch(/^InvalidArchive: the archive: is neither/);
    expect(codeOf(Uint8Array.from(gzipSync("hello")))).toMatch(/^InvalidArchive: .*cut short/);
    expect(codeOf(Uint8Array.from(gzipSync("x".repeat(2048))))).toMatch(/^InvalidArchive: .*no tar archive/);
    expect(codeOf(archiveOf([]))).toMatch(/^InvalidArchive: .*no files/);
    expect(codeOf(archiveOf([{ path: "package/a", type: "SymbolicLink" }]))).toMatch(/InvalidArchive.*link/);
    const twice = archiveOf([
      { path: "package/a", text: "1" },
      { path: "package/a", text: "2" },
    ]);
    expect(codeOf(twice)).toMatch(/^InvalidArchive: .*twice/);
    expect(codeOf(archiveOf([{ path: "package/../../evil", text: "1" }]))).toMatch(/^UnsafePath/);
    expect(
      codeOf(
        zipOf(
          new Map([
            ["a", encode("1")],
            ["../evil", encode("2")],
          ]),
        ),
      ),
    ).toMatch(/^UnsafePath/);
    expect(
      codeOf(
        zipOf(
          new Map([
            ["a", encode("1")],
            ["A", encode("2")],
          ]),
        ),
      ),
    ).toMatch(/^UnsafePath.*one file/);
    for (const archive of [writePackArchive(files), zipOf(files)]) {
      expect(codeOf(archive, { maximumBytes: 70_000 })).toMatch(/more than 70000 bytes/);
      expect(codeOf(archive.subarray(0, archive.length - 200))).toMatch(/^InvalidArchive/);
    }
  });

  test("damaged anywhere, it gives the same files or an error with a code", () => {
    const archives = [
      writePackArchive(files),
      zipOf(files),
      Uint8Array.from(gzipSync(tarOf([{ path: "p/a", text: "1" }]))),
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...archives),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (archive, at, flip) => {
          const damaged = archive.slice();
          damaged[at % damaged.length]! ^= flip;
          try {
            expect(packFilesFromArchive(damaged).size).toBeGreaterThan(0);
          } catch (error) {
            if (!LimpidError.is(error)) throw error;
          }
        },
      ),
    );
  });
});

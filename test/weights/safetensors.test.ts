import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { LimpidError } from "../../src/sdk/base/index.js";
import {
  bytesPerElement,
  HostTensor,
  parseSafetensors,
  serializeSafetensors,
  type TensorFile,
  type TensorType,
} from "../../src/sdk/weights/index.js";
import { largestAllocation } from "./allocations.js";
import { concat } from "./checkpoint-builder.js";
import { readFixture } from "./fixture.js";

/** A file from the text of its header, which need not be valid. */
function makeFile(header: string | Uint8Array, dataLength = 0): Uint8Array {
  const text = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const length = new Uint8Array(8);
  new DataView(length.buffer).setUint32(0, text.length, true);
  return concat(length, text, new Uint8Array(dataLength));
}

function entry(dtype: string, shape: string, begin: number, end: number): string {
  return `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${begin},${end}]}`;
}

function readHeader(bytes: Uint8Array): string {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  return new TextDecoder().decode(bytes.subarray(8, 8 + length));
}

const anyTensor = fc
  .record({
    dtype: fc.constantFrom<TensorType>("F32", "F16", "BF16", "I32", "U8"),
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
  })
  .chain(({ dtype, shape }) => {
    const length = shape.reduce((product, axis) => product * axis, bytesPerElement(dtype));
    return fc
      .uint8Array({ minLength: length, maxLength: length })
      .map((bytes) => new HostTensor(dtype, shape, bytes));
  });

const anyName = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.constantFrom("__proto__", "constructor", "toString", "1", "\u0000", 'quote"\\', "\u2028"),
);

const anyFile: fc.Arbitrary<TensorFile> = fc.record({
  tensors: fc
    .uniqueArray(fc.tuple(anyName, anyTensor), { maxLength: 6, selector: ([name]) => name })
    .map((e) => new Map(e)),
  metadata: fc.dictionary(anyName, fc.string({ unit: "binary" }), { maxKeys: 3 }),
});

describe("parseSafetensors", () => {
  test("reads what the Python library wrote", () => {
    const { tensors, metadata } = parseSafetensors(readFixture("reference/stage1.io.safetensors"));
    expect([...tensors].map(([name, { dtype, shape }]) => [name, dtype, shape[0]])).toEqual([
      ["input", "F32", 1],
      ["de_prior", "F32", 1],
      ["output", "F32", 1],
    ]);
    expect(metadata).toEqual(Object.create(null));
    const { metadata: notes } = parseSafetensors(readFixture("reference/stage2.weights.safetensors"));
    expect(JSON.parse(notes.config!)).toMatchObject({ width: 16, r: 4, num_experts: 4 });
  });

  test("gives views onto the file", () => {
    const bytes = readFixture("reference/stage1.weights.safetensors");
    const { tensors } = parseSafetensors(bytes);
    for (const tensor of tensors.values()) {
      expect(tensor.bytes.buffer).toBe(bytes.buffer);
      expect(tensor.toFloat32().buffer).toBe(bytes.buffer);
    }
  });

  test("reads a file that is itself a view at an odd offset", () => {
    const bytes = readFixture("reference/stage1.io.safetensors");
    const shifted = concat([0], bytes).subarray(1);
    expect(parseSafetensors(shifted).tensors.get("output")!.toFloat32()).toEqual(
      parseSafetensors(bytes).tensors.get("output")!.toFloat32(),
    );
  });

  test("accepts ranges in any order, scalars, empty tensors, no tensor at all, spaces and escapes", () => {
    const { tensors } = parseSafetensors(
      makeFile(
        `{ "b\\u00e9\\n\\ud83d\\ude00" : ${entry("U8", "[3]", 4, 7)},\n"a":${entry("F32", "[]", 0, 4)},` +
          `"none":${entry("F32", "[0, 9]", 4, 4)}}   `,
        7,
      ),
    );
    expect([...tensors.keys()]).toEqual(["b\u00e9\n\u{1f600}", "a", "none"]);
    expect(parseSafetensors(makeFile("{}")).tensors.size).toBe(0);
  });

  test("takes names that objects have meanings for as names", () => {
    const { tensors, metadata } = parseSafetensors(
      makeFile(`{"__metadata__":{"__proto__":"a"},"__proto__":${entry("U8", "[1]", 0, 1)}}`, 1),
    );
    expect([...tensors.keys()]).toEqual(["__proto__"]);
    expect(Object.entries(metadata)).toEqual([["__proto__", "a"]]);
    expect(Object.getPrototypeOf(metadata)).toBeNull();
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  const good = entry("U8", "[2]", 0, 2);
  test.each<[string, Uint8Array, string]>([
    ["a file without a header length", new Uint8Array(7), "ends after 7"],
    [
      "a header over 1 MiB",
      concat([1, 0, 16, 0, 0, 0, 0, 0], [123]),
      "claims 1048577 bytes; at most 1048576",
    ],
    [
      "a header over 2^53",
      concat([2, 0, 0, 0, 0, 0, 0, 255], [123, 125]),
      "claims 18374686479671624000 bytes",
    ],
    ["a truncated header", makeFile("{}").subarray(0, 9), "claims 2 bytes, but only 1 follow"],
    ["a header that is not UTF-8", makeFile(Uint8Array.of(0x7b, 0x22, 0xff, 0x22)), "not valid UTF-8"],
    ["a byte order mark", makeFile("\ufeff{}"), "does not start with {"],
    ["space before the header", makeFile(" {}"), "does not start with {"],
    ["an array", makeFile("[]"), "does not start with {"],
    ["an empty header", makeFile(""), "does not start with {"],
    ["text after the header", makeFile("{} {}"), "text after its JSON object, at character 3"],
    ["a trailing comma", makeFile(`{"a":${good},}`, 2), "lacks a key"],
    ["a missing colon", makeFile(`{"a" ${good}}`, 2), "lacks a colon"],
    ["a missing brace", makeFile(`{"a":${good}`, 2), "lacks a closing brace"],
    ["a missing bracket", makeFile(`{"a":[1}`), "lacks a closing bracket"],
    ["a missing value", makeFile(`{"a":}`), "lacks a value"],
    ["a misspelt word", makeFile(`{"a":trve}`), "lacks a value"],
    ["a number with a leading zero", makeFile(`{"a":[01]}`), "lacks a closing bracket"],
    ["an open string", makeFile(`{"a`), "ends within a string"],
    ["a control character", makeFile('{"a\n":1}'), "control character"],
    ["an unknown escape", makeFile('{"\\x":1}'), "unknown escape"],
    ["a broken unicode escape", makeFile('{"\\u12g4":1}'), "unknown escape"],
    ["half a surrogate pair", makeFile('{"\\ud800":1}'), "half a surrogate pair"],
    ["a deep header", makeFile('{"a":'.repeat(100_000)), "nests deeper than 8 levels"],
    [
      "a tensor twice",
      makeFile(`{"a":${good},"b":${entry("U8", "[0]", 2, 2)},"\\u0061":${good}}`, 2),
      'the key "a" twice',
    ],
    ["a field twice", makeFile(`{"a":{"dtype":"U8","dtype":"U8"}}`), 'the key "dtype" twice'],
    ["a tensor that is no object", makeFile('{"a":[]}'), 'tensor "a" is not described by an object'],
    ["an unknown field", makeFile(`{"a":{"dtype":"U8","stride":[1]}}`), 'unknown field "stride"'],
    ["metadata that is no object", makeFile('{"__metadata__":"x"}'), "__metadata__ is not an object"],
    [
      "metadata that is no string",
      makeFile('{"__metadata__":{"n":1}}'),
      'something else than a string under "n"',
    ],
    [
      "F64",
      makeFile(`{"a":${entry("F64", "[1]", 0, 8)}}`, 8),
      'tensor "a": dtype is "F64"; F32, F16, BF16, I32, U8 and I64 are',
    ],
    ["BOOL", makeFile(`{"a":${entry("BOOL", "[1]", 0, 1)}}`, 1), 'dtype is "BOOL"'],
    ["no type", makeFile(`{"a":{"shape":[1],"data_offsets":[0,1]}}`, 1), "dtype is missing or not a string"],
    ["no shape", makeFile(`{"a":{"dtype":"U8","data_offsets":[0,1]}}`, 1), "shape (missing)"],
    ["a negative length", makeFile(`{"a":${entry("U8", "[2,-1]", 0, 2)}}`, 2), "shape [2, -1]"],
    ["a negative zero", makeFile(`{"a":${entry("U8", "[-0]", 0, 0)}}`), 'tensor "a": shape [0]'],
    ["a broken length", makeFile(`{"a":${entry("U8", "[1.5]", 0, 2)}}`, 2), "shape [1.5]"],
    ["a length as text", makeFile(`{"a":${entry("U8", '["2"]', 0, 2)}}`, 2), "shape [2]"],
    ["a nested shape", makeFile(`{"a":${entry("U8", "[[2]]", 0, 2)}}`, 2), "shape [[...]]"],
    [
      "a length that rounds",
      makeFile(`{"a":${entry("U8", "[9007199254740993]", 0, 2)}}`, 2),
      "shape [9007199254740992]",
    ],
    [
      "a product that overflows",
      makeFile(`{"a":${entry("U8", "[4294967296,4294967296]", 0, 0)}}`),
      "below 2^53",
    ],
    [
      "an overflow hidden by a zero",
      makeFile(`{"a":${entry("U8", "[0,4294967296,4294967296]", 0, 0)}}`),
      "below 2^53",
    ],
    [
      "one offset",
      makeFile(`{"a":{"dtype":"U8","shape":[0],"data_offsets":[0]}}`),
      "data_offsets [0] is not a pair",
    ],
    [
      "a range that is too short",
      makeFile(`{"a":${entry("F32", "[2]", 0, 7)}}`, 7),
      "takes 8 bytes, but its range [0, 7] has 7",
    ],
    ["a range that runs backwards", makeFile(`{"a":${entry("U8", "[1]", 2, 1)}}`, 2), "range [2, 1] has -1"],
    [
      "a range past the end",
      makeFile(`{"a":${entry("U8", "[3]", 0, 3)}}`, 2),
      "ends at byte 3, but the data section has only 2",
    ],
    [
      "ranges that overlap",
      makeFile(`{"a":${entry("U8", "[3]", 0, 3)},"b":${entry("U8", "[3]", 2, 5)}}`, 5),
      'tensor "b" begins at byte 2, within "a", which ends at 3',
    ],
    [
      "two tensors of one range",
      makeFile(`{"a":${good},"b":${good}}`, 2),
      'tensor "b" begins at byte 0, within "a", which ends at 2',
    ],
    [
      "a hole at the start",
      makeFile(`{"a":${entry("U8", "[1]", 1, 2)}}`, 2),
      "bytes 0 to 1 belong to no tensor",
    ],
    [
      "a hole between",
      makeFile(`{"a":${entry("U8", "[1]", 3, 4)},"b":${entry("U8", "[1]", 0, 1)}}`, 4),
      'bytes 1 to 3 belong to no tensor; "a" comes after',
    ],
    ["a hole at the end", makeFile(`{"a":${good}}`, 3), "bytes 2 to 3 at the end belong to no tensor"],
    ["data without tensors", makeFile("{}", 1), "bytes 0 to 1 at the end"],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => parseSafetensors(bytes)).toThrow(
      expect.objectContaining({ code: "InvalidTensorFile", message: expect.stringContaining(message) }),
    );
  });

  test("fails with its own error, and allocates next to nothing, whatever byte of a file changes", () => {
    const file = serializeSafetensors({
      tensors: new Map([
        ["layer.weight", HostTensor.fromFloat32([2, 3], new Float32Array(6), "F16")],
        ["layer.bias", HostTensor.fromFloat32([2], new Float32Array(2))],
      ]),
      metadata: { format: "pt" },
    });
    const change = fc.tuple(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const changed = file.slice();
        for (const [at, mask] of changes) {
          changed[at]! ^= mask;
        }
        expectParsedOrRefused(changed);
      }),
      { numRuns: 3000 },
    );
    for (let length = 0; length < file.length; length++) {
      expect(() => parseSafetensors(file.subarray(0, length))).toThrow(
        expect.objectContaining({ code: "InvalidTensorFile" }),
      );
    }
  });

  test("fails with its own error on JSON that is no header", () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(16), (json, dataLength) => {
        expectParsedOrRefused(makeFile(json, dataLength));
      }),
    );
  });
});

function expectParsedOrRefused(bytes: Uint8Array): void {
  const { bytes: allocated, error } = largestAllocation(() => parseSafetensors(bytes));
  expect(error === undefined || LimpidError.is(error, "InvalidTensorFile")).toBe(true);
  expect(allocated).toBeLessThan(1024);
}

describe("serializeSafetensors", () => {
  test("writes what it read, byte for byte", () => {
    fc.assert(
      fc.property(anyFile, (file) => {
        const bytes = serializeSafetensors(file);
        const read = parseSafetensors(bytes);
        expect([...read.tensors]).toEqual([...file.tensors]);
        expect(Object.entries(read.metadata).sort()).toEqual(Object.entries(file.metadata).sort());
        expect(serializeSafetensors(read)).toEqual(bytes);
      }),
    );
  });

  test("reads and writes the reference weights without changing a tensor", () => {
    const file = parseSafetensors(readFixture("reference/router.weights.safetensors"));
    expect(parseSafetensors(serializeSafetensors(file))).toEqual(file);
  });

  test("writes a header padded with spaces to 8 bytes, tensors in order, metadata sorted", () => {
    const tensors = new Map([
      ["b", new HostTensor("U8", [3], Uint8Array.of(1, 2, 3))],
      ["a", HostTensor.fromFloat32([], Float32Array.of(1))],
    ]);
    const bytes = serializeSafetensors({ tensors, metadata: { z: "1", a: "2" } });
    const header = readHeader(bytes);
    expect(header.length % 8).toBe(0);
    expect(header.trimEnd()).toBe(
      `{"__metadata__":{"a":"2","z":"1"},"b":${entry("U8", "[3]", 0, 3)},"a":${entry("F32", "[]", 3, 7)}}`,
    );
    expect([...bytes.subarray(-7)]).toEqual([1, 2, 3, 0, 0, 128, 63]);
    expect(serializeSafetensors({ tensors, metadata: { a: "2", z: "1" } })).toEqual(bytes);
  });

  test("leaves metadata out if there is none", () => {
    expect(readHeader(serializeSafetensors({ tensors: new Map(), metadata: {} }))).toBe("{}      ");
  });

  test.each<[string, () => TensorFile, string]>([
    ["the name that metadata has", () => oneTensor("__metadata__"), "cannot be named __metadata__"],
    ["a name without a UTF-8 form", () => oneTensor("\ud800"), '"\\ud800" has no form in UTF-8'],
    [
      "a note without a UTF-8 form",
      () => ({ ...oneTensor("a"), metadata: { a: "\udfff" } }),
      "no form in UTF-8",
    ],
    [
      "a note that is no string",
      () => ({ ...oneTensor("a"), metadata: { a: 1 as unknown as string } }),
      "1 has no form",
    ],
    ["a header over 1 MiB", () => oneTensor("x".repeat(1 << 20)), "at most 1048576 can be read back"],
  ])("refuses %s", (_, make, message) => {
    expect(() => serializeSafetensors(make())).toThrow(
      expect.objectContaining({ code: "InvalidArgument", message: expect.stringContaining(message) }),
    );
  });

  test("says so when there is no room for the file", () => {
    const huge = new HostTensor("U8", [0], new Uint8Array(0));
    Object.defineProperty(huge, "bytes", { value: { byteLength: 2 ** 52 } });
    expect(() => serializeSafetensors({ tensors: new Map([["a", huge]]), metadata: {} })).toThrow(
      expect.objectContaining({ code: "OutOfMemory" }),
    );
  });
});

function oneTensor(name: string): TensorFile {
  return { tensors: new Map([[name, new HostTensor("U8", [1], Uint8Array.of(1))]]), metadata: {} };
}

test("64-bit integers become 32-bit ones, and are refused if they do not fit", () => {
  const file = (value: bigint): Uint8Array =>
    concat(
      makeFile(`{"alpha":${entry("I64", "[1]", 0, 8)}}`),
      new Uint8Array(BigInt64Array.of(value).buffer),
    );
  for (const value of [0n, 16n, -(2n ** 31n)]) {
    const alpha = parseSafetensors(file(value)).tensors.get("alpha")!;
    expect([alpha.dtype, alpha.toFloat32()[0]]).toEqual(["I32", Number(value)]);
  }
  expect(() => parseSafetensors(file(2n ** 31n))).toThrow(/does not fit I32/);
});

import { createHash } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import {
  HostTensor,
  parseSafetensors,
  readTensorFile,
  sha256Hex,
  tensorBytesSha256,
} from "../../src/sdk/weights/index.js";
import { readFixture } from "./fixture.js";

function tensor(...bytes: number[]): HostTensor {
  return new HostTensor("U8", [bytes.length], Uint8Array.from(bytes));
}

describe("sha256Hex", () => {
  test("agrees with FIPS 180-4's example and with OpenSSL", () => {
    expect(sha256Hex(new TextEncoder().encode("abc"))).toBe(
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
    const file = readFixture("reference/stage1.io.safetensors");
    expect(sha256Hex(file)).toBe(createHash("sha256").update(file).digest("hex"));
  });
});

describe("tensorBytesSha256", () => {
  test("hashes the bytes of the tensors in the order of their names", () => {
    const names = ["b", "a", "aa", "\u{1f600}", "\ue000", "B"];
    const tensors = new Map(names.map((name, i) => [name, tensor(i, 100 + i)]));
    const sorted = [5, 1, 2, 0, 4, 3]; // B a aa b U+E000 U+1F600, as Python sorts them
    const expected = sha256Hex(Uint8Array.from(sorted.flatMap((i) => [i, 100 + i])));
    expect(tensorBytesSha256({ tensors, metadata: {} })).toBe(expected);
    expect(tensorBytesSha256({ tensors: new Map([...tensors].reverse()), metadata: { a: "b" } })).toBe(
      expected,
    );
  });

  test("is the same for both containers of the same weights", () => {
    const identity = tensorBytesSha256(parseSafetensors(readFixture("reference/stage2.weights.safetensors")));
    expect(tensorBytesSha256(readTensorFile(readFixture("reference/stage2.weights.pth")))).toBe(identity);
  });
});

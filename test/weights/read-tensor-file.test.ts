import { describe, expect, test } from "@jest/globals";
import { HostTensor, readTensorFile, serializeSafetensors } from "../../src/sdk/weights/index.js";
import { readFixture } from "./fixture.js";

describe("readTensorFile", () => {
  test.each(["reference/router.weights.pth", "reference/router.weights.safetensors"])(
    "recognises %s",
    (path) => {
      expect(readTensorFile(readFixture(path)).tensors.get("cls_head.bias")?.shape).toEqual([4]);
    },
  );

  test("takes a safetensors file for one, even if its header length looks like a pickle", () => {
    // A header of 0x0280 bytes starts the file with 80 02, which is how pickles of protocol 2 start.
    const note = "x".repeat(
      0x280 - `{"__metadata__":{"n":""},"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`.length,
    );
    const tensors = new Map([["t", new HostTensor("U8", [1], Uint8Array.of(7))]]);
    const bytes = serializeSafetensors({ tensors, metadata: { n: note } });
    expect([...bytes.subarray(0, 2)]).toEqual([0x80, 0x02]);
    expect(readTensorFile(bytes).tensors.get("t")?.bytes).toEqual(Uint8Array.of(7));
  });

  test("says how to re-save a checkpoint of the legacy format", () => {
    expect(() => readTensorFile(readFixture("checkpoints/legacy.pth"))).toThrow(
      expect.objectContaining({
        code: "InvalidTensorFile",
        message: expect.stringContaining("torch.save(torch.load(path, weights_only=True), path)"),
      }),
    );
  });

  test.each([
    ["nothing", "", "it is empty"],
    [
      "a pointer to a large file",
      "version https://git-lfs.github.com/spec/v1",
      'its 42 bytes start with "version https://"',
    ],
    ["bytes", "\u0000\u0001", "its 2 bytes start with 00 01"],
  ])("says what it found instead: %s", (_, text, message) => {
    expect(() => readTensorFile(new TextEncoder().encode(text))).toThrow(
      expect.objectContaining({ code: "InvalidTensorFile", message: expect.stringContaining(message) }),
    );
  });
});

import { describe, expect, test } from "@jest/globals";
import { HostTensor, type TensorType } from "../../src/sdk/weights/index.js";

describe("HostTensor", () => {
  test("knows its size, of scalars and empty tensors too", () => {
    expect(new HostTensor("F16", [2, 3], new Uint8Array(12)).size).toBe(6);
    expect(new HostTensor("I32", [], new Uint8Array(4)).size).toBe(1);
    expect(new HostTensor("U8", [4, 0], new Uint8Array(0)).size).toBe(0);
  });

  test("copies and freezes its shape", () => {
    const shape = [2];
    const tensor = new HostTensor("U8", shape, new Uint8Array(2));
    shape[0] = 3;
    expect(tensor.shape).toEqual([2]);
    expect(Object.isFrozen(tensor.shape)).toBe(true);
  });

  test.each<[TensorType, number[], number[]]>([
    ["F32", [0, 0, 192, 63, 0, 0, 0, 192], [1.5, -2]],
    ["F16", [0, 62, 0, 192], [1.5, -2]],
    ["BF16", [192, 63, 0, 192], [1.5, -2]],
    ["I32", [255, 255, 255, 255, 0, 1, 0, 0], [-1, 256]],
    ["U8", [0, 255], [0, 255]],
  ])("reads %s as floats at any alignment", (dtype, bytes, values) => {
    for (const offset of [0, 1, 2, 4]) {
      const buffer = new Uint8Array(16);
      buffer.set(bytes, offset);
      const tensor = new HostTensor(dtype, [2], buffer.subarray(offset, offset + bytes.length));
      expect([...tensor.toFloat32()]).toEqual(values);
    }
  });

  test("gives a view of aligned F32, not a copy", () => {
    const bytes = new Uint8Array(16);
    const floats = new HostTensor("F32", [2], bytes.subarray(4, 12)).toFloat32();
    expect(floats.buffer).toBe(bytes.buffer);
    expect(floats.byteOffset).toBe(4);
  });

  test("stores floats as any float type, on a buffer of its own", () => {
    const values = Float32Array.of(1, 2.0009765625, -70000);
    const full = HostTensor.fromFloat32([3], values);
    values[0] = 9;
    expect([...full.toFloat32()]).toEqual([1, 2.0009765625, -70000]);
    values[0] = 1;
    expect([...HostTensor.fromFloat32([3], values, "F16").toFloat32()]).toEqual([1, 2, -Infinity]);
    expect([...HostTensor.fromFloat32([3, 1], values, "BF16").toFloat32()]).toEqual([1, 2, -70144]);
  });

  test.each([
    ["an unknown type", () => new HostTensor("F64" as TensorType, [1], new Uint8Array(8)), "F64"],
    ["a negative length", () => new HostTensor("U8", [-1], new Uint8Array(1)), "[-1]"],
    ["a broken length", () => new HostTensor("U8", [1.5], new Uint8Array(1)), "[1.5]"],
    [
      "a size beyond 2^53",
      () => new HostTensor("U8", [2 ** 40, 2 ** 40, 0], new Uint8Array(0)),
      "1099511627776",
    ],
    ["missing bytes", () => new HostTensor("F32", [2, 2], new Uint8Array(15)), "takes 16 bytes, not 15"],
    ["missing values", () => HostTensor.fromFloat32([3], new Float32Array(2)), "takes 12 bytes, not 8"],
  ])("refuses %s", (_, make, message) => {
    expect(make).toThrow(
      expect.objectContaining({ code: "InvalidArgument", message: expect.stringContaining(message) }),
    );
  });
});

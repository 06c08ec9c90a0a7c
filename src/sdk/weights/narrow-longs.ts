import { LimpidError } from "../base/index.js";
import { allocateBytes } from "./allocate.js";
import { alignedTo } from "./host-tensor.js";

/**
 * Stores 64-bit integers in 32 bits.
 *
 * @param packed - the integers, little-endian, at any alignment
 * @returns bytes of their own
 * @throws {@link LimpidError} `InvalidTensorFile` if one does not fit
 */
export function narrowLongs(name: string, packed: Uint8Array): Uint8Array {
  const aligned = alignedTo(packed, 8);
  const longs = new BigInt64Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 8);
  const bytes = allocateBytes(longs.length * 4, `tensor ${name}`);
  const integers = new Int32Array(bytes.buffer);
  for (let i = 0; i < longs.length; i++) {
    integers[i] = Number(longs[i]);
    if (BigInt(integers[i]!) !== longs[i]) {
      throw new LimpidError(
        "InvalidTensorFile",
        `tensor ${name}: element ${i} is ${longs[i]}, which does not fit I32`,
      );
    }
  }
  return bytes;
}

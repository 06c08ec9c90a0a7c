import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { TensorFile } from "./tensor-file.js";

/**
 * SHA-256 (FIPS 180-4), without WebCrypto, which pages from `http:` and `file:` lack.
 *
 * @param bytes - what to hash
 * @returns 64 lower-case hexadecimal digits
 */
export function sha256Hex(bytes: Uint8Array): string {
  return bytesToHex(sha256(bytes));
}

/**
 * What identifies a set of weights whatever container they came in: the SHA-256 of the bytes of all tensors,
 * one after the other, in the order of their names by code point (Python's `sorted`). Names, shapes and
 * metadata are not hashed.
 *
 * @param file - the tensors; only read
 * @returns 64 lower-case hexadecimal digits
 *
 * @example
 * ```ts
 * const fits = tensorBytesSha256(base) === expert.metadata["limpid.base.sha256"];
 * ```
 */
export function tensorBytesSha256(file: TensorFile): string {
  const hash = sha256.create();
  for (const [, tensor] of [...file.tensors].sort(([a], [b]) => compareByCodePoint(a, b))) {
    hash.update(tensor.bytes);
  }
  return bytesToHex(hash.digest());
}

/** Orders as UTF-8 and Python do; `<` on strings puts U+10000 and above before U+E000. */
function compareByCodePoint(a: string, b: string): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    if (a[i] !== b[i]) {
      return a.codePointAt(i)! - b.codePointAt(i)!;
    }
  }
  return a.length - b.length;
}

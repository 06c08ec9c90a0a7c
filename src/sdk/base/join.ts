import { throwIfAborted } from "./abort.js";

/** Puts bytes behind each other, into an array of their own. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  return join(parts, new Uint8Array(lengthOf(parts)));
}

/** Puts numbers behind each other, into an array of their own. */
export function joinFloats(parts: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  return join(parts, new Float32Array(lengthOf(parts)));
}

/**
 * Reads bytes that come in parts, but no more than a limit.
 *
 * @param tooMany - makes the error for more
 * @param signal - gives up when it fires
 */
export async function readAtMost(
  limit: number,
  parts: AsyncIterable<Uint8Array>,
  tooMany: () => Error,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const read: Uint8Array[] = [];
  let length = 0;
  for await (const part of parts) {
    throwIfAborted(signal);
    length += part.byteLength;
    if (length > limit) throw tooMany();
    read.push(part);
  }
  return joinBytes(read);
}

function lengthOf(parts: readonly ArrayLike<number>[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

function join<T extends Uint8Array | Float32Array>(parts: readonly ArrayLike<number>[], whole: T): T {
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Puts bytes behind each other, into an array of their own. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  return join(parts, new Uint8Array(lengthOf(parts)));
}

/** Puts numbers behind each other, into an array of their own. */
export function joinFloats(parts: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  return join(parts, new Float32Array(lengthOf(parts)));
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

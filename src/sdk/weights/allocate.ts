import { LimpidError } from "../base/index.js";

/**
 * Allocates zeroed bytes, and says what for if the runtime has no room.
 *
 * @param byteLength - how many
 * @param purpose - what they are for, for the error's message
 * @returns the bytes, on a buffer of their own
 * @throws {@link LimpidError} `OutOfMemory` if the runtime cannot allocate them
 */
export function allocateBytes(byteLength: number, purpose: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(byteLength);
  } catch (cause) {
    throw new LimpidError("OutOfMemory", `cannot allocate ${byteLength} bytes for ${purpose}`, {
      cause,
      details: { byteLength },
    });
  }
}

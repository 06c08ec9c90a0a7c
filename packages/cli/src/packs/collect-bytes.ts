import { LimpidError } from "limpid";

/**
 * Collects what comes in parts.
 *
 * @param parts - such as the body of an answer
 * @param maximumBytes - most bytes that may come
 * @param name - what errors call it
 * @returns bytes of their own
 * @throws {@link LimpidError} `PackTooLarge` if more comes; what the parts throw
 */
export async function collectBytes(
  parts: AsyncIterable<Uint8Array>,
  maximumBytes: number,
  name: string,
): Promise<Uint8Array> {
  const collected: Uint8Array[] = [];
  let length = 0;
  for await (const part of parts) {
    length += part.byteLength;
    if (length > maximumBytes) {
      throw new LimpidError("PackTooLarge", `${name} has more bytes than are read of one pack`, {
        details: { name, limit: maximumBytes },
      });
    }
    collected.push(part);
  }
  return Uint8Array.from(Buffer.concat(collected));
}

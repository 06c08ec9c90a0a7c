import { joinBytes } from "../base/index.js";

/** What came out of a compressed stream. */
export interface InflatedBytes {
  /** The bytes, `limit` of them at most. */
  readonly bytes: Uint8Array;
  /** Whether the stream ended early, is damaged behind them, or is not what its checksum says. */
  readonly isDamaged: boolean;
}

/**
 * Decompresses a zlib stream with the runtime's own decoder, off this thread where it has one, and stops at a limit, so that
 * a small file cannot become a large allocation.
 *
 * @param parts - the compressed bytes, in order
 * @param limit - most bytes to make
 * @param isExact - whether to make a buffer of `limit` bytes at once, as they are all expected
 * @throws RangeError if there is no memory for that buffer
 */
export async function inflate(
  parts: readonly Uint8Array[],
  limit: number,
  isExact: boolean,
): Promise<InflatedBytes> {
  const stream = new DecompressionStream("deflate");
  // A failure of the stream is seen by the reader.
  void feed(stream.writable.getWriter(), portionsOf(parts)).catch(() => undefined);
  const reader = stream.readable.getReader();
  let bytes = new Uint8Array(isExact ? limit : Math.min(limit, 4096));
  let length = 0;
  let isDamaged = false;
  try {
    // To the stream's end, where its checksum is compared; unless it goes on beyond the limit.
    for (;;) {
      const { done, value } = await reader.read();
      if (done || length === limit) break;
      const wanted = value.subarray(0, limit - length);
      if (length + wanted.length > bytes.length) bytes = grown(bytes, length + wanted.length);
      bytes.set(wanted, length);
      length += wanted.length;
    }
  } catch {
    isDamaged = true;
  }
  await reader.cancel().catch(() => undefined);
  return { bytes: bytes.subarray(0, length), isDamaged };
}

/** Each write has its price, so parts are joined to portions of about so many bytes. */
const portionLength = 2 ** 16;

/** The same bytes in portions that are not small: a file may be cut into hundreds of thousands of parts, empty ones among them. */
function* portionsOf(parts: readonly Uint8Array[]): Generator<Uint8Array> {
  let portion: Uint8Array[] = [];
  let length = 0;
  for (const part of parts) {
    if (part.length === 0) continue;
    portion.push(part);
    length += part.length;
    if (length < portionLength) continue;
    yield joined(portion);
    portion = [];
    length = 0;
  }
  if (length > 0) yield joined(portion);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? parts[0]! : joinBytes(parts);
}

function grown(bytes: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(length, bytes.length * 2));
  larger.set(bytes);
  return larger;
}

/**
 * Compresses to a zlib stream with the runtime's own encoder.
 *
 * @param parts - what to compress; asked for one part after the other
 */
export async function deflate(parts: Iterable<Uint8Array>): Promise<Uint8Array> {
  const stream = new CompressionStream("deflate");
  const [, buffer] = await Promise.all([
    feed(stream.writable.getWriter(), parts),
    new Response(stream.readable).arrayBuffer(),
  ]);
  return new Uint8Array(buffer);
}

async function feed(
  writer: WritableStreamDefaultWriter<BufferSource>,
  parts: Iterable<Uint8Array>,
): Promise<void> {
  for (const part of parts) {
    await writer.ready;
    // The streams take views of plain buffers only; these are never shared ones.
    await writer.write(part as Uint8Array<ArrayBuffer>);
  }
  await writer.close();
}

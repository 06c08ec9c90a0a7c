/** A message as text, and the bytes that the text names by their number. */
export interface WireText {
  /** JSON. What JSON has not is an object with the key `$`. */
  readonly text: string;
  /** The bytes of typed arrays. */
  readonly buffers: ArrayBuffer[];
}

type Bytes = Uint8Array | Uint8ClampedArray | Uint16Array | Float32Array;

const arrayTypes = { Uint8Array, Uint8ClampedArray, Uint16Array, Float32Array } as const;

/** How deep a message nests; the bridge allows less. */
const maximumDepth = 32;
/** How many values a message has; the bridge allows fewer. */
const maximumValues = 25_000;

/** Writes a message that has passed the bridge's check: the way between the extension's engine and the worker around it. */
export function encodeMessage(message: unknown): WireText {
  const buffers: ArrayBuffer[] = [];
  const encode = (value: unknown): unknown => {
    if (value === undefined) return { $: "undefined" };
    if (typeof value !== "object" || value === null) return value;
    if (ArrayBuffer.isView(value)) {
      const { buffer, byteOffset, byteLength } = value;
      buffers.push(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer);
      return {
        $: "bytes",
        type: Object.prototype.toString.call(value).slice(8, -1),
        index: buffers.length - 1,
      };
    }
    if (Array.isArray(value)) return value.map(encode);
    const entries = Object.entries(value).map(([key, member]) => [key, encode(member)] as const);
    return Object.hasOwn(value, "$") ? { $: "object", entries } : Object.fromEntries(entries);
  };
  return { text: JSON.stringify(encode(message)), buffers };
}

/**
 * Reads a message that {@link encodeMessage} wrote, or somebody who only says so.
 *
 * @param wire - text and bytes
 * @throws Error if it is no such message, or too large
 */
export function decodeMessage({ text, buffers }: WireText): unknown {
  let values = 0;
  const decode = (value: unknown, depth: number): unknown => {
    if (++values > maximumValues || depth > maximumDepth) throw new Error("a message is too large");
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) {
      if (value.length > maximumValues) throw new Error("a message is too large");
      return value.map((member) => decode(member, depth + 1));
    }
    const { $: kind, type, index, entries } = value as Readonly<Record<string, unknown>>;
    if (!Object.hasOwn(value, "$")) return decodeEntries(Object.entries(value), depth);
    if (kind === "undefined") return undefined;
    if (kind === "bytes") return bytesOf(type, buffers[index as number]);
    if (kind === "object" && Array.isArray(entries))
      return decodeEntries(entries as [string, unknown][], depth);
    throw new Error("a message is malformed");
  };
  const decodeEntries = (entries: readonly (readonly [string, unknown])[], depth: number): object =>
    Object.fromEntries(entries.map(([key, member]) => [key, decode(member, depth + 1)]));
  return decode(JSON.parse(text), 0);
}

function bytesOf(type: unknown, buffer: ArrayBuffer | undefined): Bytes {
  if (typeof type !== "string" || !Object.hasOwn(arrayTypes, type) || buffer === undefined) {
    throw new Error("a message is malformed");
  }
  return new arrayTypes[type as keyof typeof arrayTypes](buffer);
}

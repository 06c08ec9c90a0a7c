import { LimpidError } from "../base/index.js";
import { allocateBytes } from "./allocate.js";
import { isWellFormed, parseHeaderObject, type HeaderObject, type HeaderValue } from "./header-json.js";
import { HostTensor } from "./host-tensor.js";
import { narrowLongs } from "./narrow-longs.js";
import { countElements, isLength } from "./shape.js";
import { noMetadata, type TensorFile } from "./tensor-file.js";
import { bytesPerElement, isTensorType, tensorTypes, type TensorType } from "./tensor-type.js";
import { fail, quote } from "./invalid-file.js";

/** The longest header that is read or written, in bytes; a thousand tensors take about a tenth of it. */
const maximumHeaderBytes = 1 << 20;

const metadataKey = "__metadata__";
const lengthBytes = 8;
const space = 0x20;

/** What the header says of one tensor, checked on its own. */
interface TensorEntry {
  readonly name: string;
  readonly dtype: TensorType | "I64";
  readonly shape: readonly number[];
  /** First byte within the data section. */
  readonly begin: number;
  /** The byte after the last. */
  readonly end: number;
}

/**
 * Reads a safetensors file: eight bytes of header length, a JSON header, the data
 * (https://huggingface.co/docs/safetensors). Stricter than most readers, because the bytes may come from
 * anywhere: the header is capped at 1 MiB, no key may occur twice, every range must fit its shape and type, and
 * the ranges must cover the data section without overlaps or holes. 64-bit integers become 32-bit ones.
 *
 * @param bytes - the whole file; the tensors are views onto it, so it must not be written to afterwards
 * @returns tensors in the order of the header, and the `__metadata__`
 * @throws {@link LimpidError} `InvalidTensorFile` with the tensor's name and the numbers that contradict
 */
export function parseSafetensors(bytes: Uint8Array): TensorFile {
  const headerBytes = sliceHeader(bytes);
  const data = bytes.subarray(lengthBytes + headerBytes.byteLength);
  const header = parseHeaderObject(decodeHeader(headerBytes));

  let metadata = noMetadata;
  const entries: TensorEntry[] = [];
  for (const [name, value] of header) {
    if (name === metadataKey) {
      metadata = readMetadata(value);
    } else {
      entries.push(readEntry(name, value));
    }
  }
  checkCoverage(entries, data.byteLength);

  const tensors = new Map<string, HostTensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    const bytes = data.subarray(begin, end);
    tensors.set(
      name,
      dtype === "I64"
        ? new HostTensor("I32", shape, narrowLongs(quote(name), bytes))
        : new HostTensor(dtype, shape, bytes),
    );
  }
  return { tensors, metadata };
}

/**
 * Writes a safetensors file. The same content gives the same bytes: tensors stand in the order of the map,
 * metadata sorted by key, and spaces fill the header up so that the data starts at a multiple of 8 bytes.
 *
 * @param file - what to write; only read
 * @returns the file, on a buffer of its own
 * @throws {@link LimpidError} `InvalidArgument` if a name or a note cannot be written, or the header would pass
 *   1 MiB; `OutOfMemory` if the runtime has no room for the file
 *
 * @example
 * ```ts
 * const weight = HostTensor.fromFloat32([2, 2], Float32Array.of(1, 0, 0, 1), "F16");
 * const bytes = serializeSafetensors({ tensors: new Map([["weight", weight]]), metadata: { format: "pt" } });
 * ```
 */
export function serializeSafetensors(file: TensorFile): Uint8Array {
  const header = encodeHeader(file);
  let byteLength = lengthBytes + header.byteLength;
  for (const tensor of file.tensors.values()) {
    byteLength += tensor.bytes.byteLength;
  }
  const bytes = allocateBytes(byteLength, "a safetensors file");
  new DataView(bytes.buffer).setUint32(0, header.byteLength, true);
  bytes.set(header, lengthBytes);
  let offset = lengthBytes + header.byteLength;
  for (const tensor of file.tensors.values()) {
    bytes.set(tensor.bytes, offset);
    offset += tensor.bytes.byteLength;
  }
  return bytes;
}

function sliceHeader(bytes: Uint8Array): Uint8Array {
  if (bytes.byteLength < lengthBytes) {
    fail(
      `a safetensors file starts with ${lengthBytes} bytes of header length; this one ends after ${bytes.byteLength}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, lengthBytes);
  const length = view.getUint32(4, true) * 2 ** 32 + view.getUint32(0, true);
  if (length > maximumHeaderBytes) {
    fail(`the safetensors header claims ${length} bytes; at most ${maximumHeaderBytes} are read`);
  }
  if (lengthBytes + length > bytes.byteLength) {
    fail(
      `the safetensors file is truncated: its header claims ${length} bytes, ` +
        `but only ${bytes.byteLength - lengthBytes} follow`,
    );
  }
  return bytes.subarray(lengthBytes, lengthBytes + length);
}

function decodeHeader(header: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(header);
  } catch (cause) {
    throw new LimpidError("InvalidTensorFile", "the safetensors header is not valid UTF-8", { cause });
  }
}

function readMetadata(value: HeaderValue): Readonly<Record<string, string>> {
  if (!isObject(value)) {
    fail(`${metadataKey} is not an object`);
  }
  const metadata = Object.create(null) as Record<string, string>;
  for (const [key, note] of value) {
    if (typeof note !== "string") {
      fail(`${metadataKey} holds something else than a string under ${quote(key)}`);
    }
    metadata[key] = note;
  }
  return Object.freeze(metadata);
}

function readEntry(name: string, value: HeaderValue): TensorEntry {
  if (!isObject(value)) {
    fail(`tensor ${quote(name)} is not described by an object`);
  }
  for (const key of value.keys()) {
    if (key !== "dtype" && key !== "shape" && key !== "data_offsets") {
      fail(`tensor ${quote(name)} has the unknown field ${quote(key)}`);
    }
  }
  const dtype = value.get("dtype");
  if (!isTensorType(dtype) && dtype !== "I64") {
    const found = typeof dtype === "string" ? quote(dtype) : "missing or not a string";
    fail(`tensor ${quote(name)}: dtype is ${found}; ${tensorTypes.join(", ")} and I64 are read`);
  }
  const shape = value.get("shape");
  const size = isArray(shape) ? countElements(shape) : undefined;
  if (!isArray(shape) || size === undefined) {
    fail(`tensor ${quote(name)}: shape ${show(shape)} is not a list of lengths whose product is below 2^53`);
  }
  const offsets = value.get("data_offsets");
  if (!isArray(offsets) || offsets.length !== 2 || !offsets.every(isLength)) {
    fail(`tensor ${quote(name)}: data_offsets ${show(offsets)} is not a pair of byte offsets`);
  }
  const [begin, end] = offsets as readonly [number, number];
  const expected = size * (dtype === "I64" ? 8 : bytesPerElement(dtype));
  if (end - begin !== expected) {
    fail(
      `tensor ${quote(name)}: ${dtype} of shape ${show(shape)} takes ${expected} bytes, ` +
        `but its range [${begin}, ${end}] has ${end - begin}`,
    );
  }
  return { name, dtype, shape: shape as readonly number[], begin, end };
}

/** The ranges, put in order, must touch from the first byte of the data section to its last. */
function checkCoverage(entries: readonly TensorEntry[], dataLength: number): void {
  const ordered = [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  let previous = "";
  for (const { name, begin, end } of ordered) {
    if (end > dataLength) {
      fail(`tensor ${quote(name)} ends at byte ${end}, but the data section has only ${dataLength} bytes`);
    }
    if (begin < covered) {
      fail(
        `tensor ${quote(name)} begins at byte ${begin}, within ${quote(previous)}, which ends at ${covered}`,
      );
    }
    if (begin > covered) {
      fail(`bytes ${covered} to ${begin} belong to no tensor; ${quote(name)} comes after them`);
    }
    covered = end;
    previous = name;
  }
  if (covered !== dataLength) {
    fail(`bytes ${covered} to ${dataLength} at the end belong to no tensor`);
  }
}

function encodeHeader(file: TensorFile): Uint8Array {
  const members: string[] = [];
  const notes = Object.keys(file.metadata).sort();
  if (notes.length > 0) {
    const pairs = notes.map((key) => `${writeString(key)}:${writeString(file.metadata[key])}`);
    members.push(`${quote(metadataKey)}:{${pairs.join(",")}}`);
  }
  let offset = 0;
  for (const [name, { dtype, shape, bytes }] of file.tensors) {
    if (name === metadataKey) {
      throw new LimpidError("InvalidArgument", `a tensor cannot be named ${metadataKey}`);
    }
    const end = offset + bytes.byteLength;
    members.push(
      `${writeString(name)}:{"dtype":"${dtype}","shape":[${shape.join(",")}],"data_offsets":[${offset},${end}]}`,
    );
    offset = end;
  }
  const text = new TextEncoder().encode(`{${members.join(",")}}`);
  const length = Math.ceil(text.byteLength / 8) * 8;
  if (length > maximumHeaderBytes) {
    throw new LimpidError(
      "InvalidArgument",
      `${file.tensors.size} tensors need a header of ${length} bytes; at most ${maximumHeaderBytes} can be read back`,
    );
  }
  const header = new Uint8Array(length).fill(space);
  header.set(text);
  return header;
}

function writeString(text: unknown): string {
  if (typeof text !== "string" || !isWellFormed(text)) {
    throw new LimpidError("InvalidArgument", `${JSON.stringify(text)} has no form in UTF-8`);
  }
  return JSON.stringify(text);
}

function isObject(value: HeaderValue | undefined): value is HeaderObject {
  return value instanceof Map;
}

function isArray(value: HeaderValue | undefined): value is readonly HeaderValue[] {
  return Array.isArray(value);
}

/** A header value for a message: lists in full while they are short. */
function show(value: HeaderValue | undefined): string {
  if (value === undefined) {
    return "(missing)";
  }
  if (!isArray(value)) {
    return isObject(value) ? "{...}" : quote(String(value));
  }
  const items = value
    .slice(0, 8)
    .map((item) => (Array.isArray(item) ? "[...]" : show(item).replaceAll('"', "")));
  return `[${items.join(", ")}${value.length > 8 ? ", ..." : ""}]`;
}

import { zipSync, type Zippable } from "fflate";

/** Joins pieces of a file. */
export function concat(...pieces: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}

/** The opcodes of a pickle, each as its bytes. */
export const pickle = {
  proto: [0x80, 2],
  mark: [0x28],
  emptyDict: [0x7d],
  emptyList: [0x5d],
  emptyTuple: [0x29],
  tuple: [0x74],
  tuple1: [0x85],
  append: [0x61],
  setItem: [0x73],
  setItems: [0x75],
  reduce: [0x52],
  build: [0x62],
  persistentId: [0x51],
  newFalse: [0x89],
  none: [0x4e],
  stop: [0x2e],
  put: (index: number) => [0x71, index],
  get: (index: number) => [0x68, index],
  int: (value: number) => [0x4a, value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255],
  long: (value: bigint) => {
    const bytes = Array.from({ length: 10 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
    return [0x8a, bytes.length, ...bytes];
  },
  text: (value: string) => {
    const bytes = new TextEncoder().encode(value);
    return concat([0x58, bytes.length & 255, bytes.length >> 8, 0, 0], bytes);
  },
  global: (module: string, name: string) => new TextEncoder().encode(`c${module}\n${name}\n`),
} as const;

/** How a tensor stands in the pickle. */
export interface TensorSpecification {
  readonly type?: string;
  readonly key?: string;
  readonly count: number;
  readonly offset?: number;
  readonly shape: readonly (number | bigint)[];
  readonly strides: readonly (number | bigint)[];
}

/** The pickle of one tensor, as torch.save writes it. */
export function pickleTensor(tensor: TensorSpecification): Uint8Array {
  const integer = (value: number | bigint) =>
    typeof value === "bigint" ? pickle.long(value) : pickle.int(value);
  return concat(
    pickle.global("torch._utils", "_rebuild_tensor_v2"),
    pickle.mark,
    pickle.mark,
    pickle.text("storage"),
    pickle.global("torch", tensor.type ?? "FloatStorage"),
    pickle.text(tensor.key ?? "0"),
    pickle.text("cpu"),
    pickle.int(tensor.count),
    pickle.tuple,
    pickle.persistentId,
    pickle.int(tensor.offset ?? 0),
    ...[tensor.shape, tensor.strides].flatMap((list) => [pickle.mark, ...list.map(integer), pickle.tuple]),
    pickle.newFalse,
    pickle.global("collections", "OrderedDict"),
    pickle.emptyTuple,
    pickle.reduce,
    pickle.tuple,
    pickle.reduce,
  );
}

/** The pickle of a dictionary. */
export function pickleDictionary(entries: Record<string, Uint8Array | readonly number[]>): Uint8Array {
  const items = Object.entries(entries).flatMap(([key, value]) => [pickle.text(key), value]);
  return concat(pickle.emptyDict, pickle.mark, ...items, pickle.setItems);
}

/** A checkpoint around one value's pickle. */
export function makeCheckpoint(
  value: Uint8Array | readonly number[],
  records: Record<string, Uint8Array> = {},
  options: { level?: 0 | 9 } = {},
): Uint8Array {
  const files: Zippable = { "archive/data.pkl": concat(pickle.proto, value, pickle.stop) };
  for (const [name, content] of Object.entries(records)) {
    files[`archive/${name}`] = content;
  }
  return zipSync(files, { level: options.level ?? 0 });
}

/** A copy of an archive with the claims of one entry overwritten in the central directory. */
export function forgeEntry(
  archive: Uint8Array,
  name: string,
  claims: {
    size?: number;
    storedSize?: number;
    offset?: number;
    method?: number;
    flags?: number;
    checksum?: number;
  },
): Uint8Array {
  const forged = archive.slice();
  const view = new DataView(forged.buffer);
  const at = findEntry(archive, name);
  const write32 = (offset: number, value: number | undefined) => {
    if (value !== undefined) view.setUint32(at + offset, value, true);
  };
  const write16 = (offset: number, value: number | undefined) => {
    if (value !== undefined) view.setUint16(at + offset, value, true);
  };
  write16(8, claims.flags);
  write16(10, claims.method);
  write32(16, claims.checksum);
  write32(20, claims.storedSize);
  write32(24, claims.size);
  write32(42, claims.offset);
  return forged;
}

/** Where an entry's record in the central directory starts. */
function findEntry(archive: Uint8Array, name: string): number {
  const view = new DataView(archive.buffer, archive.byteOffset);
  const target = new TextEncoder().encode(name);
  for (let at = 0; at + 46 + target.length <= archive.length; at++) {
    if (view.getUint32(at, true) === 0x02014b50 && target.every((byte, i) => archive[at + 46 + i] === byte)) {
      return at;
    }
  }
  throw new Error(`no entry ${name}`);
}

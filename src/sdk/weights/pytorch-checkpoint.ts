import { latin1 } from "../base/index.js";
import { allocateBytes } from "./allocate.js";
import { alignedTo, HostTensor } from "./host-tensor.js";
import { narrowLongs } from "./narrow-longs.js";
import { showKey, type PickleStorage, type PickleTensor } from "./pickle-value.js";
import { countElements } from "./shape.js";
import { findStateDictionary } from "./state-dictionary.js";
import { copyStrided, isContiguous, stridedEnd, type ElementArray } from "./strided-copy.js";
import { noMetadata, type TensorFile } from "./tensor-file.js";
import { bytesPerElement } from "./tensor-type.js";
import { maximumPickleBytes, unpickle } from "./unpickler.js";
import { isZipArchive, ZipArchive, type ZipEntry } from "./zip-archive.js";
import { fail } from "./invalid-file.js";

/** How to read a checkpoint that holds more than one state dictionary. */
export interface CheckpointOptions {
  /**
   * The entry of the checkpoint to read, such as `"params_ema"`. Without it the entry is found by the rule of
   * {@link parsePyTorchCheckpoint}.
   */
  readonly key?: string;
}

/** Tensors that share storages may take twice the bytes that the storages have, and this much besides. */
const sharingAllowance = 16 * 2 ** 20;

/**
 * Reads what `torch.save` writes: a ZIP archive with a pickle and one record per storage. The pickle is read
 * by an interpreter that knows tensors, dictionaries, lists, numbers and strings, and refuses anything else by
 * name; nothing is ever executed.
 *
 * Which tensors: a dictionary with tensors of its own is the state dictionary. Otherwise the one of its entries
 * that holds tensors is looked into, in the same way; if several do, the one under `params_ema`, `params`,
 * `state_dict`, `model_state_dict` or `model`, and `params_ema` before `params`. Names are those of the state
 * dictionary; keys of dictionaries nested in it are joined by dots, and values that are not tensors left out.
 *
 * As what: `float64` is rounded to `F32`, `int64` is narrowed to `I32`, both refused if a value does not fit.
 * Other types keep their bits; tensors that are not contiguous are made so; a big-endian file is swapped. No
 * tensor may take more than the storages account for: all of them together at most twice the storages'
 * bytes and 16 MiB.
 *
 * @param bytes - the whole file; tensors are views onto it where their type and strides allow, so it must not
 *   be written to afterwards
 * @param options - which entry to read, if there are several
 * @returns the tensors in the order of the state dictionary, and no metadata
 * @throws {@link LimpidError} `InvalidTensorFile` with what is refused or contradicts itself: the global, the
 *   tensor's name, the numbers; `OutOfMemory` if the runtime has no room for a copy that is needed
 *
 * @example
 * ```ts
 * // A published checkpoint to safetensors, keeping the plain weights rather than their average.
 * const checkpoint = parsePyTorchCheckpoint(bytes, { key: "params" });
 * const converted = serializeSafetensors(checkpoint);
 * ```
 */
export function parsePyTorchCheckpoint(bytes: Uint8Array, options: CheckpointOptions = {}): TensorFile {
  if (isLegacyCheckpoint(bytes)) {
    fail(
      "this is a PyTorch file of the format before 1.6, a bare pickle rather than a ZIP archive, which is not read. " +
        "Re-save it with a current PyTorch: torch.save(torch.load(path, weights_only=True), path)",
    );
  }
  if (!isZipArchive(bytes)) {
    fail(`this is not a PyTorch checkpoint: its ${bytes.byteLength} bytes do not start like a ZIP archive`);
  }
  const checkpoint = new CheckpointArchive(bytes);
  const found = findStateDictionary(unpickle(checkpoint.readPickle()), options.key);
  checkpoint.checkAll(found);
  const tensors = new Map<string, HostTensor>();
  for (const [name, tensor] of found) {
    tensors.set(name, checkpoint.build(name, tensor));
  }
  return { tensors, metadata: noMetadata };
}

/**
 * Whether a file starts like a pickle, as PyTorch's files did before version 1.6.
 *
 * @param bytes - the file, or its start
 * @returns true for the PROTO opcode of protocol 1 to 5 with another opcode behind it
 */
export function isLegacyCheckpoint(bytes: Uint8Array): boolean {
  const protocol = bytes[1] ?? 0;
  return bytes[0] === 0x80 && protocol >= 1 && protocol <= 5;
}

/** The records of one checkpoint, and its tensors built from them. */
class CheckpointArchive {
  readonly #archive: ZipArchive;
  /** The folder that all records are in, with its slash. */
  readonly #folder: string;
  readonly #isBigEndian: boolean;
  readonly #contents = new Map<string, Uint8Array>();

  constructor(bytes: Uint8Array) {
    this.#archive = new ZipArchive(bytes);
    this.#folder = this.#findFolder();
    this.#isBigEndian = this.#readByteOrder() === "big";
  }

  readPickle(): Uint8Array {
    const entry = this.#archive.entries.get(`${this.#folder}data.pkl`)!;
    if (entry.size > maximumPickleBytes) {
      fail(`the checkpoint's pickle has ${entry.size} bytes; at most ${maximumPickleBytes} are read`);
    }
    return this.#archive.read(entry);
  }

  /** Checks all tensors against their storages, and their sum, before any of them is allocated. */
  checkAll(tensors: ReadonlyMap<string, PickleTensor>): void {
    const storages = new Map<string, PickleStorage>();
    let total = 0;
    let stored = 0;
    for (const [name, tensor] of tensors) {
      total += this.#check(name, tensor);
      const { storage } = tensor;
      const known = storages.get(storage.key);
      if (!known) {
        storages.set(storage.key, storage);
        stored += storage.count * storage.element.bytes;
      } else if (known.element !== storage.element) {
        fail(
          `tensor ${showKey(name)}: storage ${showKey(storage.key)} holds ${storage.element.name} here, ` +
            `but ${known.element.name} in another tensor`,
        );
      }
    }
    if (total > 2 * stored + sharingAllowance) {
      fail(
        `the checkpoint's ${tensors.size} tensors would take ${total} bytes, but it stores only ${stored}`,
      );
    }
  }

  /** Builds a tensor that {@link CheckpointArchive.checkAll} has seen. */
  build(name: string, tensor: PickleTensor): HostTensor {
    const { storage, shape } = tensor;
    const { dtype } = storage.element;
    if (shape.includes(0)) {
      return new HostTensor(dtype, shape, new Uint8Array(0));
    }
    const packed = this.#pack(name, tensor);
    switch (storage.element.name) {
      case "float64":
        return new HostTensor(dtype, shape, narrowDoubles(name, packed));
      case "int64":
        return new HostTensor(dtype, shape, narrowLongs(showKey(name), packed));
      default:
        return new HostTensor(dtype, shape, packed);
    }
  }

  /** Checks one tensor and returns how many bytes it will take. */
  #check(name: string, { storage, offset, shape, strides }: PickleTensor): number {
    const size = countElements(shape);
    if (size === undefined) {
      fail(`tensor ${showKey(name)}: shape [${shape.join(", ")}] has too many elements`);
    }
    const entry = this.#entry(name, storage);
    const claimed = storage.count * storage.element.bytes;
    if (entry.size !== claimed) {
      fail(
        `tensor ${showKey(name)}: its storage of ${storage.count} ${storage.element.name} takes ${claimed} bytes, ` +
          `but record ${showKey(entry.name)} has ${entry.size}`,
      );
    }
    if (size > 0 && stridedEnd(offset, shape, strides) > storage.count) {
      fail(
        `tensor ${showKey(name)}: shape [${shape.join(", ")}] with strides [${strides.join(", ")}] from element ` +
          `${offset} reaches past its storage of ${storage.count} elements`,
      );
    }
    return size * bytesPerElement(storage.element.dtype);
  }

  #entry(name: string, { key }: PickleStorage): ZipEntry {
    const entry = this.#archive.entries.get(`${this.#folder}data/${key}`);
    if (!entry) {
      fail(`tensor ${showKey(name)}: the checkpoint lacks its record ${showKey(`data/${key}`)}`);
    }
    return entry;
  }

  /** The elements of a tensor as they are stored, densely packed: a view of the storage if it is so already. */
  #pack(name: string, { storage, offset, shape, strides }: PickleTensor): Uint8Array {
    const { element } = storage;
    const content = this.#content(name, storage);
    const size = countElements(shape)!;
    if (isContiguous(shape, strides)) {
      return content.subarray(offset * element.bytes, (offset + size) * element.bytes);
    }
    const packed = allocateBytes(size * element.bytes, `tensor ${showKey(name)}`);
    copyStrided(
      elementsOf(content, element.bytes),
      elementsOf(packed, element.bytes),
      offset,
      shape,
      strides,
    );
    return packed;
  }

  #content(name: string, storage: PickleStorage): Uint8Array {
    const known = this.#contents.get(storage.key);
    if (known) {
      return known;
    }
    const content = this.#archive.read(this.#entry(name, storage));
    const ordered = this.#isBigEndian ? swapBytes(content, storage.element.bytes) : content;
    this.#contents.set(storage.key, ordered);
    return ordered;
  }

  #findFolder(): string {
    const pickles = [...this.#archive.entries.keys()].filter((name) => /^[^/]*\/data\.pkl$/.test(name));
    const [pickle] = pickles;
    if (pickle === undefined || pickles.length > 1) {
      fail(
        `this ZIP archive is not a PyTorch checkpoint: it has ${pickles.length} records named data.pkl, not one`,
      );
    }
    const folder = pickle.slice(0, -"data.pkl".length);
    if (this.#archive.entries.has(`${folder}constants.pkl`)) {
      fail(
        "this is a TorchScript program, not a checkpoint. " +
          "Save its weights alone: torch.save(torch.jit.load(path).state_dict(), path)",
      );
    }
    return folder;
  }

  #readByteOrder(): "little" | "big" {
    const entry = this.#archive.entries.get(`${this.#folder}byteorder`);
    if (!entry) {
      return "little"; // files before PyTorch 2.1 do not say, and little-endian machines wrote nearly all
    }
    const order = entry.size > 6 ? "" : latin1(this.#archive.read(entry));
    if (order !== "little" && order !== "big") {
      fail(`the checkpoint's byte order is ${showKey(order)}, neither little nor big`);
    }
    return order;
  }
}

/** `float64` to `F32`, rounding to nearest and ties to even. */
function narrowDoubles(name: string, packed: Uint8Array): Uint8Array {
  const aligned = alignedTo(packed, 8);
  const doubles = new Float64Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 8);
  const bytes = allocateBytes(doubles.length * 4, `tensor ${showKey(name)}`);
  const floats = new Float32Array(bytes.buffer);
  for (let i = 0; i < doubles.length; i++) {
    floats[i] = doubles[i]!;
    if (!Number.isFinite(floats[i]) && Number.isFinite(doubles[i])) {
      fail(`tensor ${showKey(name)}: element ${i} is ${doubles[i]}, which is too large for F32`);
    }
  }
  return bytes;
}

function swapBytes(bytes: Uint8Array, elementBytes: number): Uint8Array {
  const swapped = allocateBytes(bytes.byteLength, "a big-endian storage");
  for (let i = 0; i < bytes.byteLength; i++) {
    const within = i % elementBytes;
    swapped[i - within + (elementBytes - 1 - within)] = bytes[i]!;
  }
  return swapped;
}

function elementsOf(bytes: Uint8Array, elementBytes: 1 | 2 | 4 | 8): ElementArray {
  const { buffer, byteOffset, byteLength } = alignedTo(bytes, elementBytes);
  switch (elementBytes) {
    case 1:
      return new Uint8Array(buffer, byteOffset, byteLength);
    case 2:
      return new Uint16Array(buffer, byteOffset, byteLength / 2);
    case 4:
      return new Uint32Array(buffer, byteOffset, byteLength / 4);
    case 8:
      return new BigUint64Array(buffer, byteOffset, byteLength / 8);
  }
}

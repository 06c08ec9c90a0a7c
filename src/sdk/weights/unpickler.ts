import { LimpidError } from "../base/index.js";
import {
  globals,
  PickleGlobal,
  PickleStorage,
  PickleTensor,
  PickleTuple,
  showKey,
  type GlobalName,
  type PickleDictionary,
  type PickleValue,
} from "./pickle-value.js";
import { isLength } from "./shape.js";

/** The longest pickle that is read, in bytes. A state dictionary of a thousand tensors takes about 150 kB. */
export const maximumPickleBytes = 16 * 2 ** 20;

/** Values on the stack at once, dictionaries, lists, tuples and tensors in all, and remembered values in all. */
const maximumStack = 1 << 16;
const maximumObjects = 1 << 18;
const maximumMemo = 1 << 18;

const maximumGlobalLength = 256;

/** Axes of a tensor; PyTorch has the same limit. */
const maximumRank = 64;

/** The opcodes that torch.save writes for tensors, dictionaries, lists, numbers and strings. */
const opcodes = {
  proto: 0x80,
  frame: 0x95,
  stop: 0x2e,
  mark: 0x28,
  none: 0x4e,
  newTrue: 0x88,
  newFalse: 0x89,
  binInt: 0x4a,
  binInt1: 0x4b,
  binInt2: 0x4d,
  long1: 0x8a,
  binFloat: 0x47,
  binUnicode: 0x58,
  shortBinUnicode: 0x8c,
  emptyDict: 0x7d,
  emptyList: 0x5d,
  emptyTuple: 0x29,
  tuple: 0x74,
  tuple1: 0x85,
  tuple2: 0x86,
  tuple3: 0x87,
  append: 0x61,
  appends: 0x65,
  setItem: 0x73,
  setItems: 0x75,
  binPut: 0x71,
  longBinPut: 0x72,
  memoize: 0x94,
  binGet: 0x68,
  longBinGet: 0x6a,
  global: 0x63,
  stackGlobal: 0x93,
  binPersistentId: 0x51,
  reduce: 0x52,
  build: 0x62,
} as const;

/** Names, from Python's `pickletools`, of the opcodes that are refused, for the message. */
const refusedOpcodes: ReadonlyMap<number, string> = new Map([
  [0x30, "POP"],
  [0x31, "POP_MARK"],
  [0x32, "DUP"],
  [0x42, "BINBYTES"],
  [0x43, "SHORT_BINBYTES"],
  [0x46, "FLOAT"],
  [0x49, "INT"],
  [0x4c, "LONG"],
  [0x50, "PERSID"],
  [0x53, "STRING"],
  [0x54, "BINSTRING"],
  [0x55, "SHORT_BINSTRING"],
  [0x56, "UNICODE"],
  [0x64, "DICT"],
  [0x67, "GET"],
  [0x69, "INST"],
  [0x6c, "LIST"],
  [0x6f, "OBJ"],
  [0x70, "PUT"],
  [0x81, "NEWOBJ"],
  [0x82, "EXT1"],
  [0x83, "EXT2"],
  [0x84, "EXT4"],
  [0x8b, "LONG4"],
  [0x8d, "BINUNICODE8"],
  [0x8e, "BINBYTES8"],
  [0x8f, "EMPTY_SET"],
  [0x90, "ADDITEMS"],
  [0x91, "FROZENSET"],
  [0x92, "NEWOBJ_EX"],
  [0x96, "BYTEARRAY8"],
  [0x97, "NEXT_BUFFER"],
  [0x98, "READONLY_BUFFER"],
]);

/**
 * Reads the pickle of a PyTorch checkpoint, and nothing that a pickle could do besides: a global is looked up in
 * a list of ten names and stays a word, calls are matched against three of those words, and no code is found,
 * imported or run. Time and memory are bounded by the pickle's length and by fixed limits.
 *
 * @param bytes - a pickle of protocol 2 to 5, as torch.save writes it
 * @returns its one value; lists and dictionaries may contain themselves
 * @throws {@link LimpidError} `InvalidTensorFile` naming the global or opcode that is refused, or the byte at
 *   which the pickle is malformed
 */
export function unpickle(bytes: Uint8Array): PickleValue {
  if (bytes.byteLength > maximumPickleBytes) {
    throw new LimpidError(
      "InvalidTensorFile",
      `the pickle has ${bytes.byteLength} bytes; at most ${maximumPickleBytes} are read`,
    );
  }
  return new Unpickler(bytes).run();
}

class Unpickler {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  readonly #memo = new Map<number, PickleValue>();
  readonly #stack: PickleValue[] = [];
  /** Heights of the stack at the open marks. */
  readonly #marks: number[] = [];
  #position = 0;
  #objects = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  run(): PickleValue {
    for (;;) {
      const opcode = this.#uint8();
      if (opcode === opcodes.stop) {
        return this.#finish();
      }
      this.#step(opcode);
      if (this.#stack.length + this.#marks.length > maximumStack) {
        this.#fail(`needs a stack of more than ${maximumStack} values`);
      }
    }
  }

  #step(opcode: number): void {
    switch (opcode) {
      case opcodes.proto:
        return this.#checkProtocol(this.#uint8());
      case opcodes.frame:
        this.#take(8);
        return;
      case opcodes.mark:
        this.#marks.push(this.#stack.length);
        return;
      case opcodes.none:
        return this.#push(null);
      case opcodes.newTrue:
        return this.#push(true);
      case opcodes.newFalse:
        return this.#push(false);
      case opcodes.binInt:
        return this.#push(this.#view.getInt32(this.#take(4), true));
      case opcodes.binInt1:
        return this.#push(this.#uint8());
      case opcodes.binInt2:
        return this.#push(this.#view.getUint16(this.#take(2), true));
      case opcodes.long1:
        return this.#push(this.#long(this.#uint8()));
      case opcodes.binFloat:
        return this.#push(this.#view.getFloat64(this.#take(8), false));
      case opcodes.binUnicode:
        return this.#push(this.#string(this.#uint32()));
      case opcodes.shortBinUnicode:
        return this.#push(this.#string(this.#uint8()));
      case opcodes.emptyDict:
        return this.#pushObject(new Map());
      case opcodes.emptyList:
        return this.#pushObject([]);
      case opcodes.emptyTuple:
        return this.#pushObject(new PickleTuple([]));
      case opcodes.tuple:
        return this.#pushObject(new PickleTuple(this.#popToMark()));
      case opcodes.tuple1:
        return this.#pushObject(new PickleTuple(this.#popMany(1)));
      case opcodes.tuple2:
        return this.#pushObject(new PickleTuple(this.#popMany(2)));
      case opcodes.tuple3:
        return this.#pushObject(new PickleTuple(this.#popMany(3)));
      case opcodes.append:
        return this.#append(this.#popMany(1));
      case opcodes.appends:
        return this.#append(this.#popToMark());
      case opcodes.setItem:
        return this.#setItems(this.#popMany(2));
      case opcodes.setItems:
        return this.#setItems(this.#popToMark());
      case opcodes.binPut:
        return this.#remember(this.#uint8());
      case opcodes.longBinPut:
        return this.#remember(this.#uint32());
      case opcodes.memoize:
        return this.#remember(this.#memo.size);
      case opcodes.binGet:
        return this.#push(this.#recall(this.#uint8()));
      case opcodes.longBinGet:
        return this.#push(this.#recall(this.#uint32()));
      case opcodes.global:
        return this.#pushObject(this.#global(this.#line(), this.#line()));
      case opcodes.stackGlobal: {
        const [module, name] = this.#popMany(2);
        return this.#pushObject(this.#global(module, name));
      }
      case opcodes.binPersistentId:
        return this.#pushObject(this.#storage(this.#pop()));
      case opcodes.reduce:
        return this.#reduce();
      case opcodes.build:
        return this.#build();
      default: {
        const name = refusedOpcodes.get(opcode) ?? "unknown";
        this.#fail(`refused opcode ${name} (0x${opcode.toString(16).padStart(2, "0")})`);
      }
    }
  }

  #finish(): PickleValue {
    if (this.#stack.length !== 1 || this.#marks.length > 0) {
      this.#fail(
        `ends with ${this.#stack.length} values and ${this.#marks.length} open marks instead of one value`,
      );
    }
    if (this.#position !== this.#bytes.byteLength) {
      this.#fail(`goes on for ${this.#bytes.byteLength - this.#position} bytes after its end`);
    }
    return this.#pop();
  }

  #checkProtocol(protocol: number): void {
    if (protocol < 2 || protocol > 5) {
      this.#fail(`has protocol ${protocol}; 2 to 5 are read`);
    }
  }

  /** A name becomes a word of the list or an error; it is never looked up anywhere else. */
  #global(module: PickleValue | undefined, name: PickleValue | undefined): PickleGlobal {
    if (typeof module !== "string" || typeof name !== "string") {
      this.#fail("names a global by something else than strings");
    }
    const global = `${module}.${name}`;
    if (!globals.has(global)) {
      const shown = global.slice(0, maximumGlobalLength).replace(/[^\x20-\x7e]/g, "?");
      throw new LimpidError(
        "InvalidTensorFile",
        `refused global ${shown} at byte ${this.#position} of the pickle: a checkpoint may hold tensors, ` +
          "dictionaries, lists, numbers and strings. Save only the weights: torch.save(model.state_dict(), path)",
        { details: { global: shown } },
      );
    }
    return new PickleGlobal(global as GlobalName);
  }

  /** `("storage", class, key, location, count)`; the location is where it was on the machine that wrote it. */
  #storage(id: PickleValue): PickleStorage {
    if (!(id instanceof PickleTuple) || id.items.length !== 5) {
      this.#fail("has a persistent id that is not a tuple of five");
    }
    const [kind, type, key, , count] = id.items;
    const element = type instanceof PickleGlobal ? globals.get(type.name) : undefined;
    if (kind !== "storage" || !element || typeof key !== "string" || !isLength(count)) {
      this.#fail("has a persistent id that does not describe a storage");
    }
    return new PickleStorage(element, key, count);
  }

  #reduce(): void {
    const [callee, parameters] = this.#popMany(2);
    if (!(callee instanceof PickleGlobal) || !(parameters instanceof PickleTuple)) {
      this.#fail("calls something that is not a global with a tuple");
    }
    const { items } = parameters;
    switch (callee.name) {
      case "collections.OrderedDict":
        if (items.length > 0) {
          this.#fail("fills an OrderedDict by its constructor");
        }
        return this.#pushObject(new Map());
      case "torch._utils._rebuild_parameter": {
        const [tensor] = items;
        if (!(tensor instanceof PickleTensor)) {
          this.#fail("makes a parameter of something that is not a tensor");
        }
        return this.#push(tensor);
      }
      case "torch._utils._rebuild_tensor_v2":
        return this.#pushObject(this.#tensor(items));
      default:
        this.#fail(`refused call of ${callee.name}`);
    }
  }

  /** `(storage, offset, shape, strides, requires_grad, hooks[, metadata])`. */
  #tensor(items: readonly PickleValue[]): PickleTensor {
    const [storage, offset, shape, strides] = items;
    if (
      items.length < 6 ||
      items.length > 7 ||
      !(storage instanceof PickleStorage) ||
      !isLength(offset) ||
      !(shape instanceof PickleTuple) ||
      !shape.items.every(isLength) ||
      !(strides instanceof PickleTuple) ||
      !strides.items.every(isLength) ||
      strides.items.length !== shape.items.length ||
      shape.items.length > maximumRank
    ) {
      this.#fail("describes a tensor without a storage, offset, shape and strides that fit each other");
    }
    return new PickleTensor(storage, offset, shape.items, strides.items);
  }

  /** The state that follows an OrderedDict holds its attributes, such as a module's versions: not needed. */
  #build(): void {
    this.#pop();
    if (!(this.#top() instanceof Map)) {
      this.#fail("sets attributes of something that is not a dictionary");
    }
  }

  #append(values: readonly PickleValue[]): void {
    const list = this.#top();
    if (!Array.isArray(list)) {
      this.#fail("appends to something that is not a list");
    }
    for (const value of values) {
      list.push(value);
    }
  }

  #setItems(values: readonly PickleValue[]): void {
    const dictionary = this.#top();
    if (!(dictionary instanceof Map) || values.length % 2 !== 0) {
      this.#fail("sets items of something that is not a dictionary");
    }
    for (let i = 0; i < values.length; i += 2) {
      this.#setItem(dictionary, values[i]!, values[i + 1]!);
    }
  }

  #setItem(dictionary: PickleDictionary, key: PickleValue, value: PickleValue): void {
    if (dictionary.has(key)) {
      this.#fail(`has the key ${showKey(key)} twice in a dictionary`);
    }
    dictionary.set(key, value);
  }

  #remember(index: number): void {
    this.#memo.set(index, this.#top());
    if (this.#memo.size > maximumMemo) {
      this.#fail(`remembers more than ${maximumMemo} values`);
    }
  }

  #recall(index: number): PickleValue {
    const value = this.#memo.get(index);
    if (value === undefined) {
      this.#fail(`recalls value ${index}, which it never remembered`);
    }
    return value;
  }

  #push(value: PickleValue): void {
    this.#stack.push(value);
  }

  #pushObject(value: PickleValue): void {
    this.#objects++;
    if (this.#objects > maximumObjects) {
      this.#fail(`holds more than ${maximumObjects} objects`);
    }
    this.#stack.push(value);
  }

  #top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined || this.#stack.length <= this.#floor()) {
      this.#fail("takes a value from an empty stack");
    }
    return value;
  }

  #pop(): PickleValue {
    const value = this.#top();
    this.#stack.pop();
    return value;
  }

  #popMany(count: number): PickleValue[] {
    if (this.#stack.length - count < this.#floor()) {
      this.#fail("takes a value from an empty stack");
    }
    return this.#stack.splice(this.#stack.length - count, count);
  }

  #popToMark(): PickleValue[] {
    const mark = this.#marks.pop();
    if (mark === undefined) {
      this.#fail("lacks a mark");
    }
    return this.#stack.splice(mark);
  }

  /** Values below the innermost mark cannot be taken. */
  #floor(): number {
    return this.#marks.at(-1) ?? 0;
  }

  #uint8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  #uint32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  #string(length: number): string {
    const start = this.#take(length);
    try {
      return this.#text.decode(this.#bytes.subarray(start, start + length));
    } catch (cause) {
      throw new LimpidError("InvalidTensorFile", `the pickle's string at byte ${start} is not valid UTF-8`, {
        cause,
      });
    }
  }

  /** Two's complement, little-endian. */
  #long(length: number): number | bigint {
    const start = this.#take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) {
      value = (value << 8n) | BigInt(this.#bytes[start + i]!);
    }
    const signed = BigInt.asIntN(8 * length, value);
    const number = Number(signed);
    return Number.isSafeInteger(number) ? number : signed;
  }

  #line(): string {
    const start = this.#position;
    const length = this.#bytes.subarray(start, start + maximumGlobalLength).indexOf(0x0a);
    if (length < 0) {
      this.#fail(`has no global's name within ${maximumGlobalLength} bytes`);
    }
    const line = this.#string(length);
    this.#take(1);
    return line;
  }

  #take(length: number): number {
    const start = this.#position;
    if (start + length > this.#bytes.byteLength) {
      this.#fail(`ends within a value of ${length} bytes`);
    }
    this.#position += length;
    return start;
  }

  #fail(problem: string): never {
    throw new LimpidError("InvalidTensorFile", `the pickle ${problem}, at byte ${this.#position}`, {
      details: { byte: this.#position },
    });
  }
}

import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { zipSync, unzipSync } from "fflate";
import { LimpidError } from "../../src/sdk/base/index.js";
import { parsePyTorchCheckpoint, parseSafetensors, type TensorFile } from "../../src/sdk/weights/index.js";
import { largestAllocation } from "./allocations.js";
import {
  concat,
  forgeEntry,
  makeCheckpoint,
  pickle,
  pickleDictionary,
  pickleTensor,
  type TensorSpecification,
} from "./checkpoint-builder.js";
import { readFixture } from "./fixture.js";

/** A checkpoint of one float32 tensor named `w`, and the record of its storage. */
function oneTensor(
  tensor: Partial<TensorSpecification> = {},
  record: Uint8Array = new Uint8Array(16),
): Uint8Array {
  const specification = { count: 4, shape: [4], strides: [1], ...tensor };
  return makeCheckpoint(pickleDictionary({ w: pickleTensor(specification) }), { "data/0": record });
}

function expectSameTensors(actual: TensorFile, expected: TensorFile): void {
  const sorted = ({ tensors }: TensorFile) =>
    [...tensors]
      .map(([name, { dtype, shape, bytes }]) => ({
        name,
        dtype,
        shape,
        bytes: Buffer.from(bytes).toString("hex"),
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  expect(sorted(actual)).toEqual(sorted(expected));
}

function refusal(message: string): unknown {
  return expect.objectContaining({ code: "InvalidTensorFile", message: expect.stringContaining(message) });
}

describe("parsePyTorchCheckpoint", () => {
  test.each(["stage2.weights", "router.weights"])("reads the published layout: %s", (name) => {
    const bytes = readFixture(`reference/${name}.pth`);
    const checkpoint = parsePyTorchCheckpoint(bytes);
    expectSameTensors(checkpoint, parseSafetensors(readFixture(`reference/${name}.safetensors`)));
    expect([...checkpoint.tensors.values()].every((tensor) => tensor.bytes.buffer === bytes.buffer)).toBe(
      true,
    );
    expect(Object.keys(checkpoint.metadata)).toEqual([]);
  });

  test.each([
    ["every type, scalars and empty tensors", "types"],
    ["views, shared storages and strides", "strides"],
    ["a module's state dictionary", "module"],
    ["parameters", "parameters"],
    ["protocol 4", "protocol4"],
    ["{ params }", "params"],
    ["{ params, params_ema }", "params_ema"],
    ["a training's state", "training"],
    ["a state dictionary in two wrappers", "wrapped"],
    ["nested dictionaries", "nested"],
    ["an archive that was compressed", "deflated", "training"],
  ])("reads %s as PyTorch does", (_, name, expected = name) => {
    expectSameTensors(
      parsePyTorchCheckpoint(readFixture(`checkpoints/${name}.pth`)),
      parseSafetensors(readFixture(`checkpoints/${expected}.safetensors`)),
    );
  });

  test("keeps the order of the state dictionary", () => {
    const { tensors } = parsePyTorchCheckpoint(readFixture("checkpoints/nested.pth"));
    expect([...tensors.keys()]).toEqual(["encoder.weight", "encoder.deep.bias", "scale"]);
  });

  test("reads the entry that is asked for", () => {
    const gan = readFixture("checkpoints/ambiguous.pth");
    expectSameTensors(
      parsePyTorchCheckpoint(gan, { key: "net_g" }),
      parseSafetensors(readFixture("checkpoints/ambiguous.safetensors")),
    );
    const { tensors } = parsePyTorchCheckpoint(readFixture("checkpoints/params_ema.pth"), { key: "params" });
    expect(tensors.get("1.running_var")!.toFloat32()).toEqual(Float32Array.of(1, 1));
    expect(() => parsePyTorchCheckpoint(gan, { key: "net" })).toThrow(
      refusal('no dictionary of tensors under "net"; its keys are "net_g", "net_d"'),
    );
  });

  test("swaps the bytes of a checkpoint from a big-endian machine", () => {
    const files = unzipSync(readFixture("checkpoints/types.pth"));
    const types = parseSafetensors(readFixture("checkpoints/types.safetensors"));
    files["types/byteorder"] = new TextEncoder().encode("big");
    const elementBytes = [4, 2, 2, 4, 1, 8, 8, 8, 4];
    elementBytes.forEach((size, key) => {
      const record = files[`types/data/${key}`]!;
      for (let i = 0; i < record.length; i += size) {
        record.subarray(i, i + size).reverse();
      }
    });
    expectSameTensors(parsePyTorchCheckpoint(zipSync(files, { level: 0 })), types);
  });

  test.each([
    ["empty", "holds no dictionary of tensors; its keys are none"],
    ["no_tensors", 'holds no dictionary of tensors; its keys are "epoch", "state_dict"'],
    ["single_tensor", "a single tensor without a name"],
    ["list", "not a dictionary of tensors"],
    ["list_in_dictionary", 'tensors in a list, under "params"'],
    ["number_keys", "a key that is not a string: 0"],
    ["ambiguous", 'ambiguous: it holds tensors under "net_g", "net_d"; name the key'],
    ["two_wrappers", 'ambiguous: it holds tensors under "params", "state_dict"; name the key'],
    ["legacy", "Re-save it with a current PyTorch: torch.save(torch.load(path, weights_only=True), path)"],
    ["bool", "refused global torch.BoolStorage"],
    ["complex", "refused global torch.ComplexFloatStorage"],
    ["float8", "refused global torch._utils._rebuild_tensor_v3"],
    ["whole_module", "refused global torch.nn.modules.container.Sequential"],
    ["numpy", "refused global numpy"],
    ["large_long", 'tensor "weight": element 1 is 2147483648, which does not fit I32'],
    ["large_double", 'tensor "weight": element 1 is 1e+300, which is too large for F32'],
    ["os_system", "refused global os.system"],
    ["stack_global", "refused global builtins.eval"],
  ])("refuses %s.pth and says why", (name, message) => {
    expect(() => parsePyTorchCheckpoint(readFixture(`checkpoints/${name}.pth`))).toThrow(refusal(message));
  });

  test("refuses a TorchScript program", () => {
    expect(() => parsePyTorchCheckpoint(readFixture("checkpoints/torchscript.pt"))).toThrow(
      refusal("TorchScript"),
    );
  });

  test("tells which global it refused", () => {
    expect(() => parsePyTorchCheckpoint(readFixture("checkpoints/os_system.pth"))).toThrow(
      expect.objectContaining({ details: { global: "os.system" } }),
    );
  });
});

describe("tensors that contradict their storage", () => {
  test.each<[string, Uint8Array, string]>([
    [
      "a shape past the end",
      oneTensor({ shape: [5] }),
      "shape [5] with strides [1] from element 0 reaches past its storage of 4",
    ],
    ["an offset past the end", oneTensor({ offset: 1 }), "from element 1 reaches past"],
    [
      "strides past the end",
      oneTensor({ shape: [2, 2], strides: [3, 1] }),
      "strides [3, 1] from element 0 reaches past",
    ],
    [
      "strides that overflow",
      oneTensor({ shape: [2 ** 30], strides: [2n ** 52n] }),
      "reaches past its storage",
    ],
    [
      "a shape that overflows",
      oneTensor({ shape: [2n ** 40n, 2n ** 40n], strides: [0, 0] }),
      "has too many elements",
    ],
    ["a negative length", oneTensor({ shape: [-1] }), "describes a tensor without"],
    ["a negative stride", oneTensor({ strides: [-1], offset: 3 }), "describes a tensor without"],
    ["a length beyond 2^53", oneTensor({ shape: [2n ** 60n] }), "describes a tensor without"],
    ["fewer strides than axes", oneTensor({ shape: [2, 2] }), "describes a tensor without"],
    [
      "more than 64 axes",
      oneTensor({ shape: Array(65).fill(1), strides: Array(65).fill(1) }),
      "describes a tensor",
    ],
    [
      "a short record",
      oneTensor({}, new Uint8Array(15)),
      'storage of 4 float32 takes 16 bytes, but record "archive/data/0" has 15',
    ],
    ["a long record", oneTensor({}, new Uint8Array(17)), "has 17"],
    ["a missing record", oneTensor({ key: "1" }), 'tensor "w": the checkpoint lacks its record "data/1"'],
    [
      "one storage as two types",
      makeCheckpoint(
        pickleDictionary({
          a: pickleTensor({ count: 4, shape: [4], strides: [1] }),
          b: pickleTensor({ type: "IntStorage", count: 4, shape: [4], strides: [1] }),
        }),
        { "data/0": new Uint8Array(16) },
      ),
      'storage "0" holds int32 here, but float32 in another tensor',
    ],
    [
      "another byte order",
      makeCheckpoint(pickle.emptyDict, { byteorder: new TextEncoder().encode("middle") }),
      '"middle"',
    ],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => parsePyTorchCheckpoint(bytes)).toThrow(refusal(message));
  });

  test("does not expand a small storage into a huge tensor", () => {
    const { bytes, error } = largestAllocation(() =>
      parsePyTorchCheckpoint(oneTensor({ shape: [2 ** 28], strides: [0] })),
    );
    expect(error).toEqual(refusal("1 tensors would take 1073741824 bytes, but it stores only 16"));
    expect(bytes).toBeLessThan(4096);
  });

  test("does not copy one storage for ever more tensors", () => {
    const tensor = concat(pickleTensor({ count: 2 ** 20, shape: [2 ** 10, 2 ** 10], strides: [1, 2 ** 10] }));
    const names = Array.from({ length: 8 }, (_, i) => [`w${i}`, tensor] as const);
    const checkpoint = makeCheckpoint(pickleDictionary(Object.fromEntries(names)), {
      "data/0": new Uint8Array(2 ** 22),
    });
    const { bytes, error } = largestAllocation(() => parsePyTorchCheckpoint(checkpoint));
    expect(error).toEqual(refusal("8 tensors would take 33554432 bytes, but it stores only 4194304"));
    expect(bytes).toBeLessThan(4096);
  });
});

describe("the unpickler", () => {
  const {
    mark,
    emptyDict,
    emptyList,
    emptyTuple,
    tuple,
    tuple1,
    append,
    setItem,
    reduce,
    build,
    none,
    get,
    put,
  } = pickle;
  const orderedDict = pickle.global("collections", "OrderedDict");
  const rebuildParameter = pickle.global("torch._utils", "_rebuild_parameter");
  const storageOf = (type: Uint8Array | readonly number[]) =>
    concat(
      mark,
      pickle.text("storage"),
      type,
      pickle.text("0"),
      pickle.text("cpu"),
      pickle.int(1),
      tuple,
      pickle.persistentId,
    );

  test.each<[string, Uint8Array | readonly number[], string]>([
    ["os.system", pickle.global("os", "system"), "refused global os.system"],
    [
      "a global of an allowed module",
      pickle.global("torch._utils", "_import_dotted_name"),
      "refused global torch._utils._import",
    ],
    ["a global with odd characters", pickle.global("os\u0007", "\u{1f600}"), "refused global os?.??"],
    [
      "a global without an end",
      concat([0x63], new Uint8Array(300).fill(65)),
      "no global's name within 256 bytes",
    ],
    [
      "a global made of numbers",
      concat(pickle.int(1), pickle.int(2), [0x93]),
      "by something else than strings",
    ],
    ["NEWOBJ", concat(orderedDict, emptyTuple, [0x81]), "refused opcode NEWOBJ (0x81)"],
    ["INST", [0x69], "refused opcode INST (0x69)"],
    ["OBJ", [0x6f], "refused opcode OBJ (0x6f)"],
    ["EXT1", [0x82, 1], "refused opcode EXT1 (0x82)"],
    ["an opcode that does not exist", [0x01], "refused opcode unknown (0x01)"],
    ["protocol 0", [0x80, 0], "has protocol 0; 2 to 5 are read"],
    ["protocol 6", [0x80, 6], "has protocol 6"],
    [
      "a call of a storage class",
      concat(pickle.global("torch", "FloatStorage"), emptyTuple, reduce),
      "refused call of torch.Fl",
    ],
    [
      "a call of a string",
      concat(pickle.text("print"), emptyTuple, reduce),
      "calls something that is not a global",
    ],
    [
      "a call without a tuple",
      concat(orderedDict, emptyList, reduce),
      "calls something that is not a global with a tuple",
    ],
    [
      "an OrderedDict with contents",
      concat(orderedDict, emptyList, tuple1, reduce),
      "fills an OrderedDict by its constructor",
    ],
    [
      "a parameter of nothing",
      concat(rebuildParameter, none, tuple1, reduce),
      "a parameter of something that is not a tensor",
    ],
    ["a storage of no class", storageOf(pickle.text("FloatStorage")), "does not describe a storage"],
    ["a storage of a function", storageOf(orderedDict), "does not describe a storage"],
    ["a short persistent id", concat(emptyTuple, pickle.persistentId), "not a tuple of five"],
    [
      "a state for a list",
      concat(emptyList, emptyDict, build),
      "sets attributes of something that is not a dictionary",
    ],
    ["appending to a dictionary", concat(emptyDict, none, append), "appends to something that is not a list"],
    [
      "setting items of a list",
      concat(emptyList, none, none, setItem),
      "sets items of something that is not a dictionary",
    ],
    ["a key without a value", concat(emptyDict, mark, none, pickle.setItems), "sets items of something"],
    [
      "a key twice",
      concat(emptyDict, mark, pickle.text("a"), none, pickle.text("a"), none, pickle.setItems),
      'key "a" twice',
    ],
    ["an empty stack", tuple1, "takes a value from an empty stack"],
    ["a value from below a mark", concat(none, mark, tuple1), "takes a value from an empty stack"],
    ["a tuple without a mark", tuple, "lacks a mark"],
    ["a memory that is not there", get(7), "recalls value 7, which it never remembered"],
    ["two values at the end", concat(none, none), "ends with 2 values and 0 open marks"],
    ["an open mark at the end", concat(none, mark), "ends with 1 values and 1 open marks"],
    ["bytes after the end", concat(none, pickle.stop), "goes on for 1 bytes after its end"],
    ["a string past the end", [0x58, 255, 255, 255, 255], "ends within a value of 4294967295 bytes"],
    ["a string that is not UTF-8", [0x58, 1, 0, 0, 0, 255], "is not valid UTF-8"],
    ["a stack without end", new Uint8Array(1 << 17).fill(0x4e), "needs a stack of more than 65536 values"],
    ["marks without end", new Uint8Array(1 << 17).fill(0x28), "needs a stack of more than 65536 values"],
    [
      "objects without end",
      concat(
        emptyList,
        new Uint8Array(1 << 19).map((_, i) => (i % 2 === 0 ? 0x7d : 0x61)),
      ),
      "holds more than 262144 objects",
    ],
  ])("refuses %s", (_, value, message) => {
    expect(() => parsePyTorchCheckpoint(makeCheckpoint(value))).toThrow(refusal(message));
  });

  test("remembers a bounded number of values", () => {
    const puts = new Uint8Array(5 * 270_000);
    const view = new DataView(puts.buffer);
    for (let i = 0; i < 270_000; i++) {
      puts[5 * i] = 0x72;
      view.setUint32(5 * i + 1, i, true);
    }
    const value = concat(none, puts);
    expect(() => parsePyTorchCheckpoint(makeCheckpoint(value))).toThrow(
      refusal("remembers more than 262144 values"),
    );
  });

  test("reads state dictionaries of hundreds of tensors, whose memory needs long indices", () => {
    const { tensors } = parsePyTorchCheckpoint(readFixture("reference/stage2.weights.pth"));
    expect(tensors.size).toBe(267);
  });

  test("reads no pickle of more than 16 MiB", () => {
    const value = new Uint8Array(2 ** 24);
    expect(() => parsePyTorchCheckpoint(makeCheckpoint(value))).toThrow(refusal("at most 16777216 are read"));
  });

  test("takes __proto__ as a name like any other", () => {
    const tensor = pickleTensor({ count: 4, shape: [4], strides: [1] });
    const entries = concat(emptyDict, pickle.text("__proto__"), tensor, setItem);
    const { tensors } = parsePyTorchCheckpoint(makeCheckpoint(entries, { "data/0": new Uint8Array(16) }));
    expect([...tensors.keys()]).toEqual(["__proto__"]);
  });

  test("finds its way through dictionaries that contain themselves and share each other", () => {
    const itself = concat(emptyDict, put(0), pickle.text("a"), get(0), setItem);
    expect(() => parsePyTorchCheckpoint(makeCheckpoint(itself))).toThrow(refusal("no dictionary of tensors"));

    const tensor = pickleTensor({ count: 4, shape: [4], strides: [1] });
    const records = { "data/0": new Uint8Array(16) };
    const around = concat(
      emptyDict,
      put(0),
      mark,
      pickle.text("a"),
      get(0),
      pickle.text("w"),
      tensor,
      pickle.setItems,
    );
    expect(() => parsePyTorchCheckpoint(makeCheckpoint(around, records))).toThrow(
      refusal('one dictionary in two places, the second being "a"'),
    );

    // Each list holds the one before it twice: 2^100 paths lead to the tensor, which lies in a list.
    const doubling = Array.from({ length: 100 }, (_, i) =>
      concat(emptyList, put(i + 1), get(i), append, get(i), append, pickle.setItem),
    );
    const lists = concat(
      emptyDict,
      pickle.text("a"),
      emptyList,
      put(0),
      tensor,
      append,
      setItem,
      ...doubling.map((list, i) => concat(pickle.text(`list ${i}`), list)),
    );
    expect(() => parsePyTorchCheckpoint(makeCheckpoint(lists, records))).toThrow(refusal("ambiguous"));
  });

  test("counts how deep dictionaries nest", () => {
    const nest = (depth: number, inner: Uint8Array): Uint8Array =>
      depth === 0 ? inner : nest(depth - 1, pickleDictionary({ a: inner }));
    const tensor = pickleTensor({ count: 4, shape: [4], strides: [1] });
    const records = { "data/0": new Uint8Array(16) };
    expect(parsePyTorchCheckpoint(makeCheckpoint(nest(5, tensor), records)).tensors.size).toBe(1);
    expect(() => parsePyTorchCheckpoint(makeCheckpoint(nest(20, tensor), records))).toThrow(
      refusal("more than 8 dictionaries"),
    );
    const within = pickleDictionary({ w: tensor, deep: nest(20, tensor) });
    expect(() => parsePyTorchCheckpoint(makeCheckpoint(within, records))).toThrow(
      refusal("more than 8 dictionaries in its state dictionary"),
    );
  });

  test("refuses names that clash or are too long", () => {
    const tensor = pickleTensor({ count: 4, shape: [4], strides: [1] });
    const records = { "data/0": new Uint8Array(16) };
    const clash = pickleDictionary({ "a.b": tensor, a: pickleDictionary({ b: tensor }) });
    expect(() => parsePyTorchCheckpoint(makeCheckpoint(clash, records))).toThrow(
      refusal('two tensors named "a.b"'),
    );
    const long = pickleDictionary({ ["x".repeat(1025)]: tensor });
    expect(() => parsePyTorchCheckpoint(makeCheckpoint(long, records))).toThrow(
      refusal("more than 1024 characters"),
    );
    const both = pickleDictionary({ w: tensor, params: pickleDictionary({ w: tensor }) });
    expect(() => parsePyTorchCheckpoint(makeCheckpoint(both, records))).toThrow(
      refusal('tensors at its top level and under "params"'),
    );
  });
});

describe("the archive", () => {
  const good = oneTensor();
  const zeros = makeCheckpoint(
    pickleDictionary({ w: pickleTensor({ count: 2 ** 22, shape: [2 ** 22], strides: [1] }) }),
    { "data/0": new Uint8Array(2 ** 24) },
    { level: 9 },
  );
  const end = good.length - 22;
  const withEnd = (offset: number, value: number) => {
    const changed = good.slice();
    new DataView(changed.buffer).setUint32(end + offset, value, true);
    return changed;
  };

  test("may be followed by a comment, and may be compressed", () => {
    const commented = concat(good, [1, 2, 3]);
    commented[end + 20] = 3;
    expect(parsePyTorchCheckpoint(commented).tensors.size).toBe(1);
    expect(zeros.length).toBeLessThan(2 ** 15);
    expect(parsePyTorchCheckpoint(zeros).tensors.get("w")!.size).toBe(2 ** 22);
  });

  test("may use ZIP64 for its directory and its entries", () => {
    expect(parsePyTorchCheckpoint(toZip64(good)).tensors.get("w")!.shape).toEqual([4]);
  });

  test.each<[string, Uint8Array, string]>([
    ["no archive", new Uint8Array(0), "its 0 bytes do not start like a ZIP archive"],
    [
      "a page of text",
      new TextEncoder().encode("<!DOCTYPE html>"),
      "its 15 bytes do not start like a ZIP archive",
    ],
    [
      "a truncated archive",
      good.subarray(0, good.length - 1),
      "has no directory at its end: it is truncated",
    ],
    [
      "an archive without a pickle",
      zipSync({ "a.txt": new Uint8Array(1) }),
      "it has 0 records named data.pkl",
    ],
    [
      "an archive of two",
      zipSync({ "a/data.pkl": new Uint8Array(1), "b/data.pkl": new Uint8Array(1) }),
      "it has 2 records",
    ],
    ["a directory past the end", withEnd(12, 1 << 20), "central directory claims bytes"],
    ["a directory elsewhere", withEnd(16, 0), "directory"],
    ["fewer entries than the directory has", withEnd(8, 0x00010001), "bytes after its 1 entries"],
    ["more entries than the directory has", withEnd(8, 0x00030003), "a directory entry is not at byte"],
    ["an encrypted entry", forgeEntry(good, "archive/data/0", { flags: 1 }), '"archive/data/0" is encrypted'],
    ["another compression", forgeEntry(good, "archive/data/0", { method: 12 }), "compressed by method 12"],
    [
      "a stored entry that claims to grow",
      forgeEntry(good, "archive/data/0", { size: 2 ** 31 }),
      "stored in 16 bytes, but claims 2147483648",
    ],
    [
      "an entry past the end",
      forgeEntry(good, "archive/data/0", { offset: 2 ** 31 }),
      "is not at byte 2147483648",
    ],
    ["an entry without a header", forgeEntry(good, "archive/data/0", { offset: 1 }), "the local header of"],
    [
      "a wrong checksum",
      forgeEntry(good, "archive/data/0", { checksum: 1 }),
      "its CRC-32 is ecbb4b55, not 1",
    ],
    [
      "sizes it leaves to ZIP64",
      forgeEntry(good, "archive/data/0", { size: 0xffffffff }),
      "lacks its ZIP64 sizes",
    ],
    ["ZIP64 sizes that are not there", withEnd(16, 0xffffffff), "the ZIP64 locator is not at byte"],
    [
      "entries that share their bytes",
      forgeEntry(good, "archive/data/0", { size: good.length - 20, storedSize: good.length - 20 }),
      "stored bytes, but the archive has",
    ],
    ["more data than claimed", forgeEntry(zeros, "archive/data/0", { size: 2 ** 20 }), "has 1048576"],
    [
      "an archive that grows past 512 MiB",
      forgeEntry(zeros, "archive/data.pkl", { size: 2 ** 30 }),
      "at most 16777216",
    ],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => parsePyTorchCheckpoint(bytes)).toThrow(refusal(message));
  });

  test("refuses two entries of one name", () => {
    const twice = makeCheckpoint(pickle.emptyDict, {
      "data/0": new Uint8Array(1),
      "data/1": new Uint8Array(1),
    });
    const at = [...twice.keys()].filter(
      (i) => new TextDecoder().decode(twice.subarray(i, i + 14)) === "archive/data/1",
    );
    at.forEach((position) => (twice[position + 13] = 0x30));
    expect(() => parsePyTorchCheckpoint(twice)).toThrow(refusal('two entries named "archive/data/0"'));
  });

  test("inflates no further than an entry claims", () => {
    const tensor = pickleTensor({ count: 1024, shape: [1024], strides: [1] });
    const bomb = makeCheckpoint(
      pickleDictionary({ w: tensor }),
      { "data/0": new Uint8Array(2 ** 26) },
      { level: 9 },
    );
    const lying = forgeEntry(bomb, "archive/data/0", { size: 4096 });
    const { bytes, error } = largestAllocation(() => parsePyTorchCheckpoint(lying));
    expect(error).toEqual(refusal("inflates to more than the 4096 bytes that it claims"));
    expect(bytes).toBeLessThan(2 ** 24);
  });

  test("allocates nothing on the word of an entry that claims gigabytes", () => {
    const count = 2 ** 28;
    const tensor = pickleTensor({ count, shape: [count], strides: [1] });
    const bomb = makeCheckpoint(
      pickleDictionary({ w: tensor }),
      { "data/0": new Uint8Array(64) },
      { level: 9 },
    );
    const lying = forgeEntry(bomb, "archive/data/0", { size: 4 * count });
    const { bytes, error } = largestAllocation(() => parsePyTorchCheckpoint(lying));
    expect(error).toEqual(refusal("claims to inflate to 1073741824 bytes"));
    expect(bytes).toBeLessThan(4096);
  });

  test("refuses deflate data that is damaged or ends early", () => {
    const size = 2 ** 10;
    const tensor = pickleTensor({ count: size / 4, shape: [size / 4], strides: [1] });
    const record = Uint8Array.from({ length: size }, (_, i) => (i * i * 31) >> 3);
    const checkpoint = makeCheckpoint(pickleDictionary({ w: tensor }), { "data/0": record }, { level: 9 });
    const short = forgeEntry(checkpoint, "archive/data/0", { storedSize: 100 });
    expect(() => parsePyTorchCheckpoint(short)).toThrow(refusal('entry "archive/data/0"'));
    const empty = forgeEntry(checkpoint, "archive/data/0", { storedSize: 0 });
    expect(() => parsePyTorchCheckpoint(empty)).toThrow(refusal("inflates to 0 bytes, not the 1024"));
  });
});

describe("a damaged checkpoint", () => {
  const change = (length: number) => fc.tuple(fc.nat(length - 1), fc.integer({ min: 1, max: 255 }));
  const changed = (bytes: Uint8Array, changes: readonly (readonly [number, number])[]) => {
    const copy = bytes.slice();
    changes.forEach(([at, mask]) => (copy[at]! ^= mask));
    return copy;
  };
  const expectReadOrRefused = (bytes: Uint8Array) => {
    const { bytes: allocated, error } = largestAllocation(() => parsePyTorchCheckpoint(bytes));
    expect(error === undefined || LimpidError.is(error, "InvalidTensorFile")).toBe(true);
    expect(allocated).toBeLessThan(2 ** 25);
  };

  test.each(["training", "deflated", "strides"])(
    "is read or refused, whatever bytes of %s.pth change",
    (name) => {
      const bytes = readFixture(`checkpoints/${name}.pth`);
      fc.assert(
        fc.property(fc.array(change(bytes.length), { minLength: 1, maxLength: 3 }), (changes) => {
          expectReadOrRefused(changed(bytes, changes));
        }),
        { numRuns: 1500 },
      );
    },
  );

  test("is read or refused, whatever bytes of its pickle change under a right checksum", () => {
    const files = unzipSync(readFixture("checkpoints/strides.pth"));
    const original = files["strides/data.pkl"]!;
    fc.assert(
      fc.property(fc.array(change(original.length), { minLength: 1, maxLength: 3 }), (changes) => {
        expectReadOrRefused(
          zipSync({ ...files, "strides/data.pkl": changed(original, changes) }, { level: 0 }),
        );
      }),
      { numRuns: 3000 },
    );
  });

  test("is read or refused, whatever bytes of its deflate data change under a right checksum", () => {
    const content = readFixture("checkpoints/strides.safetensors");
    const tensor = pickleTensor({
      type: "ByteStorage",
      count: content.length,
      shape: [content.length],
      strides: [1],
    });
    const bytes = makeCheckpoint(pickleDictionary({ w: tensor }), { "data/0": content }, { level: 9 });
    const compressed = forgeEntry(bytes, "archive/data/0", {});
    fc.assert(
      fc.property(fc.array(change(compressed.length), { minLength: 1, maxLength: 4 }), (changes) => {
        expectReadOrRefused(changed(compressed, changes));
      }),
      { numRuns: 1500 },
    );
  });

  test("is refused at every length but its own", () => {
    const bytes = readFixture("checkpoints/params.pth");
    for (let length = 0; length < bytes.length; length++) {
      expect(() => parsePyTorchCheckpoint(bytes.subarray(0, length))).toThrow(
        expect.objectContaining({ code: "InvalidTensorFile" }),
      );
    }
  });
});

/** The same archive with a ZIP64 directory, and the sizes and offsets of its entries in ZIP64 fields. */
function toZip64(archive: Uint8Array): Uint8Array {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.length);
  const end = archive.length - 22;
  const count = view.getUint16(end + 10, true);
  const start = view.getUint32(end + 16, true);
  const uint64 = (value: number) => [...new Uint8Array(BigUint64Array.of(BigInt(value)).buffer)];
  const pieces: (Uint8Array | number[])[] = [archive.subarray(0, start)];
  let at = start;
  let directorySize = 0;
  for (let i = 0; i < count; i++) {
    const nameLength = view.getUint16(at + 28, true);
    const record = archive.slice(at, at + 46 + nameLength);
    const fields = [24, 20, 42].map((offset) => view.getUint32(at + offset, true));
    record.fill(255, 20, 28).fill(255, 42, 46);
    record.set([36, 0], 30);
    const other = [0x99, 0x99, 4, 0, 0, 0, 0, 0];
    const piece = concat(record, other, [1, 0, 24, 0], ...fields.map(uint64));
    pieces.push(piece);
    directorySize += piece.length;
    at += 46 + nameLength;
  }
  const end64 = concat(
    [80, 75, 6, 6],
    uint64(44),
    new Uint8Array(12),
    ...[count, count, directorySize, start].map(uint64),
  );
  const locator = concat([80, 75, 6, 7, 0, 0, 0, 0], uint64(start + directorySize), [1, 0, 0, 0]);
  const last = concat([80, 75, 5, 6, 0, 0, 0, 0], new Uint8Array(12).fill(255), [0, 0]);
  return concat(...pieces, end64, locator, last);
}

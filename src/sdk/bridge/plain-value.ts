import { LimpidError } from "../base/index.js";

/** How large a message may be. */
export interface PlainValueLimits {
  /** How deep lists and objects nest. */
  readonly depth: number;
  /** How many values there are in all, lists and objects included. */
  readonly values: number;
  /** UTF-16 code units of all texts and keys together. */
  readonly text: number;
  /** Bytes of all typed arrays together; 0 refuses typed arrays. */
  readonly bytes: number;
}

/** What a message without bytes may be: enough for thousands of numbers, too little to fill a page's memory. */
export const messageLimits: PlainValueLimits = { depth: 16, values: 20_000, text: 1 << 20, bytes: 0 };

/** What an image takes at most: 100 megapixels of four floats, and its profile. */
export const pixelBytes = 100_000_000 * 4 * 4 + (1 << 20);

/** The kinds of typed array that pixels, profiles and code come in. */
const arrayTypes: ReadonlySet<string> = new Set([
  "Uint8Array",
  "Uint8ClampedArray",
  "Uint16Array",
  "Float32Array",
]);

/**
 * Refuses what is not plain data within limits: `null`, booleans, finite numbers, texts, lists, objects without a class,
 * and typed arrays if bytes are allowed. Maps, dates, functions, ports, image bitmaps and circles are refused. An object
 * may hold `undefined`, as structured cloning keeps it.
 *
 * @param value - anything
 * @param limits - how large it may be
 * @throws {@link LimpidError} `InvalidMessage` that says what and where
 */
export function checkPlainValue(value: unknown, limits: PlainValueLimits): void {
  const left = { ...limits };
  // A list instead of recursion: the depth is bounded, but so is every engine's stack.
  const waiting: { readonly value: unknown; readonly depth: number; readonly path: string }[] = [
    { value, depth: 0, path: "" },
  ];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { depth, path } = next;
    if (--left.values < 0) throw invalid(path, `the message has more than ${limits.values} values`);
    if (depth > limits.depth) throw invalid(path, `it nests deeper than ${limits.depth}`);
    for (const [key, member] of membersOf(next.value, path, left)) {
      if (typeof key === "string" && (left.text -= key.length) < 0) throw tooMuchText(path, limits);
      // Only as much of a path is kept as an error would show.
      waiting.push({
        value: member,
        depth: depth + 1,
        path: `${path}.${String(key).slice(0, 40)}`.slice(-80),
      });
      if (waiting.length > left.values)
        throw invalid(path, `the message has more than ${limits.values} values`);
    }
    if (left.text < 0) throw tooMuchText(path, limits);
    if (left.bytes < 0) throw invalid(path, `it has more than ${limits.bytes} bytes of typed arrays`);
  }
}

/** The members of a list or object; takes the size of anything else from what is left. */
function membersOf(
  value: unknown,
  path: string,
  left: { text: number; bytes: number; values: number },
): Iterable<readonly [string | number, unknown]> {
  switch (typeof value) {
    case "undefined":
    case "boolean":
      return [];
    case "number":
      if (Number.isFinite(value)) return [];
      throw invalid(path, `it is ${value}, expected a finite number`);
    case "string":
      left.text -= value.length;
      return [];
    case "object":
      break;
    default:
      throw invalid(path, `it is a ${typeof value}`);
  }
  if (value === null) return [];
  if (ArrayBuffer.isView(value)) {
    const type = Object.prototype.toString.call(value).slice(8, -1);
    if (!arrayTypes.has(type)) throw invalid(path, `it is a ${type}`);
    // The whole buffer comes along with a view of a part of it.
    left.bytes -= Math.max(1, value.buffer.byteLength);
    return [];
  }
  if (Array.isArray(value)) {
    // Before they are listed: that alone takes long.
    if (value.length > left.values) throw invalid(path, "the message has too many values");
    return listMembers(value, path);
  }
  if (!isPlainObject(value)) throw invalid(path, "it is an object of a class");
  return Object.entries(value);
}

function listMembers(list: readonly unknown[], path: string): Iterable<readonly [number, unknown]> {
  // A sparse list says that it has four thousand million members; its keys tell the truth.
  if (Object.keys(list).length !== list.length) throw invalid(path, "it is a list with holes or names");
  return list.entries();
}

/** Whether an object has no class of its own; it may come from another realm, as messages do. */
function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null) return true;
  return (
    Object.getPrototypeOf(prototype) === null &&
    Object.prototype.toString.call(value) === "[object Object]" &&
    Object.getOwnPropertySymbols(value).length === 0
  );
}

function tooMuchText(path: string, limits: PlainValueLimits): LimpidError {
  return invalid(path, `the message has more than ${limits.text} characters`);
}

function invalid(path: string, fault: string): LimpidError {
  return new LimpidError(
    "InvalidMessage",
    `a message is refused${path && ` at ${path.slice(1)}`}: ${fault}`,
    {
      details: { path: path.slice(1) },
    },
  );
}

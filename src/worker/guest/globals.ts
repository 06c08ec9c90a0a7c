import { AbortController, AbortSignal } from "./abort.js";
import type { GuestHost } from "./host.js";

/** What the engine lacks and code expects in its global scope, as far as it needs nothing of the page. */
export function makeGlobals(host: GuestHost): Readonly<Record<string, unknown>> {
  return {
    AbortController,
    AbortSignal,
    TextEncoder: class {
      readonly encoding = "utf-8";
      encode(text: unknown = ""): Uint8Array {
        return new Uint8Array(host.encode(String(text)));
      }
    },
    TextDecoder: class {
      readonly encoding = "utf-8";
      decode(bytes: ArrayBufferView | ArrayBuffer = new ArrayBuffer(0)): string {
        return host.decode(bufferOf(bytes));
      }
    },
    URL: makeUrlClass(host),
    structuredClone: (value: unknown) => clone(value, new Map()),
    queueMicrotask: (run: () => unknown) => void Promise.resolve().then(run),
    performance: Object.freeze({ now: () => host.now() }),
    crypto: Object.freeze({
      getRandomValues<T extends ArrayBufferView>(target: T): T {
        const { buffer, byteOffset, byteLength } = target;
        new Uint8Array(buffer, byteOffset, byteLength).set(new Uint8Array(host.random(byteLength)));
        return target;
      },
      randomUUID(): string {
        const bytes = new Uint8Array(host.random(16));
        bytes[6] = (bytes[6]! & 0x0f) | 0x40;
        bytes[8] = (bytes[8]! & 0x3f) | 0x80;
        const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
        return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
      },
    }),
  };
}

function bufferOf(bytes: ArrayBufferView | ArrayBuffer): ArrayBuffer {
  return ArrayBuffer.isView(bytes)
    ? (bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer)
    : bytes;
}

/** An address in parts; immutable. */
function makeUrlClass(host: GuestHost): unknown {
  return class URL {
    readonly href!: string;

    constructor(text: string | { toString(): string }, base?: string | { toString(): string }) {
      const json = host.url(String(text), base === undefined ? undefined : String(base));
      const parts = JSON.parse(json) as object | null;
      if (parts === null) throw new TypeError(`${String(text).slice(0, 100)} is no URL`);
      Object.assign(this, parts);
      Object.freeze(this);
    }

    static canParse(text: string | { toString(): string }, base?: string | { toString(): string }): boolean {
      return host.url(String(text), base === undefined ? undefined : String(base)) !== "null";
    }

    toString(): string {
      return this.href;
    }

    toJSON(): string {
      return this.href;
    }
  };
}

/** A copy of plain data, dates, maps, sets and bytes; circles stay circles. */
function clone(value: unknown, known: Map<unknown, unknown>): unknown {
  if (typeof value === "function" || typeof value === "symbol") throw new TypeError("it cannot be cloned");
  if (typeof value !== "object" || value === null) return value;
  if (known.has(value)) return known.get(value);
  const keep = <T>(copy: T): T => {
    known.set(value, copy);
    return copy;
  };
  if (value instanceof Date) return keep(new Date(value));
  if (value instanceof ArrayBuffer) return keep(value.slice(0));
  if (ArrayBuffer.isView(value)) {
    const { constructor } = value as unknown as { constructor: new (buffer: ArrayBuffer) => unknown };
    return keep(new constructor(bufferOf(value)));
  }
  if (value instanceof Map) {
    const copy = keep(new Map());
    for (const [key, member] of value) copy.set(clone(key, known), clone(member, known));
    return copy;
  }
  if (value instanceof Set) {
    const copy = keep(new Set());
    for (const member of value) copy.add(clone(member, known));
    return copy;
  }
  const copy = keep<Record<string, unknown>>(Array.isArray(value) ? ([] as never) : {});
  for (const [key, member] of Object.entries(value)) {
    Object.defineProperty(copy, key, {
      value: clone(member, known),
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return copy;
}

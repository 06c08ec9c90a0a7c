import { LimpidError } from "../sdk/base/index.js";

/**
 * What an extension's code finds in its global scope: the language, and what can neither load, send, nor store. `gc` is there
 * if V8 runs with `--expose-gc`; it cannot be taken out, and does nothing but collect garbage.
 */
const allowedGlobals: ReadonlySet<string> = new Set(
  `globalThis self Infinity NaN undefined parseFloat parseInt isFinite isNaN decodeURI decodeURIComponent encodeURI
  encodeURIComponent escape unescape Object Boolean Symbol Number BigInt Math Date String RegExp Array Map Set WeakMap
  WeakSet WeakRef FinalizationRegistry JSON Promise Reflect Proxy Intl Iterator AsyncIterator ArrayBuffer
  SharedArrayBuffer DataView Atomics Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array
  Float16Array Float32Array Float64Array BigInt64Array BigUint64Array Error AggregateError EvalError RangeError
  ReferenceError SyntaxError TypeError URIError SuppressedError DisposableStack AsyncDisposableStack WebAssembly
  setTimeout clearTimeout setInterval clearInterval queueMicrotask structuredClone atob btoa TextEncoder TextDecoder
  URL URLSearchParams AbortController AbortSignal Event EventTarget DOMException crypto Crypto SubtleCrypto CryptoKey
  Blob ImageData ImageBitmap createImageBitmap OffscreenCanvas OffscreenCanvasRenderingContext2D ReadableStream
  WritableStream TransformStream CompressionStream DecompressionStream gc`.split(/\s+/),
);

/** What is put back for an extension that may use the network. */
const networkGlobals = ["Headers", "Request", "Response"] as const;

/** What the sealed scope is given besides the language. */
export interface SealedGlobals {
  /** Reaches the hosts that were granted; undefined if none were. */
  readonly fetch: typeof fetch | undefined;
  /** Goes to the host. */
  readonly console: Pick<Console, "debug" | "info" | "log" | "warn" | "error">;
}

/**
 * Takes everything out of this worker's global scope that is not on the list: what loads code, talks to servers, other
 * pages or the page itself, or stores. A list of what stays, not of what goes, so that what browsers bring next year is
 * gone too. Code from texts is gone as well: with it, a dynamic `import` could be written that nobody has seen.
 *
 * In browsers nothing else is in a worker's scope. In Node this keeps honest code honest, but Node does not promise that a
 * thread cannot find its process.
 *
 * @param globals - what is put in
 * @throws {@link LimpidError} `ExtensionFailed` if something cannot be taken out: then no code may run here
 */
export function sealGlobals(globals: SealedGlobals): void {
  const scope = globalThis as unknown as Record<string, unknown>;
  const network = globals.fetch === undefined ? [] : networkGlobals;
  const kept = network.map((name) => [name, scope[name]] as const);
  const now = performance.now.bind(performance);
  refuseTimersOfText(scope);
  refuseCodeFromText();
  Reflect.deleteProperty(URL, "createObjectURL");
  Reflect.deleteProperty(URL, "revokeObjectURL");
  const left = removeAllBut(allowedGlobals);
  if (left.length > 0) {
    throw new LimpidError("ExtensionFailed", `the worker's scope cannot be sealed: ${left.join(", ")} stay`, {
      details: { left },
    });
  }
  for (const [name, value] of kept) define(scope, name, value);
  if (globals.fetch !== undefined) define(scope, "fetch", globals.fetch);
  define(scope, "Function", (() => undefined).constructor);
  define(scope, "console", Object.freeze(globals.console));
  define(scope, "performance", Object.freeze({ now }));
}

/** Empties the scope and the prototypes that belong to it alone; returns what cannot be removed. */
function removeAllBut(allowed: ReadonlySet<string>): string[] {
  const left: string[] = [];
  const shared: readonly unknown[] = [
    Object.prototype,
    typeof EventTarget === "function" && EventTarget.prototype,
  ];
  for (
    let scope: object | null = globalThis;
    scope !== null && !shared.includes(scope);
    scope = Object.getPrototypeOf(scope) as object | null
  ) {
    for (const name of Object.getOwnPropertyNames(scope)) {
      if (allowed.has(name) || isConstant(scope, name)) continue;
      if (!Reflect.deleteProperty(scope, name)) left.push(name);
    }
  }
  return left;
}

/** A number or text that cannot be removed, such as `TEMPORARY`, leads nowhere. */
function isConstant(scope: object, name: string): boolean {
  const descriptor = Object.getOwnPropertyDescriptor(scope, name);
  if (descriptor?.configurable !== false || descriptor.writable !== false) return false;
  const value: unknown = descriptor.value;
  return Object(value) !== value;
}

/** `setTimeout("code")` is an `eval`. */
function refuseTimersOfText(scope: Record<string, unknown>): void {
  for (const name of ["setTimeout", "setInterval"]) {
    const original = scope[name] as (handler: () => unknown, time?: unknown) => unknown;
    define(scope, name, (handler: unknown, time?: unknown, ...args: readonly unknown[]) => {
      if (typeof handler !== "function") throw new TypeError("a timer takes a function");
      return original(() => (handler as (...args: readonly unknown[]) => unknown)(...args), time);
    });
  }
}

/** Every kind of function has a constructor that compiles text; `eval` itself is not on the list. */
function refuseCodeFromText(): void {
  const kinds = [
    () => undefined,
    async () => Promise.resolve(),
    function* () {
      yield 0;
    },
    async function* () {
      yield Promise.resolve(0);
    },
  ];
  for (const kind of kinds) {
    const prototype = Object.getPrototypeOf(kind) as object;
    const refuse = (): never => {
      throw new TypeError("code from text is not allowed in an extension");
    };
    // Whether something is a function can still be asked.
    Object.defineProperty(refuse, "prototype", { value: prototype });
    define(prototype, "constructor", refuse);
  }
}

function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: false, enumerable: false, configurable: false });
}

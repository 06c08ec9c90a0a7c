import variant from "@jitl/quickjs-singlefile-mjs-release-sync";
import {
  errors,
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSContext,
  type QuickJSHandle,
} from "quickjs-emscripten-core";
import type { MessagePortLike } from "../sdk/bridge/index.js";
import { guardFetch } from "./guarded-fetch.js";
import guestProgram from "./guest-program.js";
import { Relay } from "./relay.js";
import { decodeMessage, encodeMessage } from "./wire-text.js";

/** How an extension's engine is held. */
export interface SandboxOptions {
  /** Most memory of the extension's values, in bytes, typed arrays and the engine's own included. */
  readonly memoryLimit: number;
}

/** The longest text that the engine may hand out at a time, in UTF-16 code units. */
const maximumText = 4 << 20;
/** The longest body that a `fetch` brings in, in bytes. */
const maximumBody = 64 << 20;
/** What the engine itself takes before any code runs, in bytes: its program declares it. */
const engineMemory = 16 << 20;
/** A page of WebAssembly's memory, in bytes. */
const pageSize = 64 << 10;
/** How many timers may run, and how many fetches. */
const [maximumTimers, maximumFetches] = [1000, 16];
/** The longest time that a timer knows, in milliseconds. */
const longestDelay = 2 ** 31 - 1;
/** How deep calls may nest, in bytes of the engine's stack. */
const stackSize = 512 << 10;

/**
 * Runs the code of an extension in an engine of its own: QuickJS, compiled to WebAssembly. The code finds the language there
 * and what `guest/main.ts` gives it, and nothing of the browser or of Node; its memory is the engine's, which has a limit.
 * What it sends goes through a {@link Relay}. This worker is trusted; what is in the engine is not.
 *
 * @param port - the way to the page or process; it belongs to the sandbox from here on
 * @param options - limits
 */
export async function runSandbox(port: MessagePortLike, { memoryLimit }: SandboxOptions): Promise<void> {
  const relay = new Relay(port, memoryLimit);
  try {
    const engine = await newQuickJSWASMModuleFromVariant(
      newVariant(variant, { wasmMemory: makeMemory(memoryLimit) }),
    );
    const runtime = engine.newRuntime();
    runtime.setMemoryLimit(memoryLimit);
    runtime.setMaxStackSize(stackSize);
    new Sandbox(runtime.newContext(), relay, memoryLimit);
  } catch (error) {
    relay.end(`its engine cannot start: ${describe(error)}`);
  }
}

/** The engine's memory, which grows no further than the limit: whatever its own count leaves out is held too. */
function makeMemory(limit: number): WebAssembly.Memory {
  const maximum = Math.ceil((limit + engineMemory) / pageSize);
  return new WebAssembly.Memory({ initial: engineMemory / pageSize, maximum });
}

/** One engine and the way to it. */
class Sandbox {
  readonly #vm: QuickJSContext;
  readonly #relay: Relay;
  readonly #receive: QuickJSHandle;
  readonly #copy: QuickJSHandle;
  readonly #maximumBytes: number;
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();
  readonly #fetches = new Map<number, AbortController>();
  #fetch: typeof fetch | undefined;
  /** Bytes of bodies that fetches have brought so far and not handed over. */
  #fetched = 0;
  #code = "";

  constructor(vm: QuickJSContext, relay: Relay, maximumBytes: number) {
    this.#vm = vm;
    this.#relay = relay;
    this.#maximumBytes = maximumBytes;
    const host = this.#makeHost();
    // Taken before the extension can change what it calls.
    const copy =
      "((slice, call) => (buffer) => call(slice, buffer, [0]))(ArrayBuffer.prototype.slice, Reflect.apply)";
    this.#copy = vm.unwrapResult(vm.evalCode(copy));
    const program = vm.unwrapResult(vm.evalCode(guestProgram, "limpid.js"));
    this.#receive = vm.unwrapResult(vm.callFunction(program, vm.undefined, host));
    program.dispose();
    host.dispose();
    relay.listen((message) => {
      const { text, buffers } = encodeMessage(this.#withoutCode(message));
      this.#deliver("message", text, buffers);
    });
  }

  /** The code stays out of the engine until it is loaded there; what it may reach stays out for good. */
  #withoutCode(message: unknown): unknown {
    const request = message as { readonly method?: unknown; readonly params?: Activation };
    if (request.method !== "activate" || request.params === undefined) return message;
    const { code, domains } = request.params;
    this.#code = new TextDecoder().decode(code);
    if (domains.length > 0) this.#fetch = guardFetch(domains);
    return { ...request, params: { ...request.params, code: new Uint8Array(0) } };
  }

  /** Hands something to the program in the engine, and lets everything run that follows from it. */
  #deliver(kind: string, text: string, buffers: readonly ArrayBuffer[] = []): void {
    const vm = this.#vm;
    this.#run(() => {
      const list = vm.newArray();
      for (const [index, buffer] of buffers.entries()) {
        const handle = this.#newBuffer(buffer);
        vm.setProp(list, index, handle);
        handle.dispose();
      }
      const args = [vm.newString(kind), vm.newString(text), list];
      const result = vm.callFunction(this.#receive, vm.undefined, ...args);
      for (const handle of args) handle.dispose();
      vm.unwrapResult(result).dispose();
    });
  }

  #run(work: () => void): void {
    if (this.#relay.isEnded) return;
    const { runtime } = this.#vm;
    try {
      work();
      for (;;) {
        const done = this.#vm.unwrapResult(runtime.executePendingJobs(1000));
        if (done === 0 || this.#relay.isEnded) return;
      }
    } catch (error) {
      this.#relay.end(isOutOfMemory(error) ? "it ran out of memory" : `its engine fails: ${describe(error)}`);
    }
  }

  /** A buffer that the engine itself has allocated: only such ones count. */
  #newBuffer(bytes: ArrayBuffer): QuickJSHandle {
    const vm = this.#vm;
    return vm
      .newArrayBuffer(bytes)
      .consume((given) => vm.unwrapResult(vm.callFunction(this.#copy, vm.undefined, given)));
  }

  #makeHost(): QuickJSHandle {
    const vm = this.#vm;
    const host = vm.newObject();
    const add = (name: string, run: (...args: QuickJSHandle[]) => unknown): void => {
      const handle = vm.newFunction(
        name,
        (...args) => (run(...args) as QuickJSHandle | undefined) ?? vm.undefined,
      );
      vm.setProp(host, name, handle);
      handle.dispose();
    };
    add("post", (text, list) => {
      const [json, buffers] = [this.#textOf(text), this.#buffersOf(list)];
      if (this.#relay.isEnded) return;
      try {
        const message = decodeMessage({ text: json, buffers });
        this.#relay.send({ message, text: json.length, buffers });
      } catch (error) {
        this.#relay.end(`it sent what is no message: ${describe(error)}`);
      }
    });
    add("end", (reason) => this.#relay.end(this.#textOf(reason).slice(0, 1000)));
    add("timer", (id, delay) => {
      return this.#startTimer(vm.getNumber(id), vm.getNumber(delay)) ? vm.true : vm.false;
    });
    add("cancelTimer", (id) => this.#cancelTimer(vm.getNumber(id)));
    add("now", () => vm.newNumber(performance.now()));
    add("encode", (text) => {
      const bytes = new TextEncoder().encode(this.#textOf(text));
      return this.#newBuffer(bytes.buffer);
    });
    add("decode", (buffer) => {
      const [bytes] = [vm.getArrayBuffer(buffer)];
      const text = new TextDecoder().decode(bytes.value.slice());
      bytes.dispose();
      return vm.newString(text);
    });
    add("random", (size) => {
      const bytes = crypto.getRandomValues(new Uint8Array(Math.min(vm.getNumber(size), 65_536)));
      return this.#newBuffer(bytes.buffer);
    });
    add("url", (text, base) => {
      const from = vm.typeof(base) === "string" ? this.#textOf(base) : undefined;
      return vm.newString(JSON.stringify(parseUrl(this.#textOf(text), from) ?? null));
    });
    add("fetch", (id, request, list) => {
      const number = vm.getNumber(id);
      const [init, [body]] = [JSON.parse(this.#textOf(request)) as FetchRequest, this.#buffersOf(list)];
      void this.#answerFetch(number, init, body);
    });
    add("cancelFetch", (id) => this.#fetches.get(vm.getNumber(id))?.abort());
    vm.newFunction("load", () => {
      const result = vm.evalCode(this.#code, "extension.js", { type: "module" });
      this.#code = "";
      return result.error ? { error: result.error } : result.value;
    }).consume((handle) => vm.setProp(host, "load", handle));
    return host;
  }

  #startTimer(id: number, delay: number): boolean {
    this.#cancelTimer(id);
    if (this.#timers.size >= maximumTimers) return false;
    const fire = (): void => {
      this.#timers.delete(id);
      this.#deliver("timer", String(id));
    };
    this.#timers.set(id, setTimeout(fire, Math.min(Math.max(delay, 0), longestDelay)));
    return true;
  }

  #cancelTimer(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }

  async #answerFetch(id: number, request: FetchRequest, body: ArrayBuffer | undefined): Promise<void> {
    const giveUp = new AbortController();
    let length = 0;
    const take = (count: number): void => {
      length += count;
      this.#fetched += count;
      const most = Math.min(maximumBody, this.#maximumBytes);
      if (length > most || this.#fetched > this.#maximumBytes) {
        throw new TypeError(`the answer has more than ${most} bytes, or the answers together too many`);
      }
    };
    try {
      if (this.#fetch === undefined) throw new TypeError("this extension may not use the network");
      if (this.#fetches.has(id) || this.#fetches.size >= maximumFetches) {
        throw new TypeError(`more than ${maximumFetches} fetches run`);
      }
      this.#fetches.set(id, giveUp);
      const { url, method, headers } = request;
      const { signal } = giveUp;
      const response = await this.#fetch(url, { method, headers, signal, ...(body && { body }) });
      const bytes = await readBody(response, take);
      const { status, statusText } = response;
      const answer = { id, status, statusText, url: response.url, headers: [...response.headers] };
      this.#deliver("fetch", JSON.stringify(answer), [bytes]);
    } catch (error) {
      this.#deliver("fetch", JSON.stringify({ id, error: describe(error).replace(/^TypeError: /, "") }));
    } finally {
      this.#fetched -= length;
      if (this.#fetches.get(id) === giveUp) this.#fetches.delete(id);
    }
  }

  #textOf(handle: QuickJSHandle): string {
    const vm = this.#vm;
    const length = vm.getProp(handle, "length").consume((value) => vm.getNumber(value));
    if (vm.typeof(handle) !== "string" || length > maximumText) {
      this.#relay.end(`it sent more than ${maximumText} characters at once`);
      return "";
    }
    return vm.getString(handle);
  }

  #buffersOf(list: QuickJSHandle): ArrayBuffer[] {
    const vm = this.#vm;
    const length = vm.getProp(list, "length").consume((value) => vm.getNumber(value));
    let total = 0;
    return Array.from({ length: Math.min(length, 16) }, (_, index) =>
      vm.getProp(list, index).consume((handle) => {
        return vm.getArrayBuffer(handle).consume(({ value: bytes }) => {
          // One buffer may be in the list many times.
          total += bytes.byteLength;
          if (total > this.#maximumBytes) throw new RangeError("a message has too many bytes");
          return bytes.slice().buffer;
        });
      }),
    );
  }
}

interface Activation {
  readonly code: Uint8Array;
  readonly domains: readonly string[];
}

interface FetchRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: [string, string][];
}

async function readBody(response: Response, take: (count: number) => void): Promise<ArrayBuffer> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const reader = response.body?.getReader();
  try {
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done || value === undefined) break;
      take(value.byteLength);
      parts.push(value);
    }
  } catch (error) {
    await reader?.cancel();
    throw error;
  }
  return new Blob(parts).arrayBuffer();
}

function parseUrl(text: string, base: string | undefined): object | undefined {
  try {
    const { href, origin, protocol, host, hostname, port, pathname, search, hash } = new URL(text, base);
    return { href, origin, protocol, host, hostname, port, pathname, search, hash };
  } catch {
    return undefined;
  }
}

/** QuickJS throws null where it has no room left for the error itself. */
function isOutOfMemory(error: unknown): boolean {
  if (!(error instanceof errors.QuickJSUnwrapError)) return false;
  return error.cause === null || describe(error.cause).startsWith("InternalError: out of memory");
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

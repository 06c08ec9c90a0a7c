import { LimpidError, openUrl, throwIfAborted } from "../base/index.js";
import { checkPackPath } from "./pack-path.js";

/** How a {@link PackSource} is to open a file. */
export interface OpenFileOptions {
  /** The first byte that is wanted; those before it are there already. */
  readonly offset: number;
  /** Gives up when it fires. */
  readonly signal?: AbortSignal;
}

/** A file on its way from a {@link PackSource}. */
export interface OpenedFile {
  /** Where its bytes begin: at the offset that was asked for or, if the source cannot start there, at 0. */
  readonly offset: number;
  /** Its bytes from there on. Whoever stops early calls `return` of the iterator, as `for await` does. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** Where a pack's files come from. What it gives is checked against the pack's own hashes; it need not be trusted. */
export interface PackSource {
  /** What errors call it and what is noted of an installed pack, such as its address. */
  readonly name: string;
  /**
   * Where it is, if that says whose it is: updates must come from the same address, but for the version in it. Left out for
   * files that anybody may have handed over.
   */
  readonly address?: string;
  /** Which npm package it must be, if that was named. */
  readonly expected?: PackIdentity;
  /**
   * Opens a file.
   *
   * @param path - inside the pack, with `/`, checked
   * @param options - where to begin, and a signal
   * @returns undefined if the pack has no such file
   * @throws {@link LimpidError} `PackUnavailable` if it cannot be had now, `Aborted`
   */
  open(path: string, options: OpenFileOptions): Promise<OpenedFile | undefined>;
}

/** One version of an npm package. */
export interface PackIdentity {
  /** The package's name, such as `@acme/limpid-descreen`. */
  readonly name: string;
  /** Its version, semantic. */
  readonly version: string;
}

/** How files behind an address are fetched. */
export interface FetchPackOptions {
  /**
   * Fetches instead of the global `fetch`: to add a header, or to follow redirections, which are refused otherwise because
   * they may lead to a place that nobody named.
   */
  readonly fetch?: typeof fetch;
  /** Longest time without a byte from the server, in milliseconds; 30 seconds if left out. */
  readonly timeout?: number;
}

/**
 * A pack in a folder behind a URL. Nothing else is ever fetched.
 *
 * @param base - the folder that holds the pack's `package.json`, `http:` or `https:`; a query is dropped
 * @param options - how to fetch
 * @returns the source; it goes on with a file that was begun, if the server knows ranges
 * @throws {@link LimpidError} `InvalidArgument` if `base` is no absolute URL, nor relative to a page's
 */
export function packFromUrl(base: string | URL, options: FetchPackOptions = {}): PackSource {
  const folder = folderOf(base);
  return {
    name: folder.href,
    address: folder.href,
    open: (path, { offset, signal }) =>
      openUrl(new URL(encodeURI(checkPackPath(path)), folder), {
        ...options,
        offset,
        signal,
        fail: (message, details, cause) => new LimpidError("PackUnavailable", message, { details, cause }),
      }),
  };
}

/**
 * A pack whose files are in memory.
 *
 * @param files - bytes by path, `package.json` and `integrity.json` among them
 * @param name - what errors call it
 * @returns the source
 */
export function packFromFiles(
  files: ReadonlyMap<string, Uint8Array>,
  name = "the pack in memory",
): PackSource {
  return {
    name,
    open(path, { offset, signal }) {
      throwIfAborted(signal);
      const bytes = files.get(path);
      return Promise.resolve(bytes && { offset, bytes: once(bytes.subarray(offset)) });
    },
  };
}

function folderOf(base: string | URL): URL {
  let url: URL;
  try {
    url = new URL(base, typeof location === "undefined" ? undefined : location.href);
  } catch (cause) {
    throw new LimpidError("InvalidArgument", `${JSON.stringify(String(base))} is no address of a pack`, {
      cause,
    });
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw new LimpidError("InvalidArgument", `${url.href} is no address that packs can be fetched from`);
  }
  url.search = "";
  url.hash = "";
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}

// eslint-disable-next-line @typescript-eslint/require-await -- an asynchronous iterator of what is there already
async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

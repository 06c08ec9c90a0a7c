import { Inflate } from "fflate";
import { crc32, LimpidError } from "../base/index.js";
import { allocateBytes } from "./allocate.js";
import { fail, quote } from "./invalid-file.js";

/** What the central directory says of one entry. */
export interface ZipEntry {
  readonly name: string;
  /** 0 for stored, 8 for deflated. */
  readonly method: number;
  /** CRC-32 of the content. */
  readonly checksum: number;
  /** Bytes in the archive. */
  readonly storedSize: number;
  /** Bytes of the content, as claimed. Backed by the archive's own length only if `method` is 0. */
  readonly size: number;
  readonly headerOffset: number;
}

/** How many bytes all deflated entries of one archive may grow to. */
const maximumInflatedBytes = 512 * 2 ** 20;

/** Compressed bytes inflated at a time; deflate grows them at most 1032-fold before the size is checked. */
const inflateChunk = 1 << 13;

const endSignature = 0x06054b50;
const end64Signature = 0x06064b50;
const locator64Signature = 0x07064b50;
const entrySignature = 0x02014b50;
const localSignature = 0x04034b50;
const endSize = 22;
const end64Size = 56;
const locator64Size = 20;
const entrySize = 46;
const localSize = 30;
const maximumCommentLength = 0xffff;
const saturated16 = 0xffff;
const saturated32 = 0xffffffff;

/**
 * Whether a file starts like a ZIP archive, that is with the local header of its first entry.
 *
 * @param bytes - the file, or its start
 * @returns true for `PK` and the header's number
 */
export function isZipArchive(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 0x03 && bytes[3] === 0x04;
}

/**
 * The entries of a ZIP archive (PKWARE APPNOTE 6.3, ZIP64 included), read from its central directory alone.
 * Stored entries, which is how PyTorch writes all of them, are views onto the archive rather than copies;
 * nothing is allocated on the word of a size that the archive claims.
 */
export class ZipArchive {
  /** The entries by name, in the order of the directory. */
  readonly entries: ReadonlyMap<string, ZipEntry>;

  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #inflatable = maximumInflatedBytes;

  /**
   * @param bytes - the whole archive; kept, not copied
   * @throws {@link LimpidError} `InvalidTensorFile` if the directory is malformed, names an entry twice, or
   *   claims more stored bytes than the archive has
   */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.entries = this.#readDirectory();
  }

  /**
   * The content of an entry, checked against its size and its CRC-32.
   *
   * @returns a view onto the archive for a stored entry, the caller's own bytes for a deflated one
   * @throws {@link LimpidError} `InvalidTensorFile` if the entry is damaged, or inflates to another size than it
   *   claims, or all entries read so far would pass 512 MiB inflated
   */
  read(entry: ZipEntry): Uint8Array {
    const { name, headerOffset } = entry;
    this.#demand(headerOffset, localSize, localSignature, `the local header of ${quote(name)}`);
    const nameLength = this.#view.getUint16(headerOffset + 26, true);
    const extraLength = this.#view.getUint16(headerOffset + 28, true);
    const start = headerOffset + localSize + nameLength + extraLength;
    if (start + entry.storedSize > this.#bytes.byteLength) {
      fail(
        `entry ${quote(name)} claims bytes ${start} to ${start + entry.storedSize}, ` +
          `but the archive ends at ${this.#bytes.byteLength}`,
      );
    }
    const stored = this.#bytes.subarray(start, start + entry.storedSize);
    const content = entry.method === 0 ? stored : this.#inflate(entry, stored);
    const checksum = crc32(content);
    if (checksum !== entry.checksum) {
      fail(
        `entry ${quote(name)} is damaged: its CRC-32 is ${checksum.toString(16)}, ` +
          `not ${entry.checksum.toString(16)}`,
      );
    }
    return content;
  }

  #inflate(entry: ZipEntry, stored: Uint8Array): Uint8Array {
    if (entry.size > this.#inflatable) {
      fail(
        `entry ${quote(entry.name)} claims to inflate to ${entry.size} bytes; ` +
          `${this.#inflatable} are left of the ${maximumInflatedBytes} that compressed entries may take`,
      );
    }
    const chunks: Uint8Array[] = [];
    let length = 0;
    const inflate = new Inflate((chunk) => {
      length += chunk.byteLength;
      if (length > entry.size) {
        fail(`entry ${quote(entry.name)} inflates to more than the ${entry.size} bytes that it claims`);
      }
      chunks.push(chunk);
    });
    try {
      for (let start = 0; start < stored.byteLength; start += inflateChunk) {
        const end = Math.min(start + inflateChunk, stored.byteLength);
        inflate.push(stored.subarray(start, end), end === stored.byteLength);
      }
    } catch (cause) {
      if (LimpidError.is(cause)) {
        throw cause;
      }
      throw new LimpidError("InvalidTensorFile", `entry ${quote(entry.name)} is not valid deflate data`, {
        cause,
      });
    }
    if (length !== entry.size) {
      fail(`entry ${quote(entry.name)} inflates to ${length} bytes, not the ${entry.size} that it claims`);
    }
    this.#inflatable -= length;
    const content = allocateBytes(length, `entry ${quote(entry.name)}`);
    let offset = 0;
    for (const chunk of chunks) {
      content.set(chunk, offset);
      offset += chunk.byteLength;
    }
    return content;
  }

  #readDirectory(): ReadonlyMap<string, ZipEntry> {
    const { count, offset: start, size } = this.#findDirectory();
    const end = start + size;
    if (end > this.#bytes.byteLength) {
      fail(
        `the central directory claims bytes ${start} to ${end}, but the archive ends at ${this.#bytes.byteLength}`,
      );
    }
    const entries = new Map<string, ZipEntry>();
    let position = start;
    let storedBytes = 0;
    for (let index = 0; index < count; index++) {
      const { entry, next } = this.#readEntry(position, end);
      if (entries.has(entry.name)) {
        fail(`the archive has two entries named ${quote(entry.name)}`);
      }
      entries.set(entry.name, entry);
      storedBytes += localSize + entry.storedSize;
      position = next;
    }
    if (position !== end) {
      fail(`the central directory has ${end - position} bytes after its ${count} entries`);
    }
    // Entries that share bytes are how small archives claim huge contents.
    if (storedBytes > this.#bytes.byteLength) {
      fail(`the entries claim ${storedBytes} stored bytes, but the archive has ${this.#bytes.byteLength}`);
    }
    return entries;
  }

  /** Where the central directory is, from the record at the end of the archive. */
  #findDirectory(): { count: number; offset: number; size: number } {
    const view = this.#view;
    const last = this.#bytes.byteLength - endSize;
    for (let at = last; at >= 0 && at >= last - maximumCommentLength; at--) {
      if (view.getUint32(at, true) !== endSignature || view.getUint16(at + 20, true) !== last - at) {
        continue;
      }
      const count = view.getUint16(at + 10, true);
      const size = view.getUint32(at + 12, true);
      const offset = view.getUint32(at + 16, true);
      if (count === saturated16 || size === saturated32 || offset === saturated32) {
        return this.#findDirectory64(at - locator64Size);
      }
      return { count, offset, size };
    }
    fail(`the ZIP archive of ${this.#bytes.byteLength} bytes has no directory at its end: it is truncated`);
  }

  #findDirectory64(locator: number): { count: number; offset: number; size: number } {
    this.#demand(locator, locator64Size, locator64Signature, "the ZIP64 locator");
    const at = this.#uint64(locator + 8);
    this.#demand(at, end64Size, end64Signature, "the ZIP64 end of the directory");
    return { count: this.#uint64(at + 32), size: this.#uint64(at + 40), offset: this.#uint64(at + 48) };
  }

  #readEntry(at: number, end: number): { entry: ZipEntry; next: number } {
    const view = this.#view;
    this.#demand(at, entrySize, entrySignature, "a directory entry");
    const nameLength = view.getUint16(at + 28, true);
    const extraLength = view.getUint16(at + 30, true);
    const commentLength = view.getUint16(at + 32, true);
    const extra = at + entrySize + nameLength;
    const next = extra + extraLength + commentLength;
    if (next > end) {
      fail(`the directory entry at byte ${at} reaches past the directory, which ends at ${end}`);
    }
    const name = this.#decodeName(at + entrySize, nameLength);
    const method = view.getUint16(at + 10, true);
    if ((view.getUint16(at + 8, true) & 1) !== 0) {
      fail(`entry ${quote(name)} is encrypted`);
    }
    if (method !== 0 && method !== 8) {
      fail(
        `entry ${quote(name)} is compressed by method ${method}; only stored (0) and deflated (8) are read`,
      );
    }
    const wide = this.#wideFields(extra, extraLength);
    const field = (offset: number): number => {
      const value = view.getUint32(at + offset, true);
      return value === saturated32 ? wide(name) : value;
    };
    // ZIP64 lists the saturated fields in this order.
    const size = field(24);
    const storedSize = field(20);
    const headerOffset = field(42);
    if (method === 0 && size !== storedSize) {
      fail(`entry ${quote(name)} is stored in ${storedSize} bytes, but claims ${size}`);
    }
    const checksum = view.getUint32(at + 16, true);
    return { entry: { name, method, checksum, storedSize, size, headerOffset }, next };
  }

  /** Hands out the 64-bit values of an entry's ZIP64 extra field, one per call. */
  #wideFields(extra: number, extraLength: number): (name: string) => number {
    let position = 0;
    let end = 0;
    for (let at = extra; at + 4 <= extra + extraLength;) {
      const length = this.#view.getUint16(at + 2, true);
      if (this.#view.getUint16(at, true) === 1) {
        position = at + 4;
        end = Math.min(position + length, extra + extraLength);
        break;
      }
      at += 4 + length;
    }
    return (name) => {
      if (position + 8 > end) {
        fail(`entry ${quote(name)} lacks its ZIP64 sizes`);
      }
      position += 8;
      return this.#uint64(position - 8);
    };
  }

  #decodeName(start: number, length: number): string {
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(this.#bytes.subarray(start, start + length));
    } catch (cause) {
      throw new LimpidError("InvalidTensorFile", `the entry name at byte ${start} is not valid UTF-8`, {
        cause,
      });
    }
  }

  #uint64(at: number): number {
    const value = this.#view.getUint32(at + 4, true) * 2 ** 32 + this.#view.getUint32(at, true);
    if (!Number.isSafeInteger(value)) {
      fail(`the ZIP64 field at byte ${at} is too large`);
    }
    return value;
  }

  #demand(at: number, size: number, signature: number, what: string): void {
    if (at < 0 || at + size > this.#bytes.byteLength || this.#view.getUint32(at, true) !== signature) {
      fail(`${what} is not at byte ${at} of the ZIP archive's ${this.#bytes.byteLength}`);
    }
  }
}

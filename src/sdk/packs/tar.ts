const blockSize = 512;
/** The longest header with a long name, in bytes. */
const maximumHeader = 64 << 10;

/**
 * Reads a tar archive (POSIX ustar, with the long names of pax and of GNU). Links, devices and the like are refused.
 *
 * @param tar - the whole archive, unpacked
 * @param maximumEntries - the most files, folders and headers
 * @returns bytes by path, views onto the archive
 * @throws Error that says what is wrong with it
 */
export function readTar(tar: Uint8Array, maximumEntries: number): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  let longName: string | undefined;
  let entries = 0;
  for (let at = 0; at + blockSize <= tar.byteLength;) {
    const header = tar.subarray(at, at + blockSize);
    if (header.every((byte) => byte === 0)) return files;
    requireChecksum(header, at);
    if (++entries > maximumEntries) throw new Error(`it has more than ${maximumEntries} files`);
    const size = readOctal(header, 124, 12);
    const start = at + blockSize;
    if (start + size > tar.byteLength) throw new Error("it is cut short");
    const content = tar.subarray(start, start + size);
    at = start + Math.ceil(size / blockSize) * blockSize;
    const type = String.fromCharCode(header[156]!);
    if ((type === "x" || type === "L") && size > maximumHeader) {
      throw new Error(`it has a header of ${size} bytes, at most ${maximumHeader} are read`);
    }
    if (type === "x") longName = paxPath(content) ?? longName;
    else if (type === "L") longName = readText(content, 0, content.length);
    else {
      const path = longName ?? readPath(header);
      longName = undefined;
      // Global pax headers say nothing of names, and folders come with their files.
      if (type === "g" || type === "5") continue;
      if (type !== "0" && type !== "\0") {
        throw new Error(`${JSON.stringify(path)} is a link or a device, not a file`);
      }
      if (files.has(path)) throw new Error(`${JSON.stringify(path)} is in it twice`);
      files.set(path, content);
    }
  }
  throw new Error("it is cut short");
}

/** The sum of the header's bytes, its own field taken as spaces. */
function requireChecksum(header: Uint8Array, at: number): void {
  let sum = 8 * 0x20;
  for (let index = 0; index < blockSize; index++) {
    if (index < 148 || index >= 156) sum += header[index]!;
  }
  if (sum !== readOctal(header, 148, 8)) throw new Error(`it is no tar archive: byte ${at} is no header`);
}

function readOctal(header: Uint8Array, offset: number, length: number): number {
  const digits = readText(header, offset, length).trim();
  if (!/^[0-7]+$/.test(digits)) throw new Error("it is no tar archive: a number is not octal");
  return Number.parseInt(digits, 8);
}

function readText(bytes: Uint8Array, offset: number, length: number): string {
  const field = bytes.subarray(offset, offset + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

function readPath(header: Uint8Array): string {
  const name = readText(header, 0, 100);
  const prefix = readText(header, 257, 5) === "ustar" ? readText(header, 345, 155) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

/** The path in a pax header, whose records are `LENGTH KEY=VALUE\n`. */
function paxPath(content: Uint8Array): string | undefined {
  let found: string | undefined;
  for (let at = 0; at < content.length;) {
    const length = Number.parseInt(readText(content, at, 16), 10);
    if (!(length > 0) || at + length > content.length) throw new Error("it has a damaged pax header");
    const record = /^\d+ ([^=]+)=([^]*)\n$/.exec(new TextDecoder().decode(content.subarray(at, at + length)));
    if (record?.[1] === "path") found = record[2];
    at += length;
  }
  return found;
}

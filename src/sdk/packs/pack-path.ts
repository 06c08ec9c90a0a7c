import { LimpidError } from "../base/index.js";

/** The longest path inside a pack, in UTF-8 bytes: what fits into a tar header's name beside `package/`. */
const maximumPathBytes = 91;

/** Names that Windows keeps for devices, whatever their extension. */
const deviceName = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\..*)?$/i;

/**
 * Checks a path inside a pack. It must name the same file inside the pack on every system: relative, with `/`, of
 * printable ASCII, no `.` or `..`, none of `\ : * ? " < > | % #`, no name that Windows reserves or changes.
 *
 * @param path - such as `experts/descreen.safetensors`; a leading `./` is taken off
 * @returns the path without a leading `./`
 * @throws {@link LimpidError} `UnsafePath` that says what is wrong with it
 */
export function checkPackPath(path: string): string {
  const relative = path.startsWith("./") ? path.slice(2) : path;
  const fault = describePathFault(relative);
  if (fault === undefined) return relative;
  throw unsafePath(path, fault);
}

/**
 * Checks all paths of a pack, which must be files of their own on every system.
 *
 * @param paths - without a leading `./`
 * @throws {@link LimpidError} `UnsafePath` for one that cannot be in a pack, or two that are one on some systems
 */
export function checkPackPaths(paths: readonly string[]): void {
  for (const path of paths) {
    const fault = describePathFault(path);
    if (fault !== undefined) throw unsafePath(path, fault);
  }
  const [collision] = findPathCollisions(paths);
  if (collision === undefined) return;
  throw new LimpidError("UnsafePath", `${collision[0]} and ${collision[1]} are one file on some systems`, {
    details: { path: collision[1] },
  });
}

/**
 * What is wrong with a path inside a pack.
 *
 * @param path - the path, without a leading `./`
 * @returns such as `leads out of the pack`; undefined if it is fine
 */
export function describePathFault(path: string): string | undefined {
  if (path === "") return "is empty";
  if (path.length > maximumPathBytes) return `is longer than ${maximumPathBytes} characters`;
  if (path.startsWith("/")) return "is absolute";
  if (/^[A-Za-z]:/.test(path)) return "names a drive";
  if (path.includes("\\")) return "has a backslash";
  if (!/^[\x20-\x7e]*$/.test(path)) return "has characters other than printable ASCII";
  if (/[:*?"<>|%#]/.test(path)) return `has one of : * ? " < > | % #`;
  for (const name of path.split("/")) {
    if (name === "") return "has an empty part";
    if (name === "..") return "leads out of the pack";
    if (name === ".") return "has a part that is a single dot";
    if (name.endsWith(".") || name.endsWith(" ") || name.startsWith(" ")) {
      return "has a part that begins or ends with a space or ends with a dot";
    }
    if (deviceName.test(name)) return `has the part ${name}, which Windows keeps for a device`;
  }
  return undefined;
}

/**
 * Finds paths that are the same file, or a file and a folder of one name, on a system that does not tell upper from
 * lower case.
 *
 * @param paths - paths that {@link checkPackPath} has passed
 * @returns pairs, in the order of the list
 */
export function findPathCollisions(paths: readonly string[]): [string, string][] {
  const files = new Map<string, string>();
  const folders = new Map<string, string>();
  const collisions: [string, string][] = [];
  for (const path of paths) {
    const folded = path.toLowerCase();
    const other = files.get(folded) ?? folders.get(folded);
    if (other !== undefined) collisions.push([other, path]);
    files.set(folded, path);
    for (let end = folded.indexOf("/"); end >= 0; end = folded.indexOf("/", end + 1)) {
      const folder = folded.slice(0, end);
      const file = files.get(folder);
      if (file !== undefined) collisions.push([file, path]);
      folders.set(folder, folders.get(folder) ?? path);
      // Two spellings of one folder are two folders on one system, and one on another.
      const spelled = folders.get(folder)!;
      if (spelled.slice(0, end) !== path.slice(0, end)) collisions.push([spelled, path]);
    }
  }
  return collisions;
}

function unsafePath(path: string, fault: string): LimpidError {
  return new LimpidError("UnsafePath", `the path ${JSON.stringify(path.slice(0, 200))} ${fault}`, {
    details: { path },
  });
}

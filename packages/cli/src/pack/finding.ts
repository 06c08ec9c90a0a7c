/** Something that is wrong with a pack. */
export interface PackFinding {
  /** Which part of the check found it. */
  readonly rule:
    | "manifest"
    | "files"
    | "licence"
    | "readme"
    | "size"
    | "expert"
    | "golden"
    | "clean"
    | "network"
    | "code"
    | "secret";
  /** The file, or the place in the manifest. */
  readonly path: string;
  readonly message: string;
  /** What to do about it. */
  readonly fix: string;
}

/**
 * A finding in a line.
 *
 * @param finding - what was found
 * @returns `rule: path message (fix)`
 */
export function describeFinding({ rule, path, message, fix }: PackFinding): string {
  return `${rule}: ${path} ${message} (${fix})`;
}

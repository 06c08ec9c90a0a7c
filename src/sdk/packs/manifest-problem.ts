import { LimpidError, listFaults } from "../base/index.js";

/** One fault of a manifest, an `integrity.json` or a signature file. */
export interface ManifestProblem {
  /** Where it is, such as `contributes.experts[0].sha256`; empty for the file as a whole. */
  readonly path: string;
  /** What stands there; undefined if something is missing. */
  readonly value: unknown;
  /** What is wrong with it, such as `is 12, expected a string`. */
  readonly message: string;
  /** What to do about it. */
  readonly fix: string;
}

/** The error for a file that breaks its format's rules. */
export function invalidManifest(
  file: string,
  name: string,
  problems: readonly ManifestProblem[],
): LimpidError {
  const faults = problems.map(({ path, message, fix }) => `${path || file} ${message} (${fix})`);
  return new LimpidError("InvalidManifest", `${file} of ${name}: ${listFaults(faults)}`, {
    details: { file, name, problems },
  });
}

/**
 * A value as a message shows it: short, on one line.
 *
 * @param value - any JSON value; undefined is "missing"
 */
export function showValue(value: unknown): string {
  if (value === undefined) return "missing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 76)}..."` : text;
}

/** The path of a member. */
export function joinPath(path: string, key: string | number): string {
  if (typeof key === "number") return `${path}[${key}]`;
  if (!/^[A-Za-z_$][\w$-]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}

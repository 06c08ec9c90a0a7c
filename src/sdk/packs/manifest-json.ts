import { invalidManifest, joinPath, type ManifestProblem } from "./manifest-problem.js";

/** How deep arrays and objects may nest; a manifest needs seven. */
const maximumDepth = 32;

/** The longest text that is read, in UTF-16 code units, and the most items of a list. */
const [maximumText, maximumItems] = [16_384, 512];

/** How many faults are told of a file; the work for more is not done. */
const maximumProblems = 100;

/**
 * Reads JSON that may come from anywhere, and refuses what two readers could read in two ways: a key that occurs twice,
 * half a surrogate pair, `__proto__`.
 *
 * @param bytes - UTF-8
 * @param maximumBytes - the longest file that is read
 * @param maximumKeys - the most keys of an object
 * @throws {@link LimpidError} `InvalidManifest`
 */
export function parseStrictJson(
  bytes: Uint8Array,
  file: string,
  name: string,
  maximumBytes: number,
  maximumKeys = 1000,
): unknown {
  const refuse = (message: string, fix: string): never => {
    throw invalidManifest(file, name, [{ path: "", value: undefined, message, fix }]);
  };
  if (bytes.byteLength > maximumBytes) {
    refuse(`has ${bytes.byteLength} bytes`, `at most ${maximumBytes} are read`);
  }
  let text = "";
  let value: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    refuse("is not UTF-8", "save it as UTF-8");
  }
  try {
    value = JSON.parse(text);
  } catch (error) {
    refuse(`is not JSON: ${error instanceof Error ? error.message : String(error)}`, "mend the syntax");
  }
  const problems = noteAmbiguities(text, maximumKeys);
  if (problems.length > 0) throw invalidManifest(file, name, problems);
  return value;
}

/** An array or object that the scan is within. */
interface Level {
  /** Keys so far; undefined in an array. */
  readonly keys: Set<string> | undefined;
  readonly path: string;
  key: string;
  index: number;
}

/** Goes through the tokens of a text that is valid JSON. Too much of anything ends it: what follows costs more. */
function noteAmbiguities(text: string, maximumKeys: number): ManifestProblem[] {
  const problems: ManifestProblem[] = [];
  const levels: Level[] = [];
  const here = (): string => {
    const level = levels.at(-1);
    if (level === undefined) return "";
    return joinPath(level.path, level.keys === undefined ? level.index : level.key);
  };
  let expectsKey = false;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]/g)) {
    const level = levels.at(-1);
    if (problems.length >= maximumProblems) return problems;
    const excess =
      level === undefined || level.index < maximumItems
        ? token.length > maximumText
          ? `has a text of more than ${maximumText} characters`
          : undefined
        : `has more than ${maximumItems} items`;
    const isCrowded = level?.keys !== undefined && level.keys.size > maximumKeys;
    if (excess !== undefined || isCrowded) {
      const message = excess ?? `has more than ${maximumKeys} keys`;
      return [{ path: level?.path ?? "", value: undefined, message, fix: "shorten it" }];
    }
    if (token === "{" || token === "[") {
      if (levels.length === maximumDepth) {
        const path = here();
        return [
          { path, value: undefined, message: `nests deeper than ${maximumDepth} levels`, fix: "flatten it" },
        ];
      }
      levels.push({ keys: token === "{" ? new Set() : undefined, path: here(), key: "", index: 0 });
      expectsKey = token === "{";
    } else if (token === "}" || token === "]") {
      levels.pop();
      expectsKey = false;
    } else if (token === ",") {
      if (level?.keys === undefined) level!.index++;
      else expectsKey = true;
    } else if (token === ":") {
      expectsKey = false;
    } else {
      const value = JSON.parse(token) as string;
      if (expectsKey) level!.key = value;
      if (/\p{Surrogate}/u.test(value)) {
        problems.push({
          path: here(),
          value,
          message: "has half a surrogate pair",
          fix: "remove the escape",
        });
      }
      if (expectsKey && value === "__proto__") {
        problems.push({
          path: here(),
          value: undefined,
          message: "is not allowed as a key",
          fix: "remove it",
        });
      }
      if (expectsKey && level!.keys!.has(value)) {
        problems.push({
          path: here(),
          value: undefined,
          message: "is there twice",
          fix: "remove one of them",
        });
      }
      if (expectsKey) level!.keys!.add(value);
    }
  }
  return problems;
}

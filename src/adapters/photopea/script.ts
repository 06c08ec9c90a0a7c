import { LimpidError } from "../../sdk/base/index.js";

/** What may be interpolated into a script: anything that JSON can say exactly. */
export type ScriptValue =
  string | number | boolean | null | readonly ScriptValue[] | { readonly [key: string]: ScriptValue };

/** Source text that Photopea runs. Made by {@link script} only, so that no value gets into it unquoted. */
export class PhotopeaScript {
  /** @param source - ECMAScript 3: Photopea takes much of what came later without an error and does something else */
  constructor(readonly source: string) {}
}

/**
 * A script from a template. Scripts are put in as they stand, every other value as a literal.
 *
 * @param strings - the fixed parts: ECMAScript 3
 * @throws {@link LimpidError} `InvalidArgument` for a number that is not finite, or a key `__proto__`
 *
 * @example
 * ```ts
 * script`app.activeDocument.activeLayer.name = ${label};`;
 * ```
 */
export function script(
  strings: TemplateStringsArray,
  ...values: readonly (PhotopeaScript | ScriptValue)[]
): PhotopeaScript {
  const source = strings.reduce((text, part, index) => {
    const value = values[index - 1]!;
    return text + (value instanceof PhotopeaScript ? value.source : literal(value)) + part;
  });
  return new PhotopeaScript(source);
}

/**
 * JSON is a subset of ECMAScript 3's literals but for the line separators U+2028 and U+2029, and for the key `__proto__`, which
 * in a literal is no key; with everything outside of ASCII escaped, no encoding on the way matters either.
 */
function literal(value: ScriptValue): string {
  const text = JSON.stringify(value, (key, part: ScriptValue) => {
    const unsayable =
      key === "__proto__" ? key : typeof part === "number" && !Number.isFinite(part) ? part : undefined;
    if (unsayable !== undefined) {
      throw new LimpidError("InvalidArgument", `${unsayable} cannot be written into a script`);
    }
    return part;
  });
  return text.replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

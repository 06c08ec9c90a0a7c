/** As much of JSON Schema (draft 2020-12) as Limpid's schemas use. */
export interface JsonSchema {
  /** The dialect. */
  readonly $schema?: string;
  /** The schema's own address. */
  readonly $id?: string;
  readonly title?: string;
  /** What the value is for; also the remedy in a fault. */
  readonly description?: string;
  /** Values that pass. */
  readonly examples?: readonly unknown[];
  /** What stands for a value that is left out. */
  readonly default?: unknown;
  /** JSON types that pass; `integer` is one. */
  readonly type?: string | readonly string[];
  /** The one value that passes. */
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  /** A regular expression (with the flag u) that a string matches. */
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  /** A number that is too small by a hair. */
  readonly exclusiveMinimum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly items?: JsonSchema;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  /** Keys that must be there. */
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  /** Keys whose values pass whatever they are. */
  readonly patternProperties?: Readonly<Record<string, true>>;
  readonly propertyNames?: JsonSchema;
  /** Values of all other keys. */
  readonly additionalProperties?: JsonSchema | boolean;
}

/**
 * An object that refuses keys which it does not know, but for those that begin with `x-`.
 *
 * @param required - keys that must be there
 * @param properties - all keys
 * @param rest - description and examples
 */
export function closedObject(
  required: readonly string[],
  properties: Readonly<Record<string, JsonSchema>>,
  rest: JsonSchema = {},
): JsonSchema {
  return {
    ...rest,
    type: "object",
    ...(required.length > 0 ? { required } : {}),
    properties,
    patternProperties: { "^x-": true },
    additionalProperties: false,
  };
}

/** A list of different items. */
export function distinctList(items: JsonSchema, rest: JsonSchema = {}): JsonSchema {
  return { ...rest, type: "array", items, uniqueItems: true };
}

/** What a line has not: control characters, line ends, and marks that turn the direction of what follows. */
const control = "\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069";
/** Blanks, a character that is none, anything: no part can take what is another's, so that it takes one step a character. */
const linePattern = `^[^\\S${control}]*[^\\s${control}][^${control}]*$`;

/** A text of a person, on one line. */
export function line(description: string, maxLength: number, examples: readonly string[] = []): JsonSchema {
  return {
    description,
    ...(examples.length > 0 ? { examples } : {}),
    type: "string",
    pattern: linePattern,
    maxLength,
  };
}

/** 64 hexadecimal digits. */
export function sha256(description: string): JsonSchema {
  return { description, type: "string", pattern: "^[0-9a-f]{64}$" };
}

/** The path of a file in the pack; `checkPackPath` looks closer. */
export function packPath(description: string, examples: readonly string[], endings?: string): JsonSchema {
  const ending = endings === undefined ? "" : `\\.(?:${endings})`;
  return {
    description,
    examples,
    type: "string",
    pattern: `^(?:\\./)?[^/\\\\:]+(?:/[^/\\\\:]+)*${ending}$`,
    maxLength: 240,
  };
}

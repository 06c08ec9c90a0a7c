import extension from "../../../schemas/extension.schema.json" with { type: "json" };
import integrity from "../../../schemas/integrity.schema.json" with { type: "json" };
import signature from "../../../schemas/signature.schema.json" with { type: "json" };

/** As much of JSON Schema (draft 2020-12) as Limpid's schemas use. */
export interface JsonSchema {
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
  /** Patterns of keys whose values pass whatever they are. */
  readonly patternProperties?: Readonly<Record<string, boolean>>;
  readonly propertyNames?: JsonSchema;
  /** Values of all other keys. */
  readonly additionalProperties?: JsonSchema | boolean;
}

/**
 * The JSON Schema of an extension's `package.json`, for editors and other tools: published as
 * `limpid/schemas/extension.schema.json`. What it cannot say, `parseExtensionManifest` checks besides.
 */
export const extensionSchema: JsonSchema = extension;

/** The JSON Schema of an `integrity.json`. */
export const integritySchema: JsonSchema = integrity;

/** The JSON Schema of an `integrity.json.sig`. */
export const signatureSchema: JsonSchema = signature;

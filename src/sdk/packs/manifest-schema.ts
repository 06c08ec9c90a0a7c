import { Validator, type OutputUnit, type Schema } from "@cfworker/json-schema";
import { joinPath, showValue, type ManifestProblem } from "./manifest-problem.js";
import type { JsonSchema } from "./json-schema.js";

/** How many faults are told of a file. */
const maximumProblems = 100;

/** Keywords that only pass on what is wrong further down. */
const passingOn = new Set([
  "properties",
  "patternProperties",
  "additionalProperties",
  "items",
  "propertyNames",
]);

/**
 * Compares a value with a schema. The library interprets the schema: no code is generated at run time.
 *
 * @param schema - without references
 * @returns every fault with its path, the value and the remedy
 */
export function validateSchema(json: unknown, schema: JsonSchema): ManifestProblem[] {
  const { errors } = validatorOf(schema).validate(json);
  const problems = new Map<string, ManifestProblem>();
  for (const error of errors) {
    if (problems.size >= maximumProblems) break;
    if (passingOn.has(error.keyword)) continue;
    for (const problem of describeError(error, json, schema)) {
      problems.set(`${problem.path} ${problem.message}`, problem);
    }
  }
  return [...problems.values()];
}

const validators = new WeakMap<JsonSchema, Validator>();

function validatorOf(schema: JsonSchema): Validator {
  let validator = validators.get(schema);
  if (validator === undefined) {
    // On a copy: the library leaves its notes in the schema.
    validator = new Validator(structuredClone(schema) as Schema, "2020-12", false);
    validators.set(schema, validator);
  }
  return validator;
}

function describeError(error: OutputUnit, json: unknown, root: JsonSchema): ManifestProblem[] {
  const keys = decodePointer(error.instanceLocation);
  const { path, value } = walk(json, keys);
  if (error.keyword === "false") {
    const fix = "remove it, or let its name begin with x-";
    return [{ path, value, message: "is unknown", fix }];
  }
  const location = decodePointer(error.keywordLocation).slice(0, -1);
  const schema = location.reduce<unknown>(member, root) as JsonSchema;
  if (error.keyword === "required") {
    const present = Object.keys(value as object);
    const missing = (schema.required ?? []).filter((name) => !present.includes(name));
    return missing.map((name) => {
      const property = schema.properties?.[name];
      const fix = remedy(property ?? {}) || "add it";
      return { path: joinPath(path, name), value: undefined, message: "is missing", fix };
    });
  }
  // Where a key is at fault the library gives the location of its value.
  const isKey = location.includes("propertyNames");
  const message = isKey ? "has a name that is not allowed" : describeFault(error.keyword, value, schema);
  return [{ path, value: isKey ? keys.at(-1) : value, message, fix: remedy(schema) || "see the schema" }];
}

function describeFault(keyword: string, value: unknown, schema: JsonSchema): string {
  const found = `is ${showValue(value)}`;
  switch (keyword) {
    case "type":
      return `${found}, expected ${[schema.type ?? []].flat().map(nameType).join(" or ")}`;
    case "enum":
      return `${found}, expected ${(schema.enum ?? []).map((item) => JSON.stringify(item)).join(" or ")}`;
    case "const":
      return `${found}, expected ${JSON.stringify(schema.const)}`;
    case "minimum":
      return `${found}, expected at least ${schema.minimum}`;
    case "exclusiveMinimum":
      return `${found}, expected more than ${schema.exclusiveMinimum}`;
    case "maximum":
      return `${found}, expected at most ${schema.maximum}`;
    case "minLength":
      return `${found}, expected at least ${schema.minLength} characters`;
    case "maxLength":
      return `${found}, expected at most ${schema.maxLength} characters`;
    case "minItems":
      return `${found}, expected at least ${schema.minItems}`;
    case "maxItems":
      return `${found}, expected at most ${schema.maxItems}`;
    case "minProperties":
      return `${found} with too few keys, expected at least ${schema.minProperties}`;
    case "maxProperties":
      return `${found} with too many keys, expected at most ${schema.maxProperties}`;
    case "uniqueItems":
      return "has an item twice";
    default:
      return `${found}, which is malformed`;
  }
}

function nameType(type: string): string {
  if (type === "array") return "a list";
  if (type === "null") return "null";
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

/** What should stand there instead. */
function remedy({ description = "", examples = [] }: JsonSchema): string {
  const [example] = examples;
  return example === undefined ? description : `${description} Such as ${JSON.stringify(example)}`.trim();
}

/** The value at a location, and its path as people write it. */
function walk(json: unknown, keys: readonly string[]): { path: string; value: unknown } {
  let [path, value] = ["", json];
  for (const key of keys) {
    path = joinPath(path, Array.isArray(value) ? Number(key) : key);
    value = member(value, key);
  }
  return { path, value };
}

function member(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

/** The keys of `#/a/b`, as the library writes it. */
function decodePointer(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((key) => decodeURI(key).replaceAll("~1", "/").replaceAll("~0", "~"));
}

import type { JsonSchema } from "./json-schema.js";

const text: JsonSchema = { type: "string" };
const texts: JsonSchema = { type: "array", items: text };
const flag: JsonSchema = { type: "boolean" };
const object: JsonSchema = { type: "object" };
const textOrObject: JsonSchema = { type: ["string", "object"] };
const listOrObject: JsonSchema = { type: ["array", "object"] };
const versions: JsonSchema = { type: "object", additionalProperties: text };

/** The keys of a `package.json` that npm, Node and the package hosts know. */
export const npmProperties: Readonly<Record<string, JsonSchema>> = {
  $schema: { description: "The schema, for the editor.", type: "string" },
  name: {
    description: "The npm package's name.",
    examples: ["@acme/limpid-descreen", "limpid-descreen"],
    type: "string",
    pattern: "^(?:@[a-z0-9-][a-z0-9._-]*/)?[a-z0-9-][a-z0-9_-]*$",
    maxLength: 214,
  },
  version: {
    description: "The version, semantic.",
    examples: ["1.0.0"],
    type: "string",
    pattern:
      "^(?:0|[1-9]\\d*)\\.(?:0|[1-9]\\d*)\\.(?:0|[1-9]\\d*)(?:-(?:0|[1-9]\\d*|\\d*[A-Za-z-][0-9A-Za-z-]*)" +
      "(?:\\.(?:0|[1-9]\\d*|\\d*[A-Za-z-][0-9A-Za-z-]*))*)?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$",
    maxLength: 64,
  },
  description: { description: "What it does, in a sentence.", type: "string", maxLength: 500 },
  license: {
    description: "SPDX expression of the licence.",
    examples: ["MIT", "CC-BY-4.0"],
    type: "string",
    minLength: 1,
  },
  type: { enum: ["module", "commonjs"] },
  keywords: texts,
  homepage: text,
  bugs: textOrObject,
  author: textOrObject,
  contributors: { type: "array", items: textOrObject },
  maintainers: { type: "array", items: textOrObject },
  funding: { type: ["string", "object", "array"] },
  repository: textOrObject,
  files: texts,
  exports: { type: ["string", "object", "array", "null"] },
  imports: object,
  main: text,
  module: text,
  types: text,
  typings: text,
  typesVersions: object,
  unpkg: text,
  jsdelivr: text,
  sideEffects: { type: ["boolean", "array"] },
  bin: textOrObject,
  man: { type: ["string", "array"] },
  directories: object,
  scripts: versions,
  gypfile: flag,
  config: object,
  dependencies: versions,
  devDependencies: versions,
  peerDependencies: versions,
  peerDependenciesMeta: object,
  optionalDependencies: versions,
  bundleDependencies: { type: ["array", "boolean"] },
  bundledDependencies: { type: ["array", "boolean"] },
  overrides: object,
  os: texts,
  cpu: texts,
  libc: { type: ["string", "array"] },
  devEngines: object,
  packageManager: text,
  private: flag,
  publishConfig: object,
  workspaces: listOrObject,
};

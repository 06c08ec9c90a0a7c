import { extensionSchema } from "./extension-schema.js";
import { closedObject, sha256, type JsonSchema } from "./json-schema.js";

/** The JSON Schema of an `integrity.json`. */
export const integritySchema: JsonSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  $id: "https://unpkg.com/limpid/schemas/integrity.schema.json",
  title: "Files of a Limpid extension",
  ...closedObject(
    ["formatVersion", "id", "version", "files"],
    {
      formatVersion: { description: "1, the format that this schema describes.", const: 1 },
      id: {
        description: "The extension's id: its publisher, a dot, its name without the scope.",
        examples: ["acme.limpid-descreen"],
        type: "string",
        pattern: "^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\\.[a-z0-9-][a-z0-9_-]*$",
        maxLength: 280,
      },
      version: extensionSchema.properties!.version!,
      files: {
        description: "Every file of the pack, but this one and its signature.",
        type: "object",
        minProperties: 1,
        maxProperties: 5000,
        additionalProperties: {
          type: "object",
          required: ["size", "sha256"],
          properties: {
            size: { description: "Length in bytes.", type: "integer", minimum: 0, maximum: 2 ** 31 },
            sha256: sha256("SHA-256 in lower-case hexadecimal."),
          },
          additionalProperties: false,
        },
      },
    },
    { description: "Sizes and hashes of a pack's files; a signature covers its exact bytes." },
  ),
};

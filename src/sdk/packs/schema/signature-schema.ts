import { closedObject, type JsonSchema } from "./json-schema.js";

/** The JSON Schema of an `integrity.json.sig`. */
export const signatureSchema: JsonSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  $id: "https://unpkg.com/limpid/schemas/signature.schema.json",
  title: "Signature of a Limpid extension",
  ...closedObject(
    ["algorithm", "keyId", "signature"],
    {
      algorithm: { description: "The only algorithm that is used.", const: "Ed25519" },
      keyId: {
        description: "The first 16 hexadecimal digits of the SHA-256 of the public key's 32 bytes.",
        type: "string",
        pattern: "^[0-9a-f]{16}$",
      },
      publicKey: {
        description:
          "The public key, 32 bytes as base64 with padding. Those who do not know it yet check with it.",
        type: "string",
        pattern: "^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$",
      },
      signature: {
        description: "The signature of the exact bytes of integrity.json: 64 bytes as base64 with padding.",
        type: "string",
        pattern: "^[A-Za-z0-9+/]{85}[AQgw]==$",
      },
    },
    { description: "Who vouches for the files of a pack." },
  ),
};

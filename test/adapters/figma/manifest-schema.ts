const name = { type: "string", minLength: 1, maxLength: 100 };

/** A host without a path, as Figma's documentation of `networkAccess` asks for; `none` and `*` stand for themselves. */
const domain = { type: "string", pattern: "^(none|https?://[a-z0-9.:-]+|wss?://[a-z0-9.:-]+)$" };

/** What Figma's documentation says of `manifest.json`, as far as these plugins use it; stricter where this project is. */
export const manifestSchema = {
  type: "object",
  additionalProperties: false,
  required: ["name", "id", "api", "main", "editorType", "documentAccess", "networkAccess"],
  properties: {
    name,
    id: { type: "string", pattern: "^[0-9]+$" },
    api: { const: "1.0.0" },
    main: { const: "code.js" },
    ui: { type: "string", pattern: "^[a-z.]+\\.html$" },
    editorType: {
      type: "array",
      minItems: 1,
      uniqueItems: true,
      items: { enum: ["figma", "figjam", "dev", "slides"] },
    },
    // New plugins must have it.
    documentAccess: { const: "dynamic-page" },
    networkAccess: {
      type: "object",
      additionalProperties: false,
      required: ["allowedDomains"],
      properties: {
        allowedDomains: { type: "array", minItems: 1, uniqueItems: true, items: domain },
        devAllowedDomains: { type: "array", minItems: 1, items: domain },
        reasoning: { type: "string", minLength: 20 },
      },
    },
    menu: {
      type: "array",
      items: {
        type: "object",
        additionalProperties: false,
        required: ["name", "command"],
        properties: {
          name,
          command: { type: "string", pattern: "^[a-z-]+$" },
          parameters: {
            type: "array",
            items: {
              type: "object",
              additionalProperties: false,
              required: ["name", "key"],
              properties: {
                name,
                key: { type: "string", pattern: "^[a-z-]+$" },
                description: { type: "string" },
                allowFreeform: { type: "boolean" },
                optional: { type: "boolean" },
              },
            },
          },
        },
      },
    },
    relaunchButtons: {
      type: "array",
      items: {
        type: "object",
        additionalProperties: false,
        required: ["command", "name"],
        properties: { command: { type: "string" }, name, multipleSelection: { type: "boolean" } },
      },
    },
  },
};

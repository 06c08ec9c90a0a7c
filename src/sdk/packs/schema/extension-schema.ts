import { closedObject, distinctList, line, packPath, sha256, type JsonSchema } from "./json-schema.js";
import { npmProperties } from "./npm-properties.js";

const qualifiedPattern = "^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\\.[A-Za-z0-9][A-Za-z0-9_-]*)+$";

/** `publisher.name`. */
function qualifiedId(description: string, example: string): JsonSchema {
  return { description, examples: [example], type: "string", pattern: qualifiedPattern, maxLength: 128 };
}

function degradationId(description: string): JsonSchema {
  return {
    description,
    examples: ["halftone", "rain"],
    type: "string",
    pattern: "^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$",
    maxLength: 64,
  };
}

const reason = line("Why, in a sentence that is shown to people who install the extension.", 280, [
  "Sends a picture to the licence server of Acme.",
]);

const whenClause = (description: string): JsonSchema =>
  line(description, 500, ["host == 'photopea' && hasSelection"]);

const expert = closedObject(
  ["id", "title", "file", "size", "sha256", "degradations", "base", "golden"],
  {
    id: qualifiedId("The expert's id: the publisher, a dot, a name.", "acme.descreen"),
    title: line("What people read in a menu.", 80, ["Remove print screens"]),
    description: line("One sentence more.", 280),
    file: packPath(
      "Path of the expert file inside the pack.",
      ["experts/descreen.safetensors"],
      "safetensors",
    ),
    size: {
      description: "Length of the file in bytes; `limpid pack build` writes it.",
      type: "integer",
      minimum: 1,
      maximum: 2 ** 30,
    },
    sha256: sha256("SHA-256 of the file, in lower-case hexadecimal; `limpid pack build` writes it."),
    degradations: distinctList(degradationId("A degradation that it repairs."), {
      description: "The degradations that it repairs.",
      examples: [["halftone"]],
      minItems: 1,
      maxItems: 16,
    }),
    base: closedObject(
      ["id", "sha256"],
      {
        id: qualifiedId("The model's id.", "limpid.compact"),
        sha256: sha256("SHA-256 over the base's tensors: `backbone.tensorSha256` in its `model.json`."),
      },
      { description: "The base that it was trained on; it is refused on any other." },
    ),
    strength: {
      description: "The weight that it acts at if nobody says otherwise, above 0 and at most 2.",
      type: "number",
      exclusiveMinimum: 0,
      maximum: 2,
      default: 1,
    },
    golden: closedObject(
      ["before", "after", "psnr"],
      {
        before: packPath(
          "Path of the damaged picture: PNG, JPEG or WebP.",
          ["golden/before.png"],
          "png|jpe?g|webp",
        ),
        after: packPath(
          "Path of the same picture without the damage.",
          ["golden/after.png"],
          "png|jpe?g|webp",
        ),
        psnr: {
          description: "PSNR in dB that the restored `before` reaches against `after` at least.",
          examples: [31.5],
          type: "number",
          minimum: 10,
          maximum: 100,
        },
      },
      { description: "A pair of pictures that proves that the expert works where it was installed." },
    ),
  },
  { description: "An expert: low-rank changes of a backbone, in one safetensors file." },
);

const degradation = closedObject(["id", "title", "description"], {
  id: degradationId("The degradation's id. The same id in two packs means the same fault."),
  title: line("What people read.", 80, ["Print screen"]),
  description: line("How to recognise it.", 280, ["The dots of a printed picture, seen in a scan."]),
});

const command = closedObject(["command", "title"], {
  command: qualifiedId("The command's id: the publisher, a dot, a name.", "acme.descreenAll"),
  title: line("What people read.", 80, ["Descreen all pages"]),
  category: line("Heads a group of commands.", 40, ["Acme"]),
  enablement: whenClause("A `when` clause; the command cannot be executed while it is false."),
});

const menus: JsonSchema = {
  description: "Places for commands, by menu. The editor decides where a menu is.",
  examples: [
    { "image/context": [{ command: "acme.descreenAll", when: "hasSelection", group: "restore@1" }] },
  ],
  type: "object",
  propertyNames: {
    description: "A menu: words in lower case, separated by slashes.",
    type: "string",
    pattern: "^[a-z][A-Za-z-]*(?:/[a-z][A-Za-z-]*)*$",
  },
  maxProperties: 64,
  additionalProperties: {
    description: "The items of a menu.",
    type: "array",
    maxItems: 128,
    items: closedObject(["command"], {
      command: qualifiedId(
        "The command's id: one that the extension contributes, or one of Limpid's.",
        "limpid.restore",
      ),
      when: whenClause("A `when` clause; the item is hidden while it is false."),
      group: {
        description: "Where among the items: a group, and a place in it behind @.",
        examples: ["restore@2"],
        type: "string",
        pattern: "^[A-Za-z0-9_-]+(?:@-?[0-9]+)?$",
        maxLength: 80,
      },
    }),
  },
};

const configuration = closedObject(
  ["title", "properties"],
  {
    title: line("What people read above the settings.", 80, ["Acme Descreen"]),
    properties: {
      description: "The settings by key: the publisher, a dot, a name.",
      type: "object",
      propertyNames: qualifiedId("A setting's key: the publisher, a dot, a name.", "acme.maximumSize"),
      minProperties: 1,
      maxProperties: 128,
      additionalProperties: closedObject(["type", "description", "default"], {
        type: { description: "The value's type.", enum: ["boolean", "number", "integer", "string"] },
        description: line("What it does, for people.", 500),
        default: {
          description: "The value until somebody sets another.",
          type: ["boolean", "number", "string"],
        },
        enum: {
          description: "The values that are allowed, if only some are.",
          type: "array",
          items: { type: ["number", "string"] },
          minItems: 1,
          maxItems: 64,
          uniqueItems: true,
        },
        minimum: { description: "The least number.", type: "number" },
        maximum: { description: "The largest number.", type: "number" },
      }),
    },
  },
  { description: "Settings that the editor shows." },
);

const severity: JsonSchema = { type: "number", minimum: 0, maximum: 1 };

const recipe = closedObject(["id", "title", "degradation"], {
  id: qualifiedId("The recipe's id: the publisher, a dot, a name.", "acme.oldScan"),
  title: line("What people read.", 80, ["Old scan"]),
  degradation: degradationId("The degradation that its results have."),
  faults: {
    description:
      "Built-in faults that happen together, each with the severities to draw from. Instead of `module`.",
    examples: [[{ degradation: "noise", severity: [0.2, 0.6] }]],
    type: "array",
    minItems: 1,
    maxItems: 16,
    items: closedObject(["degradation", "severity"], {
      degradation: degradationId("A built-in recipe."),
      severity: {
        description: "The lowest and the highest severity, each 0 to 1.",
        type: "array",
        items: severity,
        minItems: 2,
        maxItems: 2,
      },
    }),
  },
  module: packPath(
    "Path of an ES module whose default export is a recipe; only the trainer runs it. Instead of `faults`.",
    ["recipes/old-scan.js"],
    "m?js",
  ),
});

/** Limpid's own keys in the `package.json` of an extension. */
const limpidProperties: Readonly<Record<string, JsonSchema>> = {
  publisher: {
    description: "Who answers for the extension: lower-case letters, digits and hyphens.",
    examples: ["acme"],
    type: "string",
    pattern: "^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$",
    maxLength: 64,
  },
  engines: {
    description: "The versions of what runs the extension.",
    type: "object",
    required: ["limpid"],
    properties: {
      limpid: {
        description: "A range of versions of Limpid, within one major version; `*` is refused.",
        examples: ["^0.1.0", "^1.2.0"],
        type: "string",
        minLength: 1,
        maxLength: 128,
      },
    },
    additionalProperties: { type: "string" },
  },
  displayName: line("What people read instead of the name.", 80, ["Descreen"]),
  browser: packPath(
    "Path of the ES module with the extension's code. An expert pack has none.",
    ["./dist/extension.js"],
    "m?js",
  ),
  icon: packPath(
    "A square picture, PNG, JPEG or WebP, at least 128 pixels wide.",
    ["icon.png"],
    "png|jpe?g|webp",
  ),
  activationEvents: distinctList(
    {
      description: "`onStartupFinished`, or an event and what it is about. Contributed commands need none.",
      examples: ["onStartupFinished", "onDegradation:halftone"],
      type: "string",
      pattern: "^on[A-Z][A-Za-z]*(?::\\S+)?$",
      maxLength: 160,
    },
    {
      description: "When the extension's code starts, besides the commands that it contributes.",
      maxItems: 64,
    },
  ),
  capabilities: closedObject(
    [],
    {
      network: closedObject(
        ["domains", "reason"],
        {
          domains: distinctList(
            {
              description: "A host, or `*.` and a host for all hosts below it.",
              examples: ["api.acme.example", "*.acme.example"],
              type: "string",
              pattern: "^(?:\\*\\.)?(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\\.)+[a-z][a-z0-9-]*[a-z0-9]$",
              maxLength: 253,
            },
            { description: "The hosts that it talks to.", minItems: 1, maxItems: 32 },
          ),
          reason,
        },
        { description: "The extension talks to servers. Without this it cannot." },
      ),
      pixels: closedObject(
        ["reason"],
        { reason },
        {
          description:
            "The extension's code sees the pictures of the person who edits. Without this it does not.",
        },
      ),
    },
    { description: "What the extension's code is allowed to do; nothing by default." },
  ),
  extensionDependencies: distinctList(
    qualifiedId(
      "The id of an extension: its publisher, a dot, its name without the scope.",
      "acme.limpid-tools",
    ),
    { description: "Extensions that must be there too.", maxItems: 32 },
  ),
  enabledApiProposals: distinctList(
    { description: "A proposal's name.", type: "string", pattern: "^[a-z][A-Za-z0-9]*$", maxLength: 64 },
    {
      description: "Proposals for the API that the extension tries; it cannot be published with any.",
      maxItems: 32,
    },
  ),
  contributes: closedObject(
    [],
    {
      experts: { description: "Experts that the pack brings.", type: "array", items: expert, maxItems: 64 },
      degradations: {
        description: "Degradations that the model does not know by itself.",
        type: "array",
        items: degradation,
        maxItems: 64,
      },
      commands: {
        description: "Commands that the code registers.",
        type: "array",
        items: command,
        maxItems: 256,
      },
      menus,
      configuration,
      recipes: {
        description: "Ways to damage clean photos, to train on.",
        type: "array",
        items: recipe,
        maxItems: 64,
      },
    },
    { description: "What the extension brings." },
  ),
};

/**
 * The JSON Schema of an extension's `package.json`, for editors and other tools: published as
 * `limpid/schemas/extension.schema.json`. What it cannot say, `parseExtensionManifest` checks besides.
 */
export const extensionSchema: JsonSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  $id: "https://unpkg.com/limpid/schemas/extension.schema.json",
  title: "Limpid extension",
  ...closedObject(
    ["name", "publisher", "version", "engines"],
    { ...npmProperties, ...limpidProperties },
    { description: "The package.json of an extension or an expert pack for Limpid." },
  ),
};

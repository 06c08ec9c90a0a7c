import js from "@eslint/js";
import figmaPlugins from "@figma/eslint-plugin-figma-plugins";
import comments from "@eslint-community/eslint-plugin-eslint-comments/configs";
import { createNodeResolver, importX } from "eslint-plugin-import-x";
import jsdoc from "eslint-plugin-jsdoc";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

/** The rooms of src/sdk, from the ground up: a room may import those before it, none after it. */
const rooms = [
  "base",
  "image",
  "weights",
  "backbone",
  "experts",
  "engine",
  "router",
  "page",
  "restore",
  "packs",
  "bridge",
  "extensions",
  "host",
  "limpid",
  "training",
];

const room = (name) => `./src/sdk/${name}`;
/** The doors of the package: each exports what rooms have, and no room imports one. */
const doors = ["index", "authoring", "extension", "network", "network-published"].map(
  (name) => `./src/sdk/${name}.ts`,
);
const outsideSdk = ["./src/adapters", "./src/worker", "./src/node", "./src/testing", "./packages"];

const importZones = [
  ...rooms.map((name, index) => ({
    target: room(name),
    from: [...rooms.slice(index + 1).map(room), ...doors, ...outsideSdk],
    message: `The room ${name} may import only ${rooms.slice(0, index).join(", ") || "nothing"}.`,
  })),
  ...rooms.map((name) => ({
    target: [
      ...rooms.filter((other) => other !== name).map(room),
      ...doors,
      ...outsideSdk,
      "./test",
      "./examples",
    ],
    from: room(name),
    except: ["./index.ts"],
    message: `Import the room ${name} through its index.ts.`,
  })),
  {
    target: ["./packages/lab", "./test", "./examples"],
    from: "./src/node",
    except: ["./index.ts"],
    message: "Import src/node through its index.ts.",
  },
  {
    target: "./src/adapters",
    from: ["./packages", "./src/node"],
    message: "An adapter runs in its editor: neither the command nor Node is there.",
  },
  { target: "./src/node", from: ["./packages", "./src/adapters"], message: "src/node is below the command." },
  {
    target: "./packages/cli",
    from: ["./src", "./test", "./packages/lab"],
    except: ["./node/system-error.ts", "./node/start-thread.ts", "./sdk/base/index.ts"],
    message: "The command uses what limpid exports.",
  },
  {
    target: "./src/worker",
    from: ["./packages", "./src/node", "./src/adapters", "./src/testing"],
    message: "An extension's worker has only src/sdk.",
  },
];

export default defineConfig(
  // What is in assembly/ is AssemblyScript, whose types TypeScript does not know.
  globalIgnores([
    ...["**/dist", "build", "coverage", "training", "models", "docs/api"],
    "src/sdk/engine/wasm/assembly",
  ]),
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  comments.recommended,
  {
    languageOptions: { parserOptions: { projectService: true } },
    plugins: { "import-x": importX },
    settings: {
      "import-x/resolver-next": [
        createNodeResolver({ extensions: [".ts", ".js", ".mjs"], extensionAlias: { ".js": [".ts", ".js"] } }),
      ],
    },
    rules: {
      "@eslint-community/eslint-comments/require-description": "error",
      // Numeric code indexes typed arrays within bounds that the compiler cannot see.
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true },
      ],
      "@typescript-eslint/no-confusing-void-expression": "off",
      "@typescript-eslint/no-misused-spread": "off",
      "@typescript-eslint/prefer-for-of": "off",
      // The public boundary checks what callers without a type checker may pass.
      "@typescript-eslint/no-unnecessary-condition": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/prefer-readonly": "error",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: true },
      ],
      "@typescript-eslint/prefer-nullish-coalescing": ["error", { ignorePrimitives: { string: true } }],
      eqeqeq: ["error", "always"],
      "import-x/no-restricted-paths": ["error", { zones: importZones }],
      "import-x/no-cycle": ["error", { ignoreExternal: true }],
      "import-x/no-duplicates": ["error", { "prefer-inline": true }],
    },
  },
  {
    files: ["src/**/*.ts", "packages/*/src/**/*.ts"],
    plugins: { jsdoc },
    settings: { jsdoc: { mode: "typescript", tagNamePreference: { template: "typeParam" } } },
    rules: {
      "no-console": "error",
      "no-restricted-imports": [
        "error",
        {
          paths: [
            { name: "@tensorflow/tfjs", message: "Import @tensorflow/tfjs-core: it can be tree-shaken." },
          ],
        },
      ],
      // Properties are left out: where the name says it all, a comment only repeats it.
      "jsdoc/require-jsdoc": [
        "error",
        {
          publicOnly: true,
          contexts: [
            "ClassDeclaration",
            "FunctionDeclaration",
            "TSInterfaceDeclaration",
            "TSTypeAliasDeclaration",
            "TSEnumDeclaration",
            "VariableDeclaration",
            "MethodDefinition:not([accessibility='private']):not([override=true]):not([kind='constructor'])",
            "TSMethodSignature",
          ],
          require: { FunctionDeclaration: false },
        },
      ],
      "jsdoc/check-param-names": ["error", { checkDestructured: false, disableMissingParamChecks: true }],
      "jsdoc/check-property-names": "error",
      "jsdoc/check-tag-names": ["error", { definedTags: ["packageDocumentation", "typeParam", "remarks"] }],
      "jsdoc/no-types": "error",
      "jsdoc/require-param-description": "error",
      "jsdoc/require-returns-description": "error",
    },
  },
  {
    files: ["src/sdk/**/*.ts", "src/adapters/**/*.ts", "src/testing/**/*.ts", "src/worker/**/*.ts"],
    rules: {
      "import-x/no-nodejs-modules": "error",
      "no-restricted-globals": [
        "error",
        ...["process", "Buffer", "global", "require", "__dirname", "__filename", "setImmediate"].map(
          (name) => ({
            name,
            message: "This runs in pages and workers too.",
          }),
        ),
      ],
    },
  },
  {
    // Figma's sandbox has the document, and nothing of a page but timers and the console.
    files: ["src/adapters/figma/main/**/*.ts", "examples/figma-plugin/src/main.ts"],
    extends: [figmaPlugins.flatConfigs.recommended],
    rules: {
      "no-restricted-globals": [
        "error",
        ...[
          ...["window", "document", "self", "navigator", "location", "performance", "crypto", "indexedDB"],
          ...["URL", "Blob", "TextEncoder", "TextDecoder", "AbortController", "AbortSignal", "Worker"],
          ...["structuredClone", "atob", "btoa", "createImageBitmap", "queueMicrotask", "XMLHttpRequest"],
          ...["process", "Buffer", "global", "require", "setImmediate"],
        ].map((name) => ({ name, message: "Figma's sandbox does not have it." })),
      ],
    },
  },
  {
    // The one place that tells the runtime of an error that nobody can catch; the command talks to people.
    files: ["src/sdk/base/event.ts", "packages/**/*.ts"],
    rules: { "no-console": "off" },
  },
  {
    files: ["test/**/*.ts"],
    rules: {
      "no-restricted-syntax": [
        "error",
        {
          selector:
            "MemberExpression[object.name=/^(test|it|describe)$/][property.name=/^(skip|only|todo)$/]",
          message: "Every test runs.",
        },
        {
          selector: "Identifier[name=/^(xit|xtest|xdescribe|fit|fdescribe)$/]",
          message: "Every test runs.",
        },
      ],
    },
  },
  {
    files: ["**/*.mjs", "**/*.cjs", "**/*.js"],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { parserOptions: { projectService: false } },
    // The compiler knows Node's globals, and checks these files too.
    rules: { "no-undef": "off" },
  },
);

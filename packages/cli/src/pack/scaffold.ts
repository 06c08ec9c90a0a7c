import { version } from "limpid";
import { degradationNames } from "limpid/authoring";

/** Licences that a new pack can begin with, by SPDX id. */
export const scaffoldLicences = ["MIT", "Apache-2.0", "CC-BY-4.0", "CC0-1.0"] as const;

/** What a new pack is to be. */
export interface ScaffoldOptions {
  /** The npm package. */
  readonly name: string;
  readonly publisher: string;
  readonly degradation: string;
  /** What people read in a menu. */
  readonly title: string;
  readonly license: (typeof scaffoldLicences)[number];
  /** What it is trained on. */
  readonly from: "pairs" | "recipe";
  /** The year of the licence. */
  readonly year: number;
}

/**
 * The files of a new pack. What the author must write stands in double square brackets, which the check refuses.
 *
 * @param options - what it is to be
 * @returns texts by path
 */
export function scaffoldPack(options: ScaffoldOptions): ReadonlyMap<string, string> {
  const { degradation, from } = options;
  return new Map([
    ["package.json", `${JSON.stringify(makeManifest(options), null, 2)}\n`],
    ["README.md", makeReadme(options)],
    ["LICENSE", makeLicence(options)],
    ...(from === "pairs"
      ? ([["pairs/README.md", pairsNotes]] as const)
      : ([[`recipes/${degradation}.js`, makeRecipe(degradation)]] as const)),
    ["test/pack.test.js", testFile],
    [".github/workflows/check.yml", workflow],
    [".gitignore", "node_modules/\n*.tgz\n*.key.pem\n.limpid-training.safetensors\n"],
  ]);
}

function makeManifest(options: ScaffoldOptions): Record<string, unknown> {
  const { name, publisher, degradation, title, license, from } = options;
  const words = degradation.replaceAll("-", " ");
  const isRecipe = from === "recipe";
  return {
    $schema: "node_modules/limpid/schemas/extension.schema.json",
    name,
    publisher,
    version: "1.0.0",
    description: `Repairs ${words} in photos, with Limpid.`,
    license,
    type: "module",
    keywords: ["limpid", "limpid-expert-pack"],
    files: ["experts", "golden", ...(isRecipe ? ["recipes"] : []), "integrity.json", "integrity.json.sig"],
    engines: { limpid: `^${version}` },
    contributes: {
      experts: [{ id: `${publisher}.${degradation}`, title, degradations: [degradation] }],
      ...(degradationNames.includes(degradation)
        ? {}
        : {
            degradations: [
              {
                id: degradation,
                title: `${words.charAt(0).toUpperCase()}${words.slice(1)}`,
                description: `What ${publisher}.${degradation} repairs.`,
              },
            ],
          }),
      ...(isRecipe
        ? {
            recipes: [
              { id: `${publisher}.${degradation}`, title, degradation, module: `recipes/${degradation}.js` },
            ],
          }
        : {}),
    },
    scripts: {
      check: "limpid pack check .",
      build: "limpid pack build .",
      test: "node --experimental-vm-modules node_modules/jest/bin/jest.js",
    },
    devDependencies: { jest: "^30.0.0", limpid: `^${version}`, "limpid-cli": `^${version}` },
  };
}

function makeReadme({ name, degradation, title, license }: ScaffoldOptions): string {
  return `# ${title}

[[One or two sentences: what does it remove, from which pictures?]]

An expert pack for [Limpid](https://www.npmjs.com/package/limpid), which gives image editors blind photo restoration. It
repairs \`${degradation}\`.

\`\`\`js
await limpid.packs.install("https://cdn.jsdelivr.net/npm/${name}@1.0.0/");
\`\`\`

## What it was trained on

[[Where the pictures come from, how many there are, and who made them.]]

## Where it fails

[[What it does not repair, and what it makes worse.]]

## Licence

${license}
`;
}

const pairsNotes = `# Pairs

Put pictures with the fault into \`before/\`, and the same pictures without it into \`after/\`: the same names, the same
size, pixel upon pixel. Fifty pairs are a beginning; a few hundred are good. About one of eight is held out of the training
to see when it gains nothing any more.

A picture with and without the fault must differ by nothing else: same crop, same exposure, no resize between the two.
Pictures that show the fault strongly and pictures that hardly show it teach more than many that are alike.

Nothing in this folder is published.
`;

function makeRecipe(degradation: string): string {
  return `// Damages clean photos so that the trainer has pairs to learn from.

/** @type {import("limpid/authoring").Recipe} */
export default {
  degradation: "${degradation}",

  // rgb: Float32Array [height, width, 3] in 0..1; severity: 0, barely visible, to 1, the worst.
  // source.uniform(low, high), .integer, .chance, .choice and .normal() are where all randomness comes from.
  apply({ width, height, rgb }, severity, source) {
    // A beginning to be replaced: lines that are too dark, as a bad scanner leaves them.
    const period = source.integer(4, 12);
    const depth = (0.1 + 0.5 * severity) * source.uniform(0.7, 1);
    const damaged = rgb.map((value, index) => {
      const row = Math.floor(index / (3 * width));
      return row % period === 0 ? value * (1 - depth) : value;
    });
    return { width, height, rgb: damaged };
  },
};
`;
}

const testFile = `import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createLimpid } from "limpid";
import { modelFromDirectory, packFromDirectory } from "limpid/node";
import { readImageFile } from "limpid-cli/files";
import { packMatchers } from "limpid/testing";

expect.extend(packMatchers);

const { contributes } = JSON.parse(await readFile("package.json", "utf8"));
let limpid;

beforeAll(async () => {
  limpid = await createLimpid({ model: modelFromDirectory(), backend: "wasm" });
  // What limpid pack build made is installed as an editor would do it.
  await limpid.packs.install(packFromDirectory("."));
}, 60_000);

afterAll(() => limpid.dispose());

test.each(contributes.experts)("$id repairs its golden sample", async ({ id, strength = 1, golden }) => {
  const [before, after] = await Promise.all([readImageFile(golden.before), readImageFile(golden.after)]);
  await expect(limpid).toRestore(before.image, after.image, {
    experts: [{ id, weight: strength }],
    psnr: golden.psnr - 0.05,
  });
}, 60_000);

test.each(contributes.experts)("$id leaves a clean photo alone", async ({ golden }) => {
  const { image } = await readImageFile(golden.after);
  await expect(limpid).toKeepClean(image);
}, 60_000);
`;

const workflow = `name: check
on: [push, pull_request]
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with: { node-version: 20 }
      - run: npm install
      - run: npx limpid pack check .
      - run: npx limpid pack build .
      - run: npm test
`;

/** The text of the licence, or where it is found. */
export function makeLicence({
  license,
  publisher,
  year,
}: Pick<ScaffoldOptions, "license" | "publisher" | "year">): string {
  if (license !== "MIT") return `[[The text of ${license}: https://spdx.org/licenses/${license}.html]]\n`;
  return `MIT License

Copyright (c) ${year} ${publisher}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`;
}

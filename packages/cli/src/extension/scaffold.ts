import { version } from "limpid";
import { makeLicence, type ScaffoldOptions } from "../pack/scaffold.js";

/** What a new extension is to be. */
export type ExtensionScaffoldOptions = Pick<
  ScaffoldOptions,
  "name" | "publisher" | "title" | "license" | "year"
>;

/**
 * The files of a new extension with code: a command that restores the active layer, a menu item, a setting, and a test. What the
 * author must write stands in double square brackets, which the check refuses.
 *
 * @param options - what it is to be
 * @returns texts by path
 */
export function scaffoldExtension(options: ExtensionScaffoldOptions): ReadonlyMap<string, string> {
  return new Map([
    ["package.json", `${JSON.stringify(makeManifest(options), null, 2)}\n`],
    ["extension.js", makeCode(options)],
    ["test/extension.test.js", makeTest(options)],
    ["README.md", makeReadme(options)],
    ["LICENSE", makeLicence(options)],
    [".gitignore", "node_modules/\n*.tgz\n*.key.pem\n"],
  ]);
}

function makeManifest({
  name,
  publisher,
  title,
  license,
}: ExtensionScaffoldOptions): Record<string, unknown> {
  return {
    $schema: "node_modules/limpid/schemas/extension.schema.json",
    name,
    publisher,
    version: "1.0.0",
    displayName: title,
    description: `${title}, with Limpid.`,
    license,
    type: "module",
    keywords: ["limpid", "limpid-extension"],
    files: ["extension.js", "integrity.json", "integrity.json.sig"],
    engines: { limpid: `^${version}` },
    browser: "extension.js",
    capabilities: { pixels: { reason: "Restores the layer that you choose." } },
    contributes: {
      commands: [{ command: `${publisher}.restoreLayer`, title }],
      menus: { layer: [{ command: `${publisher}.restoreLayer`, group: "restore@1" }] },
      configuration: {
        title,
        properties: {
          [`${publisher}.strength`]: {
            type: "number",
            description: "How much of the repair is applied.",
            default: 0.5,
            minimum: 0,
            maximum: 1,
          },
        },
      },
    },
    scripts: {
      host: "limpid extension host .",
      check: "limpid pack check .",
      build: "limpid pack build .",
      test: "node --test",
    },
    devDependencies: { limpid: `^${version}`, "limpid-cli": `^${version}` },
  };
}

function makeCode({ publisher, title }: ExtensionScaffoldOptions): string {
  return `/**
 * Called once, when one of the commands is executed for the first time.
 *
 * @param context - an \`ExtensionContext\` of limpid/extension: takes what must end with the extension
 * @param api - a \`LimpidApi\`: all that this code can do, with the pixels that the manifest asks for
 */
export function activate(context, { commands, configuration, pixels, withProgress }) {
  context.subscriptions.push(
    commands.register("${publisher}.restoreLayer", () =>
      withProgress({ title: ${JSON.stringify(title)} }, async ({ signal }) => {
        const strength = Number(configuration.get("${publisher}.strength"));
        const image = await pixels.read();
        // Without experts the router would choose them by what it finds.
        const experts = [{ id: "limpid.denoise" }];
        const result = await pixels.restore(image, { experts, strength, signal });
        await pixels.write(result.image);
        return result.mixture;
      }),
    ),
  );
}
`;
}

function makeTest({ publisher }: ExtensionScaffoldOptions): string {
  return `// npm run build && npm test: the extension as an editor would install it, in an editor without a screen.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createLimpid, HeadlessHost, PixelImage } from "limpid";
import { modelFromDirectory, nodeExtensionWorkers, packFromDirectory } from "limpid/node";

test("it restores the active layer as one step of undo", async () => {
  const data = Uint8Array.from({ length: 64 * 64 * 3 }, (_, index) => 100 + ((index * 7919) % 97));
  const photo = new PixelImage({ width: 64, height: 64, channels: 3, data });
  const host = HeadlessHost.ofImage(photo);
  const extensions = { workers: nodeExtensionWorkers() };
  const limpid = await createLimpid({ model: modelFromDirectory(), backend: "wasm", host, extensions });
  try {
    await limpid.extensions.install(packFromDirectory("."));
    await limpid.commands.execute("${publisher}.restoreLayer");
    assert.notDeepEqual(host.layers[0].image.data, photo.data);
    assert.ok(host.undo());
    assert.deepEqual(host.layers[0].image.data, photo.data);
  } finally {
    limpid.dispose();
  }
});
`;
}

function makeReadme({ name, title, license }: ExtensionScaffoldOptions): string {
  return `# ${title}

[[One or two sentences: what does it do, and where in the editor?]]

An extension for [Limpid](https://www.npmjs.com/package/limpid), which gives image editors blind photo restoration.

\`\`\`js
await limpid.extensions.install("https://cdn.jsdelivr.net/npm/${name}@1.0.0/");
\`\`\`

## Licence

${license}
`;
}

/** Writes schemas/ from the schemas in src/sdk/packs/schema: `npm run schemas` after a change there. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { format, resolveConfig } from "prettier";
import { root } from "./dist.mjs";

const names = ["extension", "integrity", "signature"];

const { outputFiles } = await build({
  stdin: {
    contents: names
      .map((name) => `export { ${name}Schema as ${name} } from "./src/sdk/packs/schema/${name}-schema.ts";`)
      .join("\n"),
    resolveDir: root,
  },
  bundle: true,
  write: false,
  format: "esm",
});
const schemas = await import(
  `data:text/javascript;base64,${Buffer.from(outputFiles[0]?.contents ?? "").toString("base64")}`
);
mkdirSync(join(root, "schemas"), { recursive: true });
for (const name of names) {
  const path = join(root, "schemas", `${name}.schema.json`);
  const options = { ...(await resolveConfig(path)), parser: "json" };
  writeFileSync(path, await format(JSON.stringify(schemas[name]), options));
}

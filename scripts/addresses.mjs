/**
 * Where the project is published, filled in at one place: `npm run addresses -- REPOSITORY [FILES]`, before `npm publish`. It writes
 * `repository`, `homepage` and `bugs` into the packages, and leads the READMEs' pictures to FILES, since a page on npm shows
 * none by a path of the repository. Run again, it replaces what it wrote.
 *
 * REPOSITORY is the address that people clone from, without `.git`. FILES is the folder from which its host serves files as they are;
 * REPOSITORY/raw/HEAD if left out, as on GitHub.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./dist.mjs";

/** The packages that are published, and where they are. */
const packages = [".", "packages/cli"];

/** @param {string} address @returns {string} without what people copy along */
function plain(address) {
  const { href, protocol } = new URL(address);
  if (protocol !== "https:") throw new Error(`${address} is no https: address`);
  return href.replace(/(\.git)?\/*$/, "");
}

/**
 * Writes the addresses into a checkout.
 *
 * @param {string} folder - of the checkout
 * @param {string} repository
 * @param {string} [files]
 */
export function writeAddresses(folder, repository, files = `${plain(repository)}/raw/HEAD`) {
  const address = plain(repository);
  const pictures = plain(files);
  for (const directory of packages) {
    const path = join(folder, directory, "package.json");
    const manifest = JSON.parse(readFileSync(path, "utf8"));
    const { name, version, description } = manifest;
    const first = { name, version, description };
    const addresses = {
      homepage: `${address}#readme`,
      bugs: `${address}/issues`,
      repository: {
        ...{ type: "git", url: `git+${address}.git` },
        ...(directory === "." ? {} : { directory }),
      },
    };
    const fields = { ...first, ...addresses, ...manifest, ...addresses };
    writeFileSync(path, `${JSON.stringify(fields, null, 2)}\n`);
    const readme = join(folder, directory, "README.md");
    const text = readFileSync(readme, "utf8").replace(
      /(!\[[^\]]*\]\()(?:https:[^)\s]*\/)?((?:docs|examples)\/[^)\s]+\.(?:jpg|png|svg|webp)\))/g,
      `$1${pictures}/$2`,
    );
    writeFileSync(readme, text);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [repository, files] = process.argv.slice(2);
  if (repository === undefined) {
    console.error("npm run addresses -- REPOSITORY [FILES]");
    process.exitCode = 2;
  } else writeAddresses(root, repository, files);
}

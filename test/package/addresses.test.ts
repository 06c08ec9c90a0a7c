import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { writeAddresses } from "../../scripts/addresses.mjs";

const files = ["package.json", "README.md", "packages/cli/package.json", "packages/cli/README.md"];
const copy = mkdtempSync(join(tmpdir(), "limpid-addresses-"));
afterAll(() => rmSync(copy, { recursive: true }));

const read = (folder: string) => files.map((file) => readFileSync(join(folder, file), "utf8"));
const manifestsIn = (folder: string) =>
  [0, 2].map((index) => JSON.parse(read(folder)[index]!) as Record<string, unknown>);
const picturesIn = (folder: string) =>
  [1, 3].flatMap((index) =>
    [...read(folder)[index]!.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)].map(([, at]) => at!),
  );

function copyCheckout(): void {
  mkdirSync(join(copy, "packages/cli"), { recursive: true });
  for (const file of files) cpSync(file, join(copy, file));
}

test("one command fills in where the project is published, and replaces what it filled in", () => {
  copyCheckout();
  const before = picturesIn(copy).map((at) => at.replace(/^https:.*?\/(?=docs\/|examples\/)/, ""));
  expect(before.length).toBeGreaterThan(0);
  const others = manifestsIn(copy);
  for (const place of ["https://first.example/acme/limpid", "https://second.example/acme/limpid"]) {
    writeAddresses(copy, `${place}.git`);
    const addresses = { homepage: `${place}#readme`, bugs: `${place}/issues` };
    const url = `git+${place}.git`;
    expect(manifestsIn(copy)).toEqual([
      { ...others[0], ...addresses, repository: { type: "git", url } },
      { ...others[1], ...addresses, repository: { type: "git", url, directory: "packages/cli" } },
    ]);
    expect(picturesIn(copy)).toEqual(before.map((path) => `${place}/raw/HEAD/${path}`));
  }
  writeAddresses(copy, "https://first.example/acme/limpid", "https://files.example/limpid/");
  expect(picturesIn(copy)).toEqual(before.map((path) => `https://files.example/limpid/${path}`));
  expect(() => writeAddresses(copy, "git@first.example:acme/limpid")).toThrow();
});

test("the packages of this checkout say the same of where it is published, or nothing", () => {
  const [root, cli] = manifestsIn(".");
  const { repository } = root as { repository?: { url: string } };
  for (const field of ["homepage", "bugs"]) expect(cli![field]).toEqual(root![field]);
  if (repository === undefined) expect([root!.homepage, cli!.repository]).toEqual([undefined, undefined]);
  else expect(cli!.repository).toEqual({ ...repository, directory: "packages/cli" });
  expect(picturesIn(".").every((at) => at.startsWith("https:") === (repository !== undefined))).toBe(true);
});

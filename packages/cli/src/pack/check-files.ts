import { satisfies } from "semver";
import parseLicence from "spdx-expression-parse";
import { LimpidError, version as limpidVersion } from "limpid";
import {
  type ContributedExpert,
  type ExtensionManifest,
  type ManifestProblem,
  parseExtensionManifest,
  readExpertMetadata,
  sha256Hex,
} from "limpid/authoring";
import { parseSafetensors } from "limpid/network";
import { checkCode, findSecrets } from "./check-code.js";
import type { PackFinding } from "./finding.js";
import type { PackContents } from "./pack-contents.js";

/** Most bytes of a pack that is published. */
const maximumPackBytes = 64 * 2 ** 20;
/** Least characters of a README that says something. */
const minimumReadmeLength = 200;
/** What the scaffold leaves for the author to fill in. */
const placeholder = /\[\[[^\]]+\]\]/;

/** Files that may be in any pack, besides those that the manifest names. */
const documents =
  /^(?:package\.json|integrity\.json(?:\.sig)?|(?:readme|licen[cs]e|notice|changelog)(?:\.(?:md|txt))?)$/i;
/** Files that code may consist of. */
const codeFiles = /\.(?:m?js|json|css|d\.ts|d\.mts|js\.map|mjs\.map|wasm|png|jpe?g|webp|woff2?|html)$/i;
/** Keys of npm's that only code needs. */
const codeKeys = [
  "main",
  "module",
  "exports",
  "imports",
  "bin",
  "types",
  "typings",
  "dependencies",
  "optionalDependencies",
];
/** Scripts that npm runs at the one who installs. */
const installScripts = ["preinstall", "install", "postinstall", "prepare", "prepublish"];

/** What a look at the files says. */
export interface FilesReport {
  /** The manifest; undefined if it cannot be read. */
  readonly manifest: ExtensionManifest | undefined;
  /** Everything that is wrong. */
  readonly findings: readonly PackFinding[];
}

/**
 * Checks all of a pack that can be checked without running it: manifest, hashes, licence, README, size, stray files,
 * code and secrets.
 *
 * @param contents - the pack
 * @returns the manifest, and every fault
 */
export function checkFiles(contents: PackContents): FilesReport {
  const findings: PackFinding[] = [...contents.findings];
  const note = (rule: PackFinding["rule"], path: string, message: string, fix: string): void => {
    findings.push({ rule, path, message, fix });
  };
  const manifest = readManifest(contents, findings);
  checkReadme(contents, note);
  checkSize(contents, note);
  findings.push(...findSecrets(contents.files));
  if (manifest === undefined) return { manifest, findings };
  const raw = JSON.parse(new TextDecoder().decode(contents.files.get("package.json"))) as Record<
    string,
    unknown
  >;
  checkPublishing(manifest, raw, note);
  checkLicences(manifest, contents, note);
  checkStray(manifest, raw, contents, note);
  for (const expert of manifest.contributes.experts) checkExpert(expert, manifest, contents, note);
  findings.push(...checkCode(manifest, contents.files));
  return { manifest, findings };
}

type Note = (rule: PackFinding["rule"], path: string, message: string, fix: string) => void;

function readManifest({ name, files }: PackContents, findings: PackFinding[]): ExtensionManifest | undefined {
  const bytes = files.get("package.json");
  if (bytes === undefined) {
    findings.push({
      rule: "manifest",
      path: "package.json",
      message: "is missing",
      fix: "limpid pack create makes one",
    });
    return undefined;
  }
  try {
    return parseExtensionManifest(bytes, name);
  } catch (error) {
    if (!LimpidError.is(error, "InvalidManifest")) throw error;
    for (const { path, message, fix } of error.details.problems as readonly ManifestProblem[]) {
      findings.push({ rule: "manifest", path: path || "package.json", message, fix });
    }
    return undefined;
  }
}

function checkPublishing(
  manifest: ExtensionManifest,
  raw: Readonly<Record<string, unknown>>,
  note: Note,
): void {
  const { browser, enabledApiProposals, contributes, engines } = manifest;
  if (!satisfies(limpidVersion, engines.limpid, { includePrerelease: true })) {
    const message = `is ${JSON.stringify(engines.limpid)}, which Limpid ${limpidVersion} is not in`;
    note("manifest", "engines.limpid", message, "name the version that it was checked with");
  }
  if (enabledApiProposals.length > 0) {
    const message = `tries ${enabledApiProposals.join(", ")}`;
    note("manifest", "enabledApiProposals", message, "publish without proposals: they may change any day");
  }
  if (manifest.description === undefined) {
    note("manifest", "description", "is missing", "say in a sentence what it does: npm shows it");
  }
  if (raw.private === true) note("manifest", "private", "is true", "take it out: npm refuses to publish");
  const scripts = (raw.scripts ?? {}) as Readonly<Record<string, string>>;
  for (const name of installScripts) {
    if (scripts[name] === undefined) continue;
    note("code", `scripts.${name}`, "runs on the machine of whoever installs", "take it out");
  }
  if (browser !== undefined) return;
  const lists: readonly (object | undefined)[] = Object.values(contributes);
  if (lists.every((list) => list === undefined || Object.keys(list).length === 0)) {
    note(
      "manifest",
      "contributes",
      "is empty",
      "contribute an expert, or name the module with the code in browser",
    );
  }
  for (const key of codeKeys) {
    if (raw[key] === undefined) continue;
    note("code", key, "is for code, and an expert pack has none", "take it out");
  }
}

function checkLicences(manifest: ExtensionManifest, { files }: PackContents, note: Note): void {
  const { license } = manifest;
  const fix = "name a licence by its SPDX id, such as MIT or CC-BY-4.0 (spdx.org/licenses)";
  if (license === undefined) note("licence", "license", "is missing", fix);
  else if (!isLicence(license))
    note("licence", "license", `is ${JSON.stringify(license)}, no SPDX expression`, fix);
  const text = [...files].find(([path]) => /^licen[cs]e(?:\.\w+)?$/i.test(path))?.[1];
  if (text === undefined) note("licence", "LICENSE", "is missing", "add the text of the licence");
  else if (text.byteLength < 20 || placeholder.test(decode(text))) {
    note("licence", "LICENSE", "still is the template", "put the text of the licence there");
  }
}

function isLicence(text: string): boolean {
  try {
    parseLicence(text);
    return true;
  } catch {
    return false;
  }
}

function checkReadme({ files }: PackContents, note: Note): void {
  const [path, bytes] = [...files].find(([name]) => /^readme(?:\.md|\.txt)?$/i.test(name)) ?? [];
  if (path === undefined || bytes === undefined) {
    note(
      "readme",
      "README.md",
      "is missing",
      "say what the pack removes, what it was trained on, and where it fails",
    );
    return;
  }
  const text = decode(bytes);
  const template = placeholder.exec(text)?.[0];
  if (template !== undefined)
    note("readme", path, `still has ${template} of the template`, "write it yourself");
  else if (text.trim().length < minimumReadmeLength) {
    const fix = `say what the pack removes and where it fails, in ${minimumReadmeLength} characters at least`;
    note("readme", path, `has ${text.trim().length} characters`, fix);
  }
  for (const [, address = ""] of text.matchAll(/!\[[^\]]*\]\(\s*([^)\s]+)/g)) {
    if (/\.svg(?:[?#]|$)/i.test(address))
      note("readme", path, `shows the SVG ${address}`, "show a PNG: an SVG can hold code");
    else if (/^http:/i.test(address)) note("readme", path, `shows ${address}`, "use https:");
  }
}

function checkSize({ files }: PackContents, note: Note): void {
  let size = 0;
  for (const bytes of files.values()) size += bytes.byteLength;
  if (size <= maximumPackBytes) return;
  const megabytes = (size / 2 ** 20).toFixed(1);
  note(
    "size",
    ".",
    `takes ${megabytes} MiB, at most ${maximumPackBytes / 2 ** 20} are published`,
    "leave something out",
  );
}

function checkStray(
  manifest: ExtensionManifest,
  raw: Readonly<Record<string, unknown>>,
  { files }: PackContents,
  note: Note,
): void {
  const { experts, recipes } = manifest.contributes;
  const needed = new Map<string, string>();
  experts.forEach(({ file, golden }, index) => {
    needed.set(file, `contributes.experts[${index}].file`);
    needed.set(golden.before, `contributes.experts[${index}].golden.before`);
    needed.set(golden.after, `contributes.experts[${index}].golden.after`);
  });
  recipes.forEach(
    ({ module }, index) => module && needed.set(module, `contributes.recipes[${index}].module`),
  );
  if (manifest.browser !== undefined) needed.set(manifest.browser, "browser");
  if (typeof raw.icon === "string") needed.set(raw.icon.replace(/^\.\//, ""), "icon");
  for (const [path, where] of needed) {
    if (files.has(path)) continue;
    note(
      "files",
      path,
      `is named by ${where} and is not there`,
      "add it, and its folder to files in package.json",
    );
  }
  for (const path of files.keys()) {
    if (/\.svg$/i.test(path)) note("files", path, "is an SVG, which can hold code", "make it a PNG");
    else if (needed.has(path) || documents.test(path)) continue;
    else if (manifest.browser !== undefined && codeFiles.test(path)) continue;
    else note("files", path, "is no part of the pack", "take it out of files in package.json");
  }
}

/** An expert's file must be what the manifest says, byte for byte and note for note. */
function checkExpert(
  expert: ContributedExpert,
  manifest: ExtensionManifest,
  { files }: PackContents,
  note: Note,
): void {
  const bytes = files.get(expert.file);
  if (bytes === undefined) return;
  const rebuild = "limpid pack build writes it anew";
  const hash = sha256Hex(bytes);
  if (bytes.byteLength !== expert.size || hash !== expert.sha256) {
    note(
      "expert",
      expert.file,
      `has ${bytes.byteLength} bytes and SHA-256 ${hash}, not what package.json says`,
      rebuild,
    );
  }
  try {
    const { metadata, faults } = readExpertMetadata(parseSafetensors(bytes).metadata);
    for (const fault of faults) note("expert", expert.file, fault, "train or convert it again");
    if (faults.length > 0) return;
    const differences: [string, string, string][] = [
      ["id", metadata.id, expert.id],
      ["base.id", metadata.base.id, expert.base.id],
      ["base.sha256", metadata.base.sha256, expert.base.sha256],
      [
        "degradations",
        [...metadata.degradations].sort().join(", "),
        [...expert.degradations].sort().join(", "),
      ],
    ];
    for (const [key, found, expected] of differences) {
      if (found === expected) continue;
      note("expert", expert.file, `says ${key} ${found}, package.json ${expected}`, "make them say the same");
    }
    const own = metadata.license;
    if (own === undefined) note("licence", expert.file, "says no licence", "train or convert it with one");
    else if (!isLicence(own))
      note("licence", expert.file, `says licence ${own}, no SPDX expression`, "train it with one");
    if (metadata.provenance === undefined) {
      note("expert", expert.file, "does not say how it came about", "train or convert it with a provenance");
    }
    const row = metadata.routerRow?.degradation;
    if (row !== undefined && !expert.degradations.includes(row)) {
      note("expert", expert.file, `has a router row for ${row}, which it does not repair`, "train it again");
    }
    const contributed = manifest.contributes.degradations.map(({ id }) => id);
    if (row !== undefined && !contributed.includes(row)) {
      const fix = "describe it in contributes.degradations";
      note(
        "manifest",
        "contributes.degradations",
        `lacks ${row}, which ${expert.file} makes known to the router`,
        fix,
      );
    }
  } catch (error) {
    if (!LimpidError.is(error, "InvalidTensorFile")) throw error;
    note("expert", expert.file, `is no expert file: ${error.message}`, "train or convert it again");
  }
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

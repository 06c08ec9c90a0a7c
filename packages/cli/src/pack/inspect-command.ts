import { Command } from "commander";
import { LimpidError } from "limpid";
import {
  type ExpertMetadata,
  type ExtensionManifest,
  integrityFileName,
  isExpertPack,
  parseExtensionManifest,
  parseIntegrity,
  parseSignature,
  readExpertMetadata,
  signatureFileName,
  verifyIntegrity,
  verifySignature,
} from "limpid/authoring";
import { parseSafetensors } from "limpid/network";
import type { CommandContext } from "../command-context.js";
import { findPack, isFolder, packSpecs, readPack } from "../packs/pack-source.js";
import { readPublicKey } from "./key-files.js";
import { readPackFolder } from "./pack-contents.js";

interface InspectCommandOptions {
  readonly key?: string;
  readonly json?: true;
}

/** What there is to say of a pack. */
interface Inspection {
  readonly manifest: ExtensionManifest;
  readonly files: number;
  readonly size: number;
  readonly integrity: "ok" | "missing";
  readonly signature: { readonly keyId: string; readonly isTrusted: boolean | null } | null;
  readonly experts: readonly ExpertMetadata[];
}

const details = `
Says what a pack brings, what it may do, and whether it is as it was published.
Nothing is installed and no code of it runs. Fails if a file is another than
integrity.json says, or if --key is given and the pack is not signed with it.

${packSpecs}

Examples:
  limpid pack inspect acme-limpid-descreen-1.0.0.tgz --key acme.pub.pem
  limpid pack inspect https://cdn.jsdelivr.net/npm/@acme/limpid-descreen@1.0.0/
`;

/** The `pack inspect` command. */
export function inspectCommand(context: CommandContext): Command {
  return new Command("inspect")
    .summary("say what a pack brings and whether it is sound")
    .description("Says what a pack brings, who signed it, and whether its files are as they were published.")
    .argument("<pack>", "an npm package, an address, a folder or a .tgz")
    .option("--key <file>", "the publisher's public key: PEM (SPKI) or JWK")
    .option("--json", "print one JSON object")
    .addHelpText("after", details)
    .action(async (pack: string, { key, json }: InspectCommandOptions) => {
      const files = await readFiles(pack, context.signal);
      const trusted = key === undefined ? undefined : await readPublicKey(key);
      const inspection = await inspect(files, pack, trusted);
      context.write(json === true ? toJson(inspection) : describe(inspection));
    });
}

async function readFiles(pack: string, signal: AbortSignal): Promise<ReadonlyMap<string, Uint8Array>> {
  if (!(await isFolder(pack))) return readPack(await findPack(pack, signal), signal);
  const { files, findings } = await readPackFolder(pack);
  const [finding] = findings;
  if (finding === undefined) return files;
  throw new LimpidError("UnsafePath", `${pack}: ${finding.path} ${finding.message}`, {
    details: { findings },
  });
}

async function inspect(
  files: ReadonlyMap<string, Uint8Array>,
  name: string,
  trusted: CryptoKey | undefined,
): Promise<Inspection> {
  const bytes = files.get("package.json");
  if (bytes === undefined) {
    throw new LimpidError("InvalidManifest", `${name}: has no package.json`, {
      details: { problems: [{ path: "package.json", message: "is missing", fix: "this is no pack" }] },
    });
  }
  const manifest = parseExtensionManifest(bytes, name);
  const list = files.get(integrityFileName);
  if (list !== undefined) verifyIntegrity(parseIntegrity(list, name), files);
  const signature = list && files.get(signatureFileName);
  if (trusted !== undefined && (list === undefined || signature === undefined)) {
    throw new LimpidError("InvalidSignature", `${name} is not signed`, { details: { name } });
  }
  if (trusted !== undefined) await verifySignature(list!, signature!, [trusted], name);
  const experts = manifest.contributes.experts.flatMap(({ file }) => {
    const weights = files.get(file);
    return weights === undefined ? [] : [readExpertMetadata(parseSafetensors(weights).metadata).metadata];
  });
  return {
    manifest,
    files: files.size,
    size: [...files.values()].reduce((sum, { byteLength }) => sum + byteLength, 0),
    integrity: list === undefined ? "missing" : "ok",
    signature: signature
      ? { keyId: parseSignature(signature, name).keyId, isTrusted: trusted === undefined ? null : true }
      : null,
    experts,
  };
}

function toJson({ experts, ...rest }: Inspection): string {
  const listed = experts.map(({ rankPattern, alphaPattern, routerRow, ...metadata }) => ({
    ...metadata,
    rankPattern: Object.fromEntries(rankPattern),
    alphaPattern: Object.fromEntries(alphaPattern),
    routerRow: routerRow && {
      degradation: routerRow.degradation,
      threshold: routerRow.threshold,
      colors: routerRow.colorWeight !== undefined,
    },
  }));
  return `${JSON.stringify({ ...rest, experts: listed })}\n`;
}

function describe({ manifest, files, size, integrity, signature, experts }: Inspection): string {
  const { id, version, license = "no licence", engines, capabilities, contributes } = manifest;
  const signed =
    signature === null
      ? "not signed"
      : `signed with key ${signature.keyId}${signature.isTrusted === true ? ", verified" : ""}`;
  const lines = [
    `${id} ${version}  ${isExpertPack(manifest) ? "expert pack" : "extension"}, ${license}, for Limpid ${engines.limpid}`,
    `files       ${files}, ${(size / 1e6).toFixed(2)} MB, ${integrity === "ok" ? "as published" : `no ${integrityFileName}`}, ${signed}`,
  ];
  for (const { id: expert, title, degradations, base, golden, strength } of contributes.experts) {
    const own = experts.find((metadata) => metadata.id === expert);
    const scale = own === undefined ? "" : `, rank ${own.rank}, alpha ${own.alpha}`;
    lines.push(`expert      ${expert}  ${title}: ${degradations.join(", ")}`);
    lines.push(
      `            for ${base.id} (${base.sha256.slice(0, 12)}...)${scale}, strength ${strength}, golden ${golden.psnr} dB`,
    );
    const row = own?.routerRow;
    if (row !== undefined) {
      const means = row.colorWeight === undefined ? "" : ", from the colours too";
      lines.push(`            the router learns ${row.degradation}, present from ${row.threshold}${means}`);
    }
    if (own?.provenance !== undefined) {
      const { trainer, trainerVersion, steps, date, data } = own.provenance;
      lines.push(`            ${trainer} ${trainerVersion}, ${steps} steps, ${date}: ${data}`);
    }
  }
  for (const { command, title } of contributes.commands) lines.push(`command     ${command}  ${title}`);
  if (capabilities.network !== undefined) {
    lines.push(`network     ${capabilities.network.domains.join(", ")}: ${capabilities.network.reason}`);
  }
  if (capabilities.pixels !== undefined) lines.push(`pixels      ${capabilities.pixels.reason}`);
  return `${lines.join("\n")}\n`;
}

import { resolve } from "node:path";
import { Command } from "commander";
import { sha256Hex } from "limpid/authoring";
import { writeFileAtomically } from "limpid/node";
import { writePackArchive } from "../files/index.js";
import type { CommandContext } from "../command-context.js";
import { buildPack } from "./build-pack.js";
import { describeFindings } from "./check-command.js";
import { readSigningKeys } from "./key-files.js";

interface BuildCommandOptions {
  readonly output?: string;
  readonly key?: string;
  readonly json?: true;
}

const details = `
Writes sizes and hashes into package.json and integrity.json, and makes the
tarball that npm publish takes. The same files give the same bytes on every
machine. It looks at everything that limpid pack check looks at, but runs
nothing; if something is wrong no tarball is made.

Example:
  limpid pack build . --key acme.key.pem
  npm publish acme-limpid-descreen-1.0.0.tgz
`;

/** The `pack build` command. */
export function buildCommand(context: CommandContext): Command {
  return new Command("build")
    .summary("make the tarball to publish")
    .description("Makes the npm tarball of a pack, with the hash of every file.")
    .argument("[folder]", "the pack's folder", ".")
    .option("-o, --output <file>", "the tarball to write; named after the package if left out")
    .option("--key <file>", "sign it with this private key")
    .option("--json", "print one JSON object")
    .addHelpText("after", details)
    .action(async (folder: string, { output, key, json }: BuildCommandOptions) => {
      const { write, signal } = context;
      const keys = key === undefined ? undefined : await readSigningKeys(key);
      const { pack, findings } = await buildPack(folder, keys, signal);
      if (pack === undefined) {
        write(json === true ? `${JSON.stringify({ findings })}\n` : describeFindings(findings));
        context.exitCode = 1;
        return;
      }
      const { manifest, files, isSigned } = pack;
      const file = output ?? `${manifest.name.replace(/^@/, "").replace("/", "-")}-${manifest.version}.tgz`;
      const archive = writePackArchive(files);
      await writeFileAtomically(resolve(file), archive, signal);
      const sha256 = sha256Hex(archive);
      const { id, version } = manifest;
      const size = archive.byteLength;
      if (json === true) {
        write(
          `${JSON.stringify({ findings, id, version, file, size, sha256, files: files.size, isSigned })}\n`,
        );
      } else {
        const signed = isSigned ? "signed" : "not signed";
        write(`${file}  ${id} ${version}, ${files.size} files, ${(size / 1e6).toFixed(2)} MB, ${signed}\n`);
        write(`sha256 ${sha256}\n`);
      }
    });
}

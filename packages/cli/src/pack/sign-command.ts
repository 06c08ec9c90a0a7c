import { join } from "node:path";
import { Command } from "commander";
import { LimpidError } from "limpid";
import {
  integrityFileName,
  parseIntegrity,
  signatureFileName,
  signingKeyId,
  signPack,
  verifyIntegrity,
} from "limpid/authoring";
import { writeFileAtomically } from "limpid/node";
import { writePackArchive } from "../files/index.js";
import type { CommandContext } from "../command-context.js";
import { isFolder, packFromArchive } from "../packs/pack-source.js";
import { readSigningKeys } from "./key-files.js";
import { readPackFolder } from "./pack-contents.js";
import { readBytes } from "../read-bytes.js";
import { requireIntegrity } from "./pack-bytes.js";

interface SignCommandOptions {
  readonly key: string;
  readonly json?: true;
}

const details = `
Signs the exact bytes of integrity.json, which has the hash of every file, and
puts integrity.json.sig beside it. A pack that was changed since it was built is
not signed. A tarball is written anew, with the signature in it.

Example:
  limpid pack sign acme-limpid-descreen-1.0.0.tgz --key acme.key.pem
`;

/** The `pack sign` command. */
export function signCommand(context: CommandContext): Command {
  return new Command("sign")
    .summary("sign a pack that was built")
    .description("Signs a pack that limpid pack build has made.")
    .argument("<pack>", "the pack's folder or tarball")
    .requiredOption("--key <file>", "the private key: PEM (PKCS #8) or JWK")
    .option("--json", "print one JSON object")
    .addHelpText("after", details)
    .action(async (pack: string, { key, json }: SignCommandOptions) => {
      const { signal, write } = context;
      const keys = await readSigningKeys(key);
      const isInFolder = await isFolder(pack);
      const files = isInFolder ? (await readPackFolder(pack)).files : await readTarball(pack);
      const list = requireIntegrity(files, pack);
      verifyIntegrity(parseIntegrity(list, pack), files);
      const signature = await signPack(list, keys);
      if (isInFolder) await writeFileAtomically(join(pack, signatureFileName), signature, signal);
      else {
        const signed = writePackArchive(new Map(files).set(signatureFileName, signature));
        await writeFileAtomically(pack, signed, signal);
      }
      const keyId = await signingKeyId(keys.publicKey);
      write(
        json === true
          ? `${JSON.stringify({ pack, keyId })}\n`
          : `${pack}  ${integrityFileName} signed with key ${keyId}\n`,
      );
    });
}

/** Refuses a ZIP archive, whose place a tarball would take. */
async function readTarball(path: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const bytes = await readBytes(path);
  if (bytes[0] === 0x50) {
    throw new LimpidError("InvalidArchive", `${path}: is a ZIP archive; limpid pack build makes a tarball`);
  }
  return packFromArchive(bytes, path).files!;
}

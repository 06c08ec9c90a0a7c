import { Command } from "commander";
import { generateSigningKeys, signingKeyId } from "limpid/authoring";
import type { CommandContext } from "../command-context.js";
import { writeSigningKeys } from "./key-files.js";

const details = `
Writes NAME.key.pem, which only you may read and nobody else may have, and
NAME.pub.pem, which you give to everybody. A key is never overwritten.

Example:
  limpid pack keygen -o acme
`;

/** The `pack keygen` command. */
export function keygenCommand(context: CommandContext): Command {
  return new Command("keygen")
    .summary("make a pair of keys to sign packs with")
    .description("Makes an Ed25519 pair of keys to sign packs with.")
    .requiredOption("-o, --output <name>", "the files' name, without .key.pem and .pub.pem")
    .option("--json", "print one JSON object")
    .addHelpText("after", details)
    .action(async ({ output, json }: { readonly output: string; readonly json?: true }) => {
      const keys = await generateSigningKeys();
      const [privateKey, publicKey] = [`${output}.key.pem`, `${output}.pub.pem`];
      await writeSigningKeys(keys, privateKey, publicKey);
      const keyId = await signingKeyId(keys.publicKey);
      context.write(
        json === true
          ? `${JSON.stringify({ keyId, privateKey, publicKey })}\n`
          : `${privateKey}  keep it to yourself\n${publicKey}  key ${keyId}, give it to everybody\n`,
      );
    });
}

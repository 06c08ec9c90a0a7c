import { Command, Option } from "commander";
import type { CommandContext } from "../command-context.js";
import { parseName, parseWord } from "../pack/create-command.js";
import { scaffoldLicences, type ScaffoldOptions } from "../pack/scaffold.js";
import { writeScaffold } from "../write-scaffold.js";
import { scaffoldExtension } from "./scaffold.js";

interface CreateExtensionOptions {
  readonly publisher: string;
  readonly title?: string;
  readonly license: ScaffoldOptions["license"];
  readonly output?: string;
  readonly json?: true;
}

const details = `
Nothing is overwritten.

Example:
  limpid extension create @acme/limpid-soften --publisher acme --title Soften
`;

/** The `extension create` command. */
export function createExtensionCommand(context: CommandContext): Command {
  return new Command("create")
    .summary("begin an extension with code")
    .description("Makes the folder of a new extension: manifest, code, a test, README and licence.")
    .argument("<name>", "the npm package's name, such as @acme/limpid-soften", parseName)
    .requiredOption(
      "--publisher <name>",
      "who answers for it: lower-case letters, digits, hyphens",
      parseWord,
    )
    .option("--title <text>", "what people read in a menu")
    .addOption(
      new Option("--license <id>", "its licence").choices([...scaffoldLicences]).default(scaffoldLicences[0]),
    )
    .option("-o, --output <folder>", "the folder to make; the name without its scope if left out")
    .option("--json", "print one JSON object")
    .addHelpText("after", details)
    .action(async (name: string, { publisher, title, license, output, json }: CreateExtensionOptions) => {
      const word = name.slice(name.lastIndexOf("/") + 1);
      const folder = output ?? word;
      const year = new Date().getFullYear();
      const files = scaffoldExtension({ name, publisher, title: title ?? wordsOf(word), license, year });
      const next = `limpid extension host ${folder}`;
      await writeScaffold(folder, files, { next, json: json === true }, context);
    });
}

/** `limpid-auto-tone` as people read it: `Auto tone`. */
function wordsOf(name: string): string {
  const words = name
    .replace(/^limpid-(?=.)/, "")
    .replace(/[-_.]+/g, " ")
    .trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

import { Command, InvalidArgumentError, Option } from "commander";
import { LimpidError } from "limpid";
import type { CommandContext } from "../command-context.js";
import { writeScaffold } from "../write-scaffold.js";
import { scaffoldPack, scaffoldLicences, type ScaffoldOptions } from "./scaffold.js";

interface CreateCommandOptions {
  readonly publisher?: string;
  readonly degradation?: string;
  readonly title?: string;
  readonly license?: ScaffoldOptions["license"];
  readonly from?: ScaffoldOptions["from"];
  readonly output?: string;
  readonly json?: true;
}

const namePattern = /^(?:@[a-z0-9-][a-z0-9._-]*\/)?[a-z0-9-][a-z0-9_-]*$/;
const wordPattern = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

const details = `
On a terminal it asks for what is not given. Nothing is overwritten.

Example:
  limpid pack create @acme/limpid-dots --publisher acme --degradation dots
`;

/** The `pack create` command. */
export function createCommand(context: CommandContext): Command {
  return new Command("create")
    .summary("begin a pack")
    .description("Makes the folder of a new pack: manifest, README, licence, a test, and what CI runs.")
    .argument("[name]", "the npm package's name, such as @acme/limpid-descreen", parseName)
    .option("--publisher <name>", "who answers for it: lower-case letters, digits, hyphens", parseWord)
    .option("--degradation <name>", "what it repairs, such as halftone", parseWord)
    .option("--title <text>", "what people read in a menu")
    .addOption(new Option("--license <id>", "its licence").choices([...scaffoldLicences]))
    .addOption(
      new Option(
        "--from <source>",
        "what it is trained on: pictures with and without the fault, or a recipe",
      ).choices(["pairs", "recipe"]),
    )
    .option("-o, --output <folder>", "the folder to make; the name without its scope if left out")
    .option("--json", "print one JSON object")
    .addHelpText("after", details)
    .action(async (name: string | undefined, options: CreateCommandOptions) => {
      const answers = await complete({ ...options, ...(name !== undefined && { name }) }, context);
      const folder = options.output ?? answers.name.slice(answers.name.lastIndexOf("/") + 1);
      const next = nextStep(folder, answers);
      await writeScaffold(folder, scaffoldPack(answers), { next, json: options.json === true }, context);
    });
}

type Answers = Partial<Omit<ScaffoldOptions, "year">> & { readonly json?: true };

/** Asks for what is missing, if somebody is there to answer. */
async function complete(given: Answers, { terminal, signal }: CommandContext): Promise<ScaffoldOptions> {
  const isAnswered =
    given.name !== undefined && given.publisher !== undefined && given.degradation !== undefined;
  const answers =
    isAnswered || terminal === undefined || !process.stdin.isTTY ? given : await ask(given, signal, terminal);
  const { name, publisher, degradation, license = "MIT", from = "pairs" } = answers;
  const missing = Object.entries({ "a name": name, "--publisher": publisher, "--degradation": degradation })
    .filter(([, value]) => value === undefined)
    .map(([key]) => key);
  if (name === undefined || publisher === undefined || degradation === undefined) {
    throw new LimpidError("InvalidArgument", `${missing.join(", ")} must be given where nobody can be asked`);
  }
  const words = degradation.replaceAll("-", " ");
  const title = answers.title ?? `Repair ${words}`;
  return { name, publisher, degradation, title, license, from, year: new Date().getFullYear() };
}

async function ask(given: Answers, signal: AbortSignal, output: NodeJS.WriteStream): Promise<Answers> {
  const { input, select } = await import("@inquirer/prompts");
  const context = { signal, output };
  const matches = (pattern: RegExp, expected: string) => (text: string) => pattern.test(text) || expected;
  const isWord = matches(wordPattern, "Lower-case letters, digits and hyphens.");
  try {
    const name =
      given.name ??
      (await input(
        {
          message: "npm package",
          default: "limpid-my-pack",
          validate: matches(namePattern, "A name as npm has them."),
        },
        context,
      ));
    const publisher = given.publisher ?? (await input({ message: "Publisher", validate: isWord }, context));
    const degradation =
      given.degradation ??
      (await input({ message: "What does it repair?", default: "halftone", validate: isWord }, context));
    const title =
      given.title ??
      (await input(
        { message: "Title in a menu", default: `Repair ${degradation.replaceAll("-", " ")}` },
        context,
      ));
    const from =
      given.from ??
      (await select(
        {
          message: "What is it trained on?",
          choices: [
            { value: "pairs" as const, name: "pairs of pictures, with the fault and without it" },
            { value: "recipe" as const, name: "clean photos that a recipe damages" },
          ],
        },
        context,
      ));
    const license =
      given.license ??
      (await select({ message: "Licence", choices: scaffoldLicences.map((value) => ({ value })) }, context));
    return { name, publisher, degradation, title, from, license };
  } catch (cause) {
    if (cause instanceof Error && (cause.name === "ExitPromptError" || cause.name === "AbortPromptError")) {
      throw new LimpidError("Aborted", "nothing was made", { cause });
    }
    throw cause;
  }
}

function nextStep(folder: string, { from, degradation }: ScaffoldOptions): string {
  return from === "pairs"
    ? `limpid pack train ${folder} --before ${folder}/pairs/before --after ${folder}/pairs/after --degradation ${degradation}`
    : `limpid pack train ${folder} --photos PHOTOS --recipe ${folder}/recipes/${degradation}.js`;
}

/** The name of an npm package, as an argument. */
export function parseName(text: string): string {
  if (namePattern.test(text) && text.length <= 214) return text;
  throw new InvalidArgumentError("Expected the name of an npm package, such as @acme/limpid-descreen.");
}

/** A publisher or a degradation, as an option. */
export function parseWord(text: string): string {
  if (wordPattern.test(text) && text.length <= 64) return text;
  throw new InvalidArgumentError("Expected lower-case letters, digits and hyphens, such as halftone.");
}

import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { limpid } from "./command.js";

/** The help of a command, such as `["packs", "install"]`. */
async function helpOf(command: readonly string[]): Promise<string> {
  return (await limpid([...command, "--help"])).stdout;
}

/** Names of the commands that a help lists. */
function commandsIn(help: string): string[] {
  const [, list = ""] = help.split("\nCommands:\n");
  return [...list.matchAll(/^ {2}(\w+)/gm)].map(([, name = ""]) => name).filter((name) => name !== "help");
}

/** All commands that can be run, each with its help. */
async function allCommands(command: readonly string[] = []): Promise<Map<string, string>> {
  const help = await helpOf(command);
  const nested = commandsIn(help);
  if (nested.length === 0) return new Map([[command.join(" "), help]]);
  const maps = await Promise.all(nested.map((name) => allCommands([...command, name])));
  return new Map(maps.flatMap((map) => [...map]));
}

/** The command lines of the code blocks of a document, or of the examples of a help, without what starts the program. */
function commandLines(text: string): string[] {
  return [...text.matchAll(/^ *(?:npx limpid-cli|npm run -s limpid --|limpid) (.+?)(?: +#.*)?$/gm)].map(
    ([, line = ""]) => line,
  );
}

/** What a command line asks for that no help promises. */
function faultsOf(line: string, helps: ReadonlyMap<string, string>): string[] {
  const words = line.split(/ +/);
  const name = [words.slice(0, 2).join(" "), words[0]!].find((candidate) => helps.has(candidate));
  if (name === undefined) return [`no command: ${line}`];
  const options = words.filter((word) => /^--?[a-z]/.test(word));
  return options.filter((option) => !new RegExp(`^ +(-\\w, )?${option}\\b`, "m").test(helps.get(name)!));
}

describe("what people read of the command is what it takes", () => {
  /** Commands of the checkout's program alone, which the published one does not have; `help` needs no help. */
  const others = /^(evaluate|score|reference|help)\b/;

  test.each(["README.md", "packages/cli/README.md", "docs/authoring/README.md"])(
    "in %s",
    async (document) => {
      const helps = await allCommands();
      const blocks = [...readFileSync(document, "utf8").matchAll(/^```sh\n(.*?)^```$/gms)];
      const lines = blocks
        .flatMap(([, block = ""]) => commandLines(block))
        .filter((line) => !others.test(line));
      expect(lines.length).toBeGreaterThan(4);
      expect(lines.flatMap((line) => faultsOf(line, helps).map((fault) => [line, fault]))).toEqual([]);
    },
  );

  test("in the examples of every help, which fit into 80 columns", async () => {
    const helps = await allCommands();
    let count = 0;
    for (const [name, help] of helps) {
      const [, examples = ""] = /\nExamples?:\n([^]*)$/.exec(help) ?? [];
      const lines = commandLines(examples);
      count += lines.length;
      expect(lines.flatMap((line) => faultsOf(line, helps).map((fault) => [name, line, fault]))).toEqual([]);
      expect(help.split("\n").filter((line) => line.length > 80)).toEqual([]);
    }
    expect(count).toBeGreaterThan(20);
  });

  test("the command's README names every command for photos and packs", async () => {
    const readme = readFileSync("packages/cli/README.md", "utf8");
    for (const name of commandsIn(await helpOf([]))) {
      if (name !== "start") expect(readme).toContain(`limpid ${name} `); // start is the checkout's
    }
    for (const name of commandsIn(await helpOf(["packs"])))
      expect(readme).toMatch(new RegExp(`\\b${name}\\b`));
  });
});

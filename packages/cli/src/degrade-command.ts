import { Command } from "commander";
import { degradationKinds, degradationNames, degrade, type Fault } from "limpid/authoring";
import { readImageFile, writeImageFile } from "./files/index.js";
import type { CommandContext } from "./command-context.js";
import { printableLine } from "./printable.js";
import { collectFault, parseSeed } from "./option-parsers.js";

interface DegradeCommandOptions {
  readonly recipe: readonly Fault[];
  readonly seed: number;
  readonly output: string;
}

const kinds = Object.entries(degradationKinds).map(
  ([degradation, names]) => `  ${degradation.padEnd(12)}${names.join(", ")}\n`,
);

const details = `
Recipes: ${degradationNames.slice(0, 5).join(", ")},
  ${degradationNames.slice(5).join(", ")}
Some have kinds, of which one is drawn if none is named, as in "blur-defocus":
${kinds.join("")}Severity goes from 0, barely visible, to 1, the worst that the models are
trained for; 0.5 if left out. Several recipes are applied in the order in which
light, weather, lens, sensor, file and time would, whatever order they are
named in. The same seed gives the same picture. The result has 8 bits.

Examples:
  limpid degrade photo.jpg --recipe rain -o rainy.png
  limpid degrade photo.jpg --recipe haze:0.3 --recipe noise-grain -o bad.png
`;

/** The `degrade` command. */
export function degradeCommand(context: CommandContext): Command {
  return new Command("degrade")
    .summary("damage a photo on purpose")
    .description("Damages a photo on purpose, as the weather, the camera and time would.")
    .argument("<in>", "a clean photo")
    .requiredOption("--recipe <name[-kind][:severity]>", "what to do to it; may be repeated", collectFault)
    .option("--seed <n>", "seeds the damage", parseSeed, 1)
    .requiredOption("-o, --output <file>", "the file to write: .png, .jpg, .webp or .tif")
    .addHelpText("after", details)
    .action(async (input: string, { recipe, seed, output }: DegradeCommandOptions) => {
      const { signal } = context;
      const { image, metadata, notes } = await readImageFile(input, { signal });
      const written = await writeImageFile(output, degrade(image, recipe, seed), {
        inputs: [input],
        metadata,
        signal,
      });
      for (const note of [...notes, ...written.notes])
        context.writeError(`note: ${printableLine(`${input}: ${note}`)}\n`);
      context.write(`${output}\n`);
    });
}

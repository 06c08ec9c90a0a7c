import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";

/** The module that has the ranges of the damage recipes for TypeScript. */
export const recipesModulePath = fileURLToPath(
  new URL("../src/sdk/training/recipes/parameters.ts", import.meta.url),
);

/** What is to stand in it: the same as in training/recipes.json. */
export async function composeRecipesModule() {
  const parameters = readFileSync(new URL("../training/recipes.json", import.meta.url), "utf8").trimEnd();
  const source = `
/**
 * The ranges of all recipes, as \`training/recipes.json\` has them, which the training reads: \`npm run recipes\` writes this
 * file after a change there. Of two numbers, severity runs from the first to the second, or a picture draws one in between;
 * shares of kinds need not sum to 1; any other number is a probability.
 */
export const parameters = ${parameters} as const;
`;
  return format(source, { ...(await resolveConfig(recipesModulePath)), parser: "typescript" });
}

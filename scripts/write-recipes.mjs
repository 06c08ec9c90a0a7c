// npm run recipes, after a change of training/recipes.json: gives the TypeScript recipes the same ranges.
import { writeFileSync } from "node:fs";
import { recipesModulePath, composeRecipesModule } from "./recipes-module.mjs";

writeFileSync(recipesModulePath, await composeRecipesModule());

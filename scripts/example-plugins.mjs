/** Builds the example plugins whose sizes are limited. */
import { buildFigmaPlugins } from "../examples/figma-plugin/build.mjs";

/** Builds into `build/`, from `dist/` as it is. */
export async function buildExamplePlugins() {
  await buildFigmaPlugins();
}

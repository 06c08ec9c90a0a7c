// npm run build
import { buildDist } from "./dist.mjs";
import { buildExamplePlugins } from "./example-plugins.mjs";

await buildDist({ force: true });
await buildExamplePlugins();

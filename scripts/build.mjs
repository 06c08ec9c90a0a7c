// npm run build
import { writeKernels } from "./build-kernels.mjs";
import { buildDist } from "./dist.mjs";
import { buildExamplePlugins } from "./example-plugins.mjs";

await writeKernels();
await buildDist({ force: true });
await buildExamplePlugins();

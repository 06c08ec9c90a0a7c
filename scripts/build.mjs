// npm run build
import { buildDist } from "./dist.mjs";

await buildDist({ force: true });

// npm run -s limpid -- ARGS, npm start -- ARGS: the command of this checkout, built first if need be.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { buildDist, root } from "./dist.mjs";

await buildDist();
const program = join(root, "dist", "cli.js");
process.argv[1] = program;
// npm runs scripts in the package's folder; the paths in ARGS are relative to the caller's.
process.chdir(process.env.INIT_CWD ?? process.cwd());
await import(pathToFileURL(program).href);

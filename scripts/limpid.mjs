// npm run -s limpid -- ARGS, npm start -- ARGS: the command of this checkout, built first if need be.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { buildDist, root } from "./dist.mjs";

// npm runs scripts in the package's folder; the paths in ARGS are relative to the caller's.
const caller = process.env.INIT_CWD ?? process.cwd();
process.chdir(root);
await buildDist();
process.chdir(caller);
const program = join(root, "dist", "cli.js");
process.argv[1] = program;
await import(pathToFileURL(program).href);

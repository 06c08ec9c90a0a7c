// npm run -s limpid -- ARGS, npm start -- ARGS: the command of this checkout, built first if need be. It has two commands more
// than the published one, those of packages/lab.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { bundleLab } from "../packages/lab/bundle.mjs";
import { buildDist, root } from "./dist.mjs";

const isLab = ["evaluate", "score", "reference"].includes(process.argv[2] ?? "");
// npm runs scripts in the package's folder; the paths in ARGS are relative to the caller's.
const caller = process.env.INIT_CWD ?? process.cwd();
process.chdir(root);
await buildDist({ onBuild: () => console.error("Building the packages first, which takes a minute...") });
const program = isLab ? await bundleLab("src/main.ts") : join(root, "packages", "cli", "dist", "main.js");
process.chdir(caller);
process.argv[1] = program;
await import(pathToFileURL(program).href);

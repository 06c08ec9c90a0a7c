/**
 * Restores one tile with every executor, in turns, and prints what it took: `npm run bench -- 128 5` for tiles of 128
 * pixels, five rounds. In Node; WebGPU is Dawn's, on the machine's GPU or on Mesa's lavapipe.
 *
 * Times are wall time and, since a software GPU shares the processor with everything else, processor time too.
 */
import { mkdirSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { chooseVulkanDriver } from "../scripts/machine.mjs";

chooseVulkanDriver(process.env);
const { create, globals } = await import("webgpu");
Object.assign(globalThis, globals);
Object.defineProperty(globalThis, "navigator", { value: { gpu: create([]) }, configurable: true });

const outfile = fileURLToPath(new URL("../build/bench/contest.mjs", import.meta.url));
mkdirSync(new URL("../build/bench/", import.meta.url), { recursive: true });
await build({
  entryPoints: [fileURLToPath(new URL("contest.ts", import.meta.url))],
  outfile,
  bundle: true,
  format: "esm",
  platform: "node",
  packages: "external",
  define: { __LIMPID_VERSION__: JSON.stringify("bench") },
  logLevel: "error",
});
const { runContest } = await import(pathToFileURL(outfile).href);

const [side = 128, rounds = 5] = process.argv.slice(2).map(Number);
const adapter = await navigator.gpu.requestAdapter();
console.log(
  `${cpus()[0]?.model}, ${cpus().length} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, load ${loadavg()[0]?.toFixed(1)}; ` +
    `Node ${process.version}; WebGPU on ${adapter?.info.description || adapter?.info.device}`,
);
console.log(await runContest({ side, rounds, modelFolder: new URL("../models/", import.meta.url) }));
process.exit(0);

/**
 * What the WebAssembly kernels reach: `npm run bench:kernels -- --sizes 256,512 --megapixels 3,12 --workers 1,2 --markdown FILE#PART`.
 * Node 20 has relaxed SIMD only with `node --experimental-wasm-relaxed-simd`, which `NODE_OPTIONS` does not take.
 */
import { parseArgs } from "node:util";
import { buildDist } from "../../../scripts/dist.mjs";
import { bundleAndImport, places, report } from "./prepare.mjs";

const { values } = parseArgs({
  options: {
    sizes: { type: "string", default: "256,512" },
    megapixels: { type: "string", default: "3,12" },
    workers: { type: "string", default: "1,2" },
    markdown: { type: "string" },
  },
});
/** @param {string} text */
const listOf = (text) => text.split(",").filter(Boolean).map(Number);
await buildDist(); // the threads' program
const { measureKernels } = await bundleAndImport("kernels.ts");
const markdown = await measureKernels(
  {
    sizes: listOf(values.sizes),
    megapixels: listOf(values.megapixels),
    workers: listOf(values.workers),
    say: console.error,
  },
  places,
);
await report(markdown, values.markdown);

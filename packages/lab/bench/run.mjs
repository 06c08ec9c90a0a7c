/**
 * Compares Limpid's executors with each other and with their peers: `npm run bench -- --help`.
 *
 * In Node WebGPU is Dawn's, on the machine's GPU or on Mesa's lavapipe; with `--browser` everybody runs in a page of
 * Chromium. Times are wall time and, since a software GPU shares the processor with everything else, processor time too.
 */
import { bundleAndImport, installPeers, places, provideWebgpu } from "./prepare.mjs";

const { benchHelp, parseBenchOptions } = await bundleAndImport("options.ts");
let options;
try {
  options = parseBenchOptions(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(2);
}
if (options === undefined) {
  console.log(benchHelp);
  process.exit(0);
}
installPeers();
await provideWebgpu();
const { runBench } = await bundleAndImport("main.ts");
await runBench(options, places);
// Dawn's objects would keep the process alive.
process.exit(0);

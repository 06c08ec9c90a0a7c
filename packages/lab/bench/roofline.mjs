/**
 * Draws a roofline from results of the contest: `npm run bench -- --json results.json`, then `npm run bench:roofline --
 * results.json docs/images/roofline.svg`.
 */
import { readFile, writeFile } from "node:fs/promises";
import { bundleAndImport, importPeer, installPeers, places, provideWebgpu } from "./prepare.mjs";

const [results, picture] = process.argv.slice(2);
if (results === undefined || picture === undefined) {
  console.error("npm run bench:roofline -- RESULTS.json PICTURE.svg");
  process.exit(2);
}
installPeers();
await provideWebgpu();
const { drawRoofline, makeRoofline } = await bundleAndImport("roofline.ts");
const roofline = await makeRoofline(JSON.parse(await readFile(results, "utf8")), places);
const { parse, View } = await importPeer("vega");
const { compile } = await importPeer("vega-lite");
const view = new View(parse(compile(drawRoofline(roofline)).spec), { renderer: "none" });
await writeFile(picture, `${await view.toSVG()}\n`);
const { machine, bandwidth, peak, contestants } = roofline;
console.log(`${machine}: ${bandwidth.toFixed(2)} GB/s copied, ${peak.toFixed(1)} GFLOP/s`);
for (const { name, intensity, rate } of contestants) {
  console.log(`${name}: ${intensity.toFixed(2)} operations a byte, ${rate.toFixed(2)} GFLOP/s`);
}
process.exit(0);

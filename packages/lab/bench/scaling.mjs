/**
 * How the cost of a photo grows: `npm run bench:scaling -- --megapixels 0.25,1 --tiles 256,512 --photos FOLDER --workers 1,2 --markdown FILE#PART`.
 */
import { parseArgs } from "node:util";
import { bundleAndImport, places, report } from "./prepare.mjs";

const { values } = parseArgs({
  options: {
    megapixels: { type: "string", default: "0.3,1" },
    tiles: { type: "string", default: "256,512,768,896" },
    photos: { type: "string", default: "examples/photos/clean" },
    workers: { type: "string", default: "" },
    markdown: { type: "string" },
  },
});
const { measureScaling } = await bundleAndImport("scaling.ts");
const markdown = await measureScaling(
  {
    megapixels: values.megapixels.split(",").map(Number),
    tileSizes: values.tiles.split(",").map(Number),
    photos: values.photos,
    workers: values.workers.split(",").filter(Boolean).map(Number),
    say: console.error,
  },
  places,
);
await report(markdown, values.markdown);

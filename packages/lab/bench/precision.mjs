/**
 * What half precision costs: `npm run bench:precision -- --photos FOLDER --limit 3 --crop 128 --tasks noise-25,rain,haze
 * --markdown FILE#PART`.
 */
import { parseArgs } from "node:util";
import { bundleAndImport, places, provideWebgpu, report } from "./prepare.mjs";

const { values } = parseArgs({
  options: {
    photos: { type: "string" },
    limit: { type: "string", default: "3" },
    crop: { type: "string", default: "128" },
    tasks: { type: "string", default: "noise-25,rain,haze" },
    markdown: { type: "string" },
  },
});
if (values.photos === undefined) {
  console.error("--photos FOLDER: whose photos are damaged and restored?");
  process.exit(2);
}
await provideWebgpu();
const { comparePrecisions } = await bundleAndImport("precision.ts");
const markdown = await comparePrecisions(
  {
    photos: values.photos,
    limit: Number(values.limit),
    side: Number(values.crop),
    tasks: values.tasks.split(","),
  },
  places,
);
await report(markdown, values.markdown);

// node main.mjs PHOTO.png RESTORED.png
import { readFile, writeFile } from "node:fs/promises";
import { createLimpid, decodePng, encodePng } from "limpid";
import { modelFromDirectory } from "limpid/node";

const [photo, restored] = process.argv.slice(2);
const limpid = await createLimpid({ model: modelFromDirectory() });
try {
  const { image } = await decodePng(await readFile(photo));
  const result = await limpid.restore(image);
  await writeFile(restored, await encodePng(result.image));
  console.log(
    result.mixture.map(({ expert }) => expert).join(", ") || "nothing to repair",
    "on",
    result.backend,
  );
} finally {
  limpid.dispose();
}

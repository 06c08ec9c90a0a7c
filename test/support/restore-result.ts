import type { PixelImage } from "../../src/sdk/image/index.js";
import type { RestoreResult } from "../../src/sdk/restore/index.js";

/** What a restore gives that made this image, in one tile and in no time. */
export function restoreResult(image: PixelImage): RestoreResult {
  return {
    image,
    analysis: { degradations: [], present: [], embedding: new Float32Array() },
    mixture: [],
    tiles: 1,
    tileSize: 64,
    backend: "cpu",
    timings: { analyze: 0, prepare: 0, tiles: 0, total: 0 },
  };
}

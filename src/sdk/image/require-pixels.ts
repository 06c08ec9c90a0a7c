import { LimpidError } from "../base/index.js";
import type { PixelImage } from "./pixel-image.js";

/**
 * Refuses an image whose memory was taken away since it was made: its buffer was transferred, as `postMessage` does, or shrunk. Its
 * samples would read as black.
 *
 * @throws {@link LimpidError} `InvalidImage`
 */
export function requirePixels({ data, width, height, channels }: PixelImage): void {
  if (data.length === width * height * channels) return;
  throw new LimpidError(
    "InvalidImage",
    "the memory of the image was transferred away while it was in use; keep it until the run has ended, or hand over a copy",
    { details: { width, height, channels, length: data.length } },
  );
}

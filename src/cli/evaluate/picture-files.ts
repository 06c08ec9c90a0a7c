import fs from "node:fs/promises";
import { dirname } from "node:path";
import { writeImageFile } from "../../node/index.js";
import { LimpidError } from "../../sdk/base/index.js";
import type { PixelImage } from "../../sdk/image/index.js";

/**
 * Writes a picture, and makes its folder if it is not there.
 *
 * @param path - the file to write; replaced if it exists
 * @param image - the picture
 * @param signal - gives up when it fires
 * @throws {@link LimpidError} `FileUnwritable`, `DiskFull`, `Aborted`
 */
export async function writePicture(path: string, image: PixelImage, signal: AbortSignal): Promise<void> {
  await makeFolder(dirname(path));
  await writeImageFile(path, image, { inputs: [], signal });
}

/**
 * Makes a folder, and those that it is in.
 *
 * @param path - the folder; may exist
 * @throws {@link LimpidError} `FileUnwritable`
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await fs.mkdir(path, { recursive: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LimpidError("FileUnwritable", `${path}: the folder cannot be made: ${reason}`, { cause });
  }
}

import { dirname } from "node:path";
import { writeImageFile } from "../../../cli/src/files/index.js";
import type { PixelImage } from "../../../../src/sdk/image/index.js";
import { makeFolder } from "../../../cli/src/make-folder.js";

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

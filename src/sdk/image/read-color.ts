import type { ColorDescription } from "./color-description.js";
import { isHeif, readHeifColor } from "./heif-color.js";
import { isPng, readPngChunks } from "./png-chunks.js";
import { readPngColor } from "./png-color.js";

/**
 * Reads how the numbers of a PNG, AVIF or HEIC file are to be read: from its ICC profile, or from what else it says, which is put
 * into a profile. For those who decode files by other means than {@link decodePng}.
 *
 * @param bytes - the file
 * @param isGray - whether the picture has one colour channel
 * @param notes - told what could not be described, each in a few words for a person
 * @returns undefined for files of other formats
 * @throws {@link LimpidError} `UnsupportedImage` for PQ and HLG
 */
export async function readColorDescription(
  bytes: Uint8Array,
  isGray: boolean,
  notes: string[],
): Promise<ColorDescription | undefined> {
  if (isHeif(bytes)) return readHeifColor(bytes, isGray, notes);
  if (!isPng(bytes)) return undefined;
  const chunks = new Map<string, Uint8Array>();
  for (const { type, data } of readPngChunks(bytes)) {
    if (type === "IDAT") break;
    if (!chunks.has(type)) chunks.set(type, data);
  }
  return readPngColor(chunks, isGray, notes);
}

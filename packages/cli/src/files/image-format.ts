import { extname } from "node:path";
import { LimpidError } from "limpid";

/** A file format that images are written in. */
export type OutputFormat = "png" | "jpeg" | "webp" | "tiff";

const formatsByExtension: Readonly<Record<string, OutputFormat>> = {
  ".png": "png",
  ".jpg": "jpeg",
  ".jpeg": "jpeg",
  ".webp": "webp",
  ".tif": "tiff",
  ".tiff": "tiff",
};

/**
 * The format that a file name asks for.
 *
 * @throws {@link LimpidError} `UnsupportedFormat` if its extension names none that can be written
 */
export function outputFormatOf(path: string): OutputFormat {
  const extension = extname(path).toLowerCase();
  const format = formatsByExtension[extension];
  if (format === undefined) {
    const known = Object.keys(formatsByExtension).join(", ");
    throw new LimpidError(
      "UnsupportedFormat",
      `${path}: cannot write ${extension === "" ? "a file without an extension" : `"${extension}" files`}; use one of ${known}`,
      { details: { path, extension } },
    );
  }
  return format;
}

/** What the first bytes of an image file look like; a file that matches none is not an image. */
const signatures: readonly RegExp[] = [
  /^\xff\xd8\xff/,
  /^\x89PNG\r\n/,
  /^GIF8[79]a/,
  /^RIFF[^]{4}WEBP/,
  /^(II\*\0|MM\0\*|II\+\0|MM\0\+)/,
  /^[^]{4}ftyp(avi[fs]|hei[cmsx]|hev[cx]|mif1|msf1)/,
];

/** Whether a file begins as an image file does, however it goes on. */
export function hasImageSignature(bytes: Buffer): boolean {
  const start = bytes.toString("latin1", 0, 16);
  return signatures.some((signature) => signature.test(start));
}

import { extname } from "node:path";
import { OutputError } from "./output-error.js";

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

/** The extension of a file that is named after its format. */
export const extensions: Readonly<Record<OutputFormat, string>> = {
  png: ".png",
  jpeg: ".jpg",
  webp: ".webp",
  tiff: ".tif",
};

/** The format of the files that have an extension; undefined if it is none that can be written. */
export function formatOfExtension(path: string): OutputFormat | undefined {
  return formatsByExtension[extname(path).toLowerCase()];
}

/**
 * The format that a file name asks for.
 *
 * @throws {@link OutputError} `UnsupportedFormat` if its extension names none that can be written
 */
export function outputFormatOf(path: string): OutputFormat {
  const format = formatOfExtension(path);
  if (format === undefined) {
    const extension = extname(path).toLowerCase();
    const known = Object.keys(formatsByExtension).join(", ");
    const what = extension === "" ? "a file without an extension" : `"${extension}" files`;
    throw new OutputError("UnsupportedFormat", `${path}: cannot write ${what}; use one of ${known}`, {
      path,
      extension,
    });
  }
  return format;
}

/** What the first bytes of an image file look like; a file that matches none is not an image. */
const signatures: readonly (readonly [RegExp, OutputFormat | undefined])[] = [
  [/^\xff\xd8\xff/, "jpeg"],
  [/^\x89PNG\r\n/, "png"],
  [/^GIF8[79]a/, undefined],
  [/^RIFF[^]{4}WEBP/, "webp"],
  [/^(II\*\0|MM\0\*|II\+\0|MM\0\+)/, "tiff"],
  [/^[^]{4}ftyp(avi[fs]|hei[cmsx]|hev[cx]|mif1|msf1)/, undefined],
];

function signatureOf(bytes: Uint8Array): (typeof signatures)[number] | undefined {
  const start = Buffer.from(bytes.subarray(0, 16)).toString("latin1");
  return signatures.find(([pattern]) => pattern.test(start));
}

/** Whether a file begins as an image file does, however it goes on. */
export function hasImageSignature(bytes: Uint8Array): boolean {
  return signatureOf(bytes) !== undefined;
}

/** The format of an image file's bytes; undefined if it is none that can be written. */
export function formatOfBytes(bytes: Uint8Array): OutputFormat | undefined {
  return signatureOf(bytes)?.[1];
}

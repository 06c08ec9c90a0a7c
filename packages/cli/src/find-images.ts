import type { Dirent } from "node:fs";
import fs from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import { LimpidError, throwIfAborted } from "limpid";
import type { CommandContext } from "./command-context.js";
import { describeSystemError, systemErrorCode } from "../../../src/node/system-error.js";

/** An image file that was named, or found in a folder that was named. */
export interface FoundImage {
  /** Its path, beginning as the user wrote it. */
  readonly path: string;
  /** Its name within the folder that was named, with forward slashes; the file's own name if it was named itself. */
  readonly name: string;
  /** The whole file, if it was read already. */
  readonly bytes?: Uint8Array;
}

/** A path that leads to no image, and why. */
export interface FailedInput {
  /** The path, as the user wrote it. */
  readonly input: string;
  readonly error: unknown;
}

/** What paths lead to. */
export interface FoundImages {
  /** The image files, each once, those of a folder sorted by name. */
  readonly images: readonly FoundImage[];
  /** The paths that lead to none. */
  readonly failures: readonly FailedInput[];
}

/** Extensions of image files in a folder; a file that is named itself may have any. */
const imageExtension = /\.(jpe?g|jfif|png|webp|gif|tiff?|avif|heic|heif)$/i;
/** Extensions of photos that are not read, which somebody who names a folder wants to know. */
const unreadExtension =
  /\.(bmp|jxl|jp2|j2k|psd|exr|hdr|dng|nef|nrw|cr2|cr3|crw|arw|sr2|srf|raf|orf|rw2|pef|srw|x3f|3fr|iiq|raw)$/i;
/** Folders of the system's own on a disk. */
const systemFolder = /^(lost\+found|\$RECYCLE\.BIN|System Volume Information)$/;
/** What Limpid wrote itself. */
const resultName = /\.(restored|before-after)\.[^.]+$/i;

/** Stands for standard input among the photos, and for standard output behind `-o`. */
export const standardStream = "-";

/**
 * Reads the photo that comes on standard input.
 *
 * @param context - of the command
 * @throws {@link LimpidError} `InvalidArgument` if it is a terminal, on which nobody types a photo
 */
export async function readStandardInput({ readInput }: CommandContext): Promise<FoundImage> {
  if (readInput === undefined) {
    throw new LimpidError(
      "InvalidArgument",
      "- stands for standard input, which is a terminal: pipe a photo",
    );
  }
  return { path: standardStream, name: "stdin", bytes: await readInput() };
}

/**
 * Finds the image files that paths lead to. A folder stands for the image files in it and in the folders below, without
 * hidden ones and without the results of earlier runs (`*.restored.*`). Links to folders are not followed. Photos in it that are
 * of a kind that is not read, and folders that may not be, are failures.
 *
 * @param inputs - files and folders
 * @param signal - gives up when it fires
 * @returns the files; a file is only looked for, not opened
 * @throws {@link LimpidError} `Aborted`
 */
export async function findImages(inputs: readonly string[], signal: AbortSignal): Promise<FoundImages> {
  const images = new Map<string, FoundImage>();
  const failures: FailedInput[] = [];
  const add = (image: FoundImage): void => {
    const identity = resolve(image.path);
    if (!images.has(identity)) images.set(identity, image);
  };
  for (const input of inputs) {
    try {
      if (await isFolder(input)) {
        let count = 0;
        for await (const found of walk(input, "", signal)) {
          count++;
          if ("error" in found) failures.push(found);
          else add(found);
        }
        if (count === 0) {
          throw new LimpidError("FileUnreadable", `${input}: there is no image file in this folder`);
        }
      } else {
        add({ path: input, name: basename(input) });
      }
    } catch (error) {
      if (LimpidError.is(error, "Aborted")) throw error;
      failures.push({ input, error });
    }
  }
  return { images: [...images.values()], failures };
}

async function* walk(
  folder: string,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<FoundImage | FailedInput> {
  throwIfAborted(signal);
  let entries: Dirent[];
  try {
    entries = await fs.readdir(folder, { withFileTypes: true });
  } catch (cause) {
    const message = `${folder}: cannot be read: ${describeSystemError(cause)}`;
    const details = { path: folder, reason: systemErrorCode(cause) };
    yield { input: folder, error: new LimpidError("FileUnreadable", message, { cause, details }) };
    return;
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (entry.name.startsWith(".") || systemFolder.test(entry.name)) continue;
    const path = join(folder, entry.name);
    const name = `${prefix}${entry.name}`;
    if (entry.isDirectory()) yield* walk(path, `${name}/`, signal);
    else if (isImageName(entry.name) && (await isFile(entry, path))) yield { path, name };
    else if (unreadExtension.test(entry.name) && (await isFile(entry, path))) {
      const message = `${path}: ${extname(path).slice(1).toUpperCase()} files cannot be read`;
      yield { input: path, error: new LimpidError("UnsupportedImage", message, { details: { path } }) };
    }
  }
}

/**
 * Whether a file's name is one that a folder is searched for.
 *
 * @param name - the file's name
 */
export function isImageName(name: string): boolean {
  return imageExtension.test(name) && !resultName.test(name);
}

async function isFile(entry: Dirent, path: string): Promise<boolean> {
  if (entry.isSymbolicLink()) {
    // A broken link is given on, so that reading it says what is wrong.
    return fs.stat(path).then(
      (target) => target.isFile(),
      () => true,
    );
  }
  return entry.isFile();
}

/** False if there is nothing at all, so that reading it says what is wrong. */
async function isFolder(path: string): Promise<boolean> {
  return fs.stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

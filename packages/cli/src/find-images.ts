import type { Dirent } from "node:fs";
import fs from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { LimpidError, throwIfAborted } from "limpid";

/** An image file that was named, or found in a folder that was named. */
export interface FoundImage {
  /** Its path, beginning as the user wrote it. */
  readonly path: string;
  /** Its name within the folder that was named, with forward slashes; the file's own name if it was named itself. */
  readonly name: string;
}

/** A path that leads to no image, and why. */
export interface FailedInput {
  /** The path, as the user wrote it. */
  readonly input: string;
  /** What is wrong. */
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
const imageExtension = /\.(jpe?g|jfif|png|webp|gif|tiff?|avif)$/i;
/** What Limpid wrote itself. */
const resultName = /\.restored\.[^.]+$/i;

/**
 * Finds the image files that paths lead to. A folder stands for the image files in it and in the folders below, without
 * hidden ones and without the results of earlier runs (`*.restored.*`). Links to folders are not followed.
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
        for await (const image of walk(input, "", signal)) {
          add(image);
          count++;
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

async function* walk(folder: string, prefix: string, signal: AbortSignal): AsyncGenerator<FoundImage> {
  throwIfAborted(signal);
  const entries = await fs.readdir(folder, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (entry.name.startsWith(".")) continue;
    const path = join(folder, entry.name);
    const name = `${prefix}${entry.name}`;
    if (entry.isDirectory()) yield* walk(path, `${name}/`, signal);
    else if (isImageName(entry.name) && (await isFile(entry, path))) yield { path, name };
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

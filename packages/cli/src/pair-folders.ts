import { existsSync } from "node:fs";
import { posix, relative, resolve } from "node:path";
import { LimpidError } from "limpid";
import { findImages, type FoundImage } from "./find-images.js";

/** A damaged picture and the clean one that it is compared with. */
export interface PicturePair {
  /** The damaged picture. */
  readonly damaged: FoundImage;
  readonly clean: FoundImage;
}

/** What two folders hold. */
export interface FoundPairs {
  /** The pairs, by the name of the damaged picture. */
  readonly pairs: readonly PicturePair[];
  /** Damaged pictures without a clean one, or with several. */
  readonly failures: readonly { readonly input: string; readonly error: unknown }[];
}

/** What the known data sets call the folders and the files of each side. */
const damagedWords =
  /^(blur|blur_gamma|damaged|data|degraded|haze|hazy|input|low|lq|noisy|rain|rainy|snow|snowy|synthetic)$/;
const cleanWords = /^(clean|clear|groundtruth|gt|high|norain|normal|nosnow|reference|sharp|target)$/;
/** Files and folders of pictures at another scale, as in Rain100L: `X2/norain-001x2.png` belongs to `norain-001.png`. */
const scaleFolder = /^x\d$/;
const scaleSuffix = /(?<=\d)x\d$/;
const words = new RegExp(`${damagedWords.source.slice(0, -1)}|${cleanWords.source.slice(1)}`);

/**
 * Pairs the pictures of two folders by their names, as the layouts of RESIDE, Rain100L and H, LOL, GoPro, RainDrop and
 * Snow100K have them. Of each name the extension is dropped, then words that say only which side it is on: folders such
 * as `blur` and `sharp`, and such words at the beginning or the end of the file's name (`norain-001` and `rain-001` are
 * both `001`). What is left must be equal; else the damaged picture's name is cut at its last `_`, and again, until it
 * is (`0001_0.8_0.2` of RESIDE belongs to `0001`).
 *
 * The two may be one folder with both sides in it, or one may lie in the other: then a picture's folder or name says
 * which side it is on.
 *
 * @param damagedFolder - folder of damaged pictures
 * @param cleanFolder - folder of clean pictures
 * @param signal - gives up when it fires
 * @throws {@link LimpidError} `FileUnreadable` if a folder has no pictures, `Aborted`
 */
export async function findPairs(
  damagedFolder: string,
  cleanFolder: string,
  signal: AbortSignal,
): Promise<FoundPairs> {
  const [damaged, clean] = await Promise.all([
    listPhotos(damagedFolder, signal),
    listPhotos(cleanFolder, signal),
  ]).then((sides) => (overlap(damagedFolder, cleanFolder) ? separate(...sides) : sides));
  const cleanByKey = new Map<string, FoundImage[]>();
  for (const image of clean) {
    const key = keyOf(image.name);
    cleanByKey.set(key, [...(cleanByKey.get(key) ?? []), image]);
  }
  const pairs: PicturePair[] = [];
  const failures: FoundPairs["failures"][number][] = [];
  for (const image of damaged) {
    const matches = shorteningKeys(keyOf(image.name))
      .map((key) => cleanByKey.get(key))
      .find((found) => found !== undefined);
    if (matches?.length === 1) {
      pairs.push({ damaged: image, clean: matches[0]! });
      continue;
    }
    const reason =
      matches === undefined
        ? `${cleanFolder} has no picture of a name that belongs to it`
        : `several pictures belong to it: ${matches.map(({ name }) => name).join(", ")}`;
    failures.push({
      input: image.path,
      error: new LimpidError("FileUnreadable", `${image.path}: ${reason}`, { details: { path: image.path } }),
    });
  }
  return { pairs, failures };
}

/**
 * The pictures of a folder, without those of kinds that are not read.
 *
 * @param folder - the folder
 * @param signal - gives up when it fires
 * @throws {@link LimpidError} `FileUnreadable` if it is not there or has none, `Aborted`
 */
export async function listPhotos(folder: string, signal: AbortSignal): Promise<readonly FoundImage[]> {
  if (!existsSync(folder)) {
    throw new LimpidError("FileUnreadable", `${folder}: there is no such folder`, {
      details: { path: folder },
    });
  }
  const { images, failures } = await findImages([folder], signal);
  const serious = failures.find(({ error }) => !LimpidError.is(error, "UnsupportedImage"));
  if (serious !== undefined || images.length === 0) throw (serious ?? failures[0])!.error;
  return images;
}

/** Whether one folder is the other, or lies in it. */
function overlap(a: string, b: string): boolean {
  const isIn = (inner: string, outer: string): boolean => !/^\.\.|^[/\\]|:/.test(relative(outer, inner));
  return isIn(resolve(a), resolve(b)) || isIn(resolve(b), resolve(a));
}

/** Takes from each side what its folder or name puts on the other. */
function separate(
  damaged: readonly FoundImage[],
  clean: readonly FoundImage[],
): [readonly FoundImage[], readonly FoundImage[]] {
  const without = (images: readonly FoundImage[], otherSide: RegExp): readonly FoundImage[] =>
    images.filter(({ name }) => {
      const { folders, stem } = split(name);
      const parts = stem.split(/[-_]/);
      return ![...folders, parts[0]!, parts.at(-1)!].some((word) => otherSide.test(word));
    });
  return [without(damaged, cleanWords), without(clean, damagedWords)];
}

/** What is left of a name without the words that say which side it is on. */
function keyOf(name: string): string {
  const { folders, stem } = split(name);
  const parts = stem.replace(scaleSuffix, "").split(/[-_]/);
  const [, word, number] = /^([a-z]+)(\d.*)$/.exec(parts[0]!) ?? [];
  if (word !== undefined && words.test(word)) parts[0] = number!;
  else if (parts.length > 1 && words.test(parts[0]!)) parts.shift();
  if (parts.length > 1 && words.test(parts.at(-1)!)) parts.pop();
  return [
    ...folders.filter((folder) => !words.test(folder) && !scaleFolder.test(folder)),
    parts.join("_"),
  ].join("/");
}

function split(name: string): { folders: readonly string[]; stem: string } {
  const { dir, name: stem } = posix.parse(name.normalize("NFC").toLowerCase());
  return { folders: dir === "" ? [] : dir.split("/"), stem };
}

/** The key, then the key without its last part, and so on; its folder stays. */
function shorteningKeys(key: string): readonly string[] {
  const keys = [key];
  for (let end = key.lastIndexOf("_"); end > key.lastIndexOf("/") + 1; end = key.lastIndexOf("_", end - 1)) {
    keys.push(key.slice(0, end));
  }
  return keys;
}

import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { crop, LimpidError, PixelImage, throwIfAborted } from "limpid";
import { resizeArea } from "limpid/network";
import { RandomSource, type Recipe, TrainingSet } from "limpid/authoring";
import { readImageFile } from "../files/index.js";
import { findImages } from "../find-images.js";
import { findPairs } from "../pair-folders.js";

/** Where the pictures to learn from are. */
export type TrainingSource =
  | { readonly before: string; readonly after: string; readonly turn: boolean }
  | { readonly photos: string; readonly recipe: string };

/** Pictures to learn from. */
export interface TrainingData {
  readonly set: TrainingSet;
  /** The degradation that the recipe says; undefined for pairs. */
  readonly degradation: string | undefined;
  /** What the expert is trained on, in a sentence without paths. */
  readonly description: string;
}

/** Longer sides than this, in pixels, are reduced (photos) or cut (pairs), so that some hundred pictures fit in memory. */
const longestSide = 1024;
/** More pictures than this are not read. */
const mostPictures = 400;

/**
 * Reads the pictures that an expert is to be trained on.
 *
 * @param source - two folders, or a folder and a recipe
 * @param signal - gives up when it fires
 * @param note - told in one line of each picture that was left out, and why
 * @throws {@link LimpidError} `FileUnreadable` if there are no pictures, `InvalidArgument` if they cannot be learnt from or
 * the recipe is none, `Aborted`
 */
export async function readTrainingData(
  source: TrainingSource,
  signal: AbortSignal,
  note: (text: string) => void,
): Promise<TrainingData> {
  return "photos" in source ? readPhotos(source, signal, note) : readPairs(source, signal, note);
}

/**
 * Loads a recipe: an ES module whose default export has a `degradation` and a method `apply`.
 *
 * @param path - the file; its code is run
 * @throws {@link LimpidError} `FileUnreadable` if it cannot be loaded, `InvalidArgument` if it exports no recipe
 */
async function loadRecipe(path: string): Promise<Recipe> {
  let module: { readonly default?: unknown };
  try {
    module = (await import(pathToFileURL(resolve(path)).href)) as typeof module;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LimpidError("FileUnreadable", `${path}: cannot be loaded as an ES module: ${reason}`, {
      cause,
    });
  }
  const recipe = module.default as Partial<Recipe> | undefined;
  if (
    typeof recipe?.apply === "function" &&
    /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(recipe.degradation ?? "")
  ) {
    return recipe as Recipe;
  }
  throw new LimpidError(
    "InvalidArgument",
    `${path}: the default export must be a recipe: { degradation: "lower-case-name", apply(image, severity, source) }`,
  );
}

async function readPhotos(
  { photos, recipe: recipePath }: Extract<TrainingSource, { readonly photos: string }>,
  signal: AbortSignal,
  note: (text: string) => void,
): Promise<TrainingData> {
  const recipe = await loadRecipe(recipePath);
  const found = await findImages([photos], signal);
  if (found.failures.length > 0) throw found.failures[0]!.error;
  const images = await readAll(thin(found.images), note, async ({ path, name }) => {
    throwIfAborted(signal);
    const { image } = await readImageFile(path, { signal });
    return { name, image: reduce(image) };
  });
  return {
    set: TrainingSet.fromPhotos(images, recipe),
    degradation: recipe.degradation,
    description: `${images.length} photographs, damaged by the recipe ${basename(recipePath)}`,
  };
}

async function readPairs(
  { before, after, turn }: Extract<TrainingSource, { readonly before: string }>,
  signal: AbortSignal,
  note: (text: string) => void,
): Promise<TrainingData> {
  const found = await findPairs(before, after, signal);
  for (const { input, error } of found.failures) {
    note(error instanceof Error ? error.message : `${input}: has no partner`);
  }
  const pairs = await readAll(thin(found.pairs), note, async ({ damaged, clean }) => {
    throwIfAborted(signal);
    const [first, second] = await Promise.all(
      [damaged, clean].map(async ({ path }) => (await readImageFile(path, { signal })).image),
    );
    return { name: damaged.name, ...cutAlike(damaged.name, first!, second!) };
  });
  return {
    set: TrainingSet.fromPairs(pairs, { turn }),
    degradation: undefined,
    description: `${pairs.length} pairs of pictures before and after`,
  };
}

/** Evenly spread items, if there are too many. */
function thin<T>(items: readonly T[]): readonly T[] {
  if (items.length <= mostPictures) return items;
  return Array.from(
    { length: mostPictures },
    (_, index) => items[Math.floor((index * items.length) / mostPictures)]!,
  );
}

/** Reads one after the other; a picture that cannot be read is left out and noted. */
async function readAll<T, R>(
  items: readonly T[],
  note: (text: string) => void,
  read: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) {
    try {
      results.push(await read(item));
    } catch (error) {
      if (!LimpidError.is(error) || error.code === "Aborted") throw error;
      note(`left out: ${error.message}`);
    }
  }
  return results;
}

/** A photo at most {@link longestSide} long, which also makes it sharper. */
function reduce(image: PixelImage): PixelImage {
  const scale = longestSide / Math.max(image.width, image.height);
  if (scale >= 1) return image;
  const [width, height] = [image.width, image.height].map((side) => Math.max(1, Math.round(side * scale)));
  const rgb = resizeArea(image, width!, height!);
  return toEightBits({ width: width!, height: height!, rgb });
}

/** The same part of both, at a place that the name decides. A fault must not be resized. */
function cutAlike(
  name: string,
  before: PixelImage,
  after: PixelImage,
): { readonly before: PixelImage; readonly after: PixelImage } {
  const isSameSize = before.width === after.width && before.height === after.height;
  if (!isSameSize || Math.max(before.width, before.height) <= longestSide) return { before, after };
  const source = new RandomSource(
    [...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)!) % 2 ** 31, 7),
  );
  const width = Math.min(longestSide, before.width);
  const height = Math.min(longestSide, before.height);
  const rect = {
    x: source.integer(0, before.width - width),
    y: source.integer(0, before.height - height),
    width,
    height,
  };
  return { before: crop(before, rect), after: crop(after, rect) };
}

/**
 * Rounds a picture of floats.
 *
 * @param picture - interleaved RGB in 0..1
 */
export function toEightBits(picture: {
  readonly width: number;
  readonly height: number;
  readonly rgb: Float32Array;
}): PixelImage {
  const data = Uint8Array.from(picture.rgb, (value) => Math.round(Math.min(Math.max(value, 0), 1) * 255));
  return new PixelImage({ width: picture.width, height: picture.height, channels: 3, data });
}

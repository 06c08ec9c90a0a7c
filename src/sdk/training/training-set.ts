import { LimpidError } from "../base/index.js";
import { PixelImage, readRgb } from "../image/index.js";
import { splitHeldOut } from "./held-out.js";
import { applyRecipe, type RandomSource, type Recipe, type RgbImage } from "./recipes/index.js";
import { applySquareSymmetry, squareSymmetries } from "./square-symmetry.js";

/** The same picture with a fault and without it. */
export interface TrainingPair {
  /** Its name, such as the file's; decides whether it is held out. */
  readonly name: string;
  /** With the fault. */
  readonly before: PixelImage;
  /** Without it; of the same size, pixel upon pixel. */
  readonly after: PixelImage;
}

/** A picture without faults, for a recipe to damage. */
export interface TrainingPhoto {
  /** Its name, such as the file's; decides whether it is held out. */
  readonly name: string;
  /** The picture. */
  readonly image: PixelImage;
}

/** A square part of a picture, with the fault and without it. */
export interface TrainingView {
  /** Name of the picture. */
  readonly name: string;
  /** With the fault, rounded to 8 bits as a file would have it. */
  readonly before: RgbImage;
  /** Without it. */
  readonly after: RgbImage;
}

/** How a training set is made. */
export interface TrainingSetOptions {
  /**
   * Whether the damaged pictures are turned and mirrored too. True if left out: more to learn from. False for a fault that
   * has a direction, such as scan lines. Photos for a recipe are always turned, before they are damaged.
   */
  readonly turn?: boolean;
}

/** Smallest side of a picture that can be learnt from, in pixels. */
const minimumSide = 32;

/** What an expert is trained on, part of it held out by a hash of the names. Immutable; it keeps the pictures. */
export class TrainingSet {
  /** Names of the pictures to learn from. */
  readonly trainingNames: readonly string[];
  /** Names of the pictures that are held out. */
  readonly heldOutNames: readonly string[];
  readonly #training: readonly Sample[];
  readonly #heldOut: readonly Sample[];

  private constructor(samples: readonly Sample[]) {
    if (samples.length < 2) {
      throw new LimpidError(
        "InvalidArgument",
        `${samples.length} pictures to train on: two are needed at least, one of them to be held out`,
      );
    }
    const names = new Set<string>();
    for (const { name, side } of samples) {
      if (side < minimumSide) {
        throw new LimpidError(
          "InvalidArgument",
          `${name}: a side of ${side} pixels is too short to train on, which takes ${minimumSide}`,
        );
      }
      if (names.has(name)) {
        throw new LimpidError("InvalidArgument", `two pictures to train on are named ${name}`);
      }
      names.add(name);
    }
    const { training, heldOut } = splitHeldOut(samples);
    this.#training = training;
    this.#heldOut = heldOut;
    this.trainingNames = training.map(({ name }) => name);
    this.heldOutNames = heldOut.map(({ name }) => name);
  }

  /**
   * Makes a set of pictures that exist with and without the fault.
   *
   * @param pairs - two at least
   * @param options - how to augment them
   * @throws {@link LimpidError} `InvalidArgument` for too few or too small pictures, two of one name, or a pair whose
   * pictures differ in size
   */
  static fromPairs(pairs: readonly TrainingPair[], { turn = true }: TrainingSetOptions = {}): TrainingSet {
    return new TrainingSet(
      pairs.map(({ name, before, after }) => {
        if (before.width !== after.width || before.height !== after.height) {
          throw new LimpidError(
            "InvalidArgument",
            `${name}: ${before.width} x ${before.height} before, ${after.width} x ${after.height} after; ` +
              "a pair must be of one size",
          );
        }
        return {
          name,
          side: Math.min(before.width, before.height),
          draw(source, size) {
            const rect = drawSquare(before, source, size);
            const symmetry = turn ? source.integer(0, squareSymmetries - 1) : 0;
            const [damaged, clean] = [before, after].map((image) =>
              applySquareSymmetry(readSquare(image, rect), symmetry),
            );
            return { name, before: damaged!, after: clean! };
          },
        };
      }),
    );
  }

  /**
   * Makes a set of photos that a recipe damages anew each time that one is drawn, at a severity anywhere in 0 to 1.
   *
   * @param photos - two at least, without faults
   * @param recipe - what damages them
   * @throws {@link LimpidError} `InvalidArgument` for too few or too small pictures, or two of one name; when drawn from,
   * if the recipe returns no picture of the same size
   */
  static fromPhotos(photos: readonly TrainingPhoto[], recipe: Recipe): TrainingSet {
    return new TrainingSet(
      photos.map(({ name, image }) => ({
        name,
        side: Math.min(image.width, image.height),
        draw(source, size) {
          const square = readSquare(image, drawSquare(image, source, size));
          const after = applySquareSymmetry(square, source.integer(0, squareSymmetries - 1));
          return { name, before: applyRecipe(recipe, after, source.uniform(0, 1), source), after };
        },
      })),
    );
  }

  /**
   * Draws a part of one of the pictures to learn from.
   *
   * @param source - where all randomness comes from: the same state gives the same part
   * @param size - side in pixels; less if the picture is smaller
   */
  draw(source: RandomSource, size: number): TrainingView {
    return this.#training[source.integer(0, this.#training.length - 1)]!.draw(source, size);
  }

  /**
   * Draws a part of one of the pictures that are held out.
   *
   * @param index - which one, in the order of {@link TrainingSet.heldOutNames}; begins anew behind the last
   * @param source - where all randomness comes from
   * @param size - side in pixels; less if the picture is smaller
   */
  drawHeldOut(index: number, source: RandomSource, size: number): TrainingView {
    return this.#heldOut[index % this.#heldOut.length]!.draw(source, size);
  }

  /** The shortest side of all pictures, in pixels. */
  get shortestSide(): number {
    return Math.min(...[...this.#training, ...this.#heldOut].map(({ side }) => side));
  }
}

interface Sample {
  readonly name: string;
  /** The shorter side in pixels. */
  readonly side: number;
  draw(source: RandomSource, size: number): TrainingView;
}

interface Square {
  readonly x: number;
  readonly y: number;
  readonly side: number;
}

function drawSquare({ width, height }: PixelImage, source: RandomSource, size: number): Square {
  const side = Math.min(size, width, height);
  return { x: source.integer(0, width - side), y: source.integer(0, height - side), side };
}

function readSquare(image: PixelImage, { x, y, side }: Square): RgbImage {
  return { width: side, height: side, rgb: readRgb(image, { x, y, width: side, height: side }) };
}

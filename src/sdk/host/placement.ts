import { LimpidError } from "../base/index.js";
import type { Rect } from "../image/index.js";

/**
 * An affine map [a, b, c, d, e, f], as in CSS and canvas: x' = a x + c y + e, y' = b x + d y + f. Lengths are the
 * document's units, y points down.
 */
export type Transform = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** The map that changes nothing. */
export const identityTransform: Transform = [1, 0, 0, 1, 0, 0];

/** Where captured pixels stand in their document. It is the host's own note to find the place again at commit. */
export interface Placement {
  /** Width of the captured pixels. */
  readonly naturalWidth: number;
  /** Height of the captured pixels. */
  readonly naturalHeight: number;
  /** The part of them that the document shows; undefined if it shows all. */
  readonly crop: Rect | undefined;
  /** Maps the shown pixels, (0, 0) being the upper left corner of the first one, to the document: scale, rotation, flips. */
  readonly transform: Transform;
  /** Whether the host draws the pixels through filters, masks or effects of its own. They are not in the capture. */
  readonly isFiltered: boolean;
}

/** A point of the document or of an image. */
export interface Point {
  /** To the right. */
  readonly x: number;
  /** Down. */
  readonly y: number;
}

/**
 * Maps a point.
 *
 * @param transform - the map
 * @param point - where to
 * @returns the mapped point
 */
export function transformPoint([a, b, c, d, e, f]: Transform, { x, y }: Point): Point {
  return { x: a * x + c * y + e, y: b * x + d * y + f };
}

/**
 * One map after another.
 *
 * @param outer - applied second
 * @param inner - applied first
 * @returns the map that does both
 */
export function composeTransforms(outer: Transform, inner: Transform): Transform {
  const [a, b, c, d, e, f] = outer;
  const [ia, ib, ic, id, ie, jf] = inner;
  return [
    a * ia + c * ib,
    b * ia + d * ib,
    a * ic + c * id,
    b * ic + d * id,
    a * ie + c * jf + e,
    b * ie + d * jf + f,
  ];
}

/**
 * The map back.
 *
 * @param transform - the map
 * @returns its inverse
 * @throws {@link LimpidError} `InvalidArgument` if it flattens the plane
 */
export function invertTransform(transform: Transform): Transform {
  const [a, b, c, d, e, f] = transform;
  const determinant = a * d - b * c;
  if (!Number.isFinite(determinant) || determinant === 0) {
    throw new LimpidError("InvalidArgument", `the transform ${transform.join(", ")} has no inverse`);
  }
  return [
    d / determinant,
    -b / determinant,
    -c / determinant,
    a / determinant,
    (c * f - d * e) / determinant,
    (b * e - a * f) / determinant,
  ];
}

/**
 * The placement of a result of another size at the same place: it covers what the captured pixels cover, with the same
 * crop, in as many more or fewer pixels.
 *
 * @param placement - of the captured pixels
 * @param width - of the result, in pixels
 * @param height - of the result, in pixels
 * @returns the placement of the result; `placement` itself if the size is the same
 */
export function resizePlacement(placement: Placement, width: number, height: number): Placement {
  if (width === placement.naturalWidth && height === placement.naturalHeight) return placement;
  const horizontal = width / placement.naturalWidth;
  const vertical = height / placement.naturalHeight;
  const { crop } = placement;
  return {
    ...placement,
    naturalWidth: width,
    naturalHeight: height,
    crop: crop && {
      x: crop.x * horizontal,
      y: crop.y * vertical,
      width: crop.width * horizontal,
      height: crop.height * vertical,
    },
    transform: composeTransforms(placement.transform, [1 / horizontal, 0, 0, 1 / vertical, 0, 0]),
  };
}

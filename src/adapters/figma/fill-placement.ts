import {
  composeTransforms,
  invertTransform,
  transformPoint,
  type Placement,
  type Point,
  type Transform,
} from "../../sdk/host/index.js";
import type { Rect } from "../../sdk/image/index.js";
import type { FigmaMatrix, FillGeometry } from "./protocol.js";

/** Figma's rows as the columns of CSS. */
function fromMatrix([[a, c, e], [b, d, f]]: FigmaMatrix): Transform {
  return [a, b, c, d, e, f];
}

/** The columns of CSS as Figma's rows. */
export function toFigmaMatrix([a, b, c, d, e, f]: Transform): FigmaMatrix {
  return [
    [a, c, e],
    [b, d, f],
  ];
}

/**
 * Where the image of a fill stands on the page: what of it the layer shows, as far as that is a rectangle of its pixels.
 *
 * @param width - of the image, in pixels
 * @param height - of the image, in pixels
 */
export function placeFill(
  width: number,
  height: number,
  geometry: FillGeometry,
  isFiltered: boolean,
): Placement {
  const toLayer = imageToLayer(width, height, geometry);
  const toPage = composeTransforms(fromMatrix(geometry.frame.transform), toLayer);
  const crop = isUpright(toLayer) ? shownPart(width, height, geometry, toLayer) : undefined;
  const isWhole = crop === undefined || (crop.width === width && crop.height === height);
  return {
    naturalWidth: width,
    naturalHeight: height,
    crop: isWhole ? undefined : crop,
    transform: isWhole ? toPage : composeTransforms(toPage, [1, 0, 0, 1, crop.x, crop.y]),
    isFiltered,
  };
}

/**
 * Whether what a layer shows of its image is a rectangle of pixels that is there once: neither turned askew nor repeated.
 */
export function isRectangular(geometry: FillGeometry): boolean {
  if (geometry.scaleMode === "TILE") return false;
  return isUpright(imageToLayer(1, 1, geometry));
}

/** Maps the image's pixels to the layer's own units. */
function imageToLayer(width: number, height: number, geometry: FillGeometry): Transform {
  const { frame, scaleMode, imageTransform, scalingFactor, rotation } = geometry;
  if (scaleMode === "CROP") {
    const shares = invertOr(fromMatrix(imageTransform ?? identityMatrix));
    const toUnits = composeTransforms([frame.width, 0, 0, frame.height, 0, 0], shares);
    return composeTransforms(toUnits, [1 / width, 0, 0, 1 / height, 0, 0]);
  }
  const turned = turnedBy(rotation, width, height);
  const isAcross = Math.abs(Math.round(rotation / 90)) % 2 === 1;
  const [shownWidth, shownHeight] = isAcross ? [height, width] : [width, height];
  if (scaleMode === "TILE") {
    const scale = scalingFactor ?? 1;
    return composeTransforms([scale, 0, 0, scale, 0, 0], turned);
  }
  const ratios = [frame.width / shownWidth, frame.height / shownHeight] as const;
  const scale = scaleMode === "FILL" ? Math.max(...ratios) : Math.min(...ratios);
  const left = (frame.width - shownWidth * scale) / 2;
  const top = (frame.height - shownHeight * scale) / 2;
  return composeTransforms([scale, 0, 0, scale, left, top], turned);
}

const identityMatrix: FigmaMatrix = [
  [1, 0, 0],
  [0, 1, 0],
];

/** A crop without an area shows nothing, whichever way it is mapped. */
function invertOr(transform: Transform): Transform {
  const [a, b, c, d] = transform;
  return a * d - b * c === 0 ? [1, 0, 0, 1, 0, 0] : invertTransform(transform);
}

/** An image turned clockwise by quarters, its upper left corner at the origin again. */
function turnedBy(rotation: number, width: number, height: number): Transform {
  switch (((Math.round(rotation / 90) % 4) + 4) % 4) {
    case 1:
      return [0, 1, -1, 0, height, 0];
    case 2:
      return [-1, 0, 0, -1, width, height];
    case 3:
      return [0, -1, 1, 0, 0, width];
    default:
      return [1, 0, 0, 1, 0, 0];
  }
}

/** Whether rows stay rows, or become columns. */
function isUpright([a, b, c, d]: Transform): boolean {
  const size = Math.hypot(a, b, c, d) * 1e-9;
  return (Math.abs(b) <= size && Math.abs(c) <= size) || (Math.abs(a) <= size && Math.abs(d) <= size);
}

function shownPart(
  width: number,
  height: number,
  { frame }: FillGeometry,
  toLayer: Transform,
): Rect | undefined {
  const toImage = invertOr(toLayer);
  const corners: Point[] = [
    transformPoint(toImage, { x: 0, y: 0 }),
    transformPoint(toImage, { x: frame.width, y: frame.height }),
  ];
  const [left, right] = between(
    corners.map(({ x }) => x),
    width,
  );
  const [top, bottom] = between(
    corners.map(({ y }) => y),
    height,
  );
  if (right <= left || bottom <= top) return undefined;
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** Rounding must not turn a whole image into a crop that lacks a millionth of a pixel. */
function between(ends: readonly number[], size: number): [number, number] {
  const snap = (value: number): number =>
    Math.abs(value - Math.round(value)) < 1e-6 ? Math.round(value) : value;
  return [Math.max(0, snap(Math.min(...ends))), Math.min(size, snap(Math.max(...ends)))];
}

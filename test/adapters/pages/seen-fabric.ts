import type { SeenLayer } from "../../../src/testing/index.js";
import { pixelsOf } from "./page-documents.js";

/** What the tests look at of an image object of Fabric. */
export interface FabricLike {
  readonly _originalElement: HTMLImageElement | HTMLCanvasElement;
  readonly width: number;
  readonly height: number;
  readonly cropX: number;
  readonly cropY: number;
  readonly flipX: boolean;
  readonly opacity: number;
  readonly filters: readonly unknown[];
  getCoords(): { x: number; y: number }[];
}

/** An image object as Fabric itself shows it. */
export async function seenFabric(object: FabricLike, isOpened: boolean): Promise<SeenLayer> {
  const pixels = await pixelsOf(object._originalElement);
  const { width, height, cropX: x, cropY: y } = object;
  // They are those of the box, which a flip leaves where they are.
  const [upperLeft, upperRight, lowerRight, lowerLeft] = object.getCoords();
  const corners = object.flipX
    ? [upperRight, upperLeft, lowerLeft, lowerRight]
    : [upperLeft, upperRight, lowerRight, lowerLeft];
  const isWhole = width === pixels.width && height === pixels.height;
  return {
    isOpened,
    pixels,
    corners: corners.flatMap((corner) => [corner!.x, corner!.y]),
    crop: isWhole ? undefined : { x, y, width, height },
    opacity: object.opacity,
    filters: object.filters.length > 0 ? [object.filters.length] : [],
  };
}

import { transformPoint, type Placement, type Point } from "../../sdk/host/index.js";

/** Where the corners of the shown pixels stand in the document, clockwise from the upper left one as the pixels are stored. */
export function displayedCorners({ naturalWidth, naturalHeight, crop, transform }: Placement): Point[] {
  const { width, height } = crop ?? { width: naturalWidth, height: naturalHeight };
  return [
    { x: 0, y: 0 },
    { x: width, y: 0 },
    { x: width, y: height },
    { x: 0, y: height },
  ].map((corner) => transformPoint(transform, corner));
}

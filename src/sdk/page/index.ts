/**
 * The pixels of what a page draws: canvases, bitmaps, image data, `<img>` elements and files are read and written exactly where
 * the browser lets them be, a band at a time, so that the page stays responsive.
 */
export { copyBands, visitBands } from "./bands.js";
export { checkCanvasSize, defaultCanvasLimits, type CanvasLimits } from "./canvas-limits.js";
export { embeddedProfile } from "./embedded-profile.js";
export { encodedSize } from "./encoded-size.js";
export { colorSpaceOf, context2D, readContext2D, type AnyCanvas } from "./make-canvas.js";
export { readPixels, type PixelSource, type ReadPixels, type ReadPixelsOptions } from "./read-pixels.js";
export { rgbaOf, type Rgba } from "./rgba.js";
export { bitmapReadsAreExact, readsAreExact } from "./self-test.js";
export { writeAs } from "./write-as.js";
export { drawPixels, toDataUrl, toElement, toImageElement } from "./write-pixels.js";

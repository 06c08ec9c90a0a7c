/**
 * Images in memory: pixels with their colour space, orientation and alpha, PNG files, resizing and measures. Results keep
 * every bit that the input has, so nothing here goes through a canvas.
 */
export { bleedColorUnderAlpha } from "./alpha-bleed.js";
export { convertBitDepth } from "./bit-depth.js";
export { colorsOfCurve, type ColorDescription } from "./color-description.js";
export { colorStatistics, colorStatisticsSide, colorStatisticsSize } from "./color-statistics.js";
export { contentRect, isOneTone } from "./content-rect.js";
export { crop } from "./crop.js";
export { colorModelOfProfile, colorSpaceOfProfile } from "./icc-profile.js";
export { readJpegSegments, type JpegSegment } from "./jpeg-segments.js";
export type { Chromaticities, ToneCurve } from "./matrix-profile.js";
export type { MetricOptions } from "./metric-planes.js";
export { applyOrientation, type ExifOrientation } from "./orientation.js";
export {
  maximumPixelCount,
  PixelImage,
  type CanvasPixels,
  type ChannelCount,
  type ColorSpace,
  type PixelData,
  type PixelImageInit,
} from "./pixel-image.js";
export { colorsOfProfile } from "./profile-colors.js";
export { decodePng, type DecodedPng, type DecodePngOptions } from "./png-decode.js";
export { encodePng, type EncodePngOptions } from "./png-encode.js";
export { isPng } from "./png-chunks.js";
export { psnr } from "./psnr.js";
export { readColorDescription } from "./read-color.js";
export type { Rect } from "./rect.js";
export { describeSecondPicture } from "./second-picture.js";
export { requirePixels } from "./require-pixels.js";
export { resizeArea } from "./resize-area.js";
export { resizeBicubic } from "./resize-bicubic.js";
export { readRgb, writeRgb } from "./rgb.js";
export { linearToSrgb } from "./srgb-curve.js";
export { srgbTonesOf, type SrgbTones } from "./srgb-tones.js";
export { ssim, type SsimOptions } from "./ssim.js";

import { PixelImage } from "../image/index.js";
import { invertTransform, transformPoint } from "./placement.js";
import type { HeadlessLayer } from "./headless-layer.js";

/**
 * What a person sees of a stack of layers: each pixel of the document is the nearest one of every visible layer, drawn over
 * those below with straight alpha. Computed in floats and rounded once; 16-bit if a layer is.
 *
 * @param layers - lowest first; all of one colour space
 * @param width - of the document, in pixels
 * @param height - of the document, in pixels
 * @returns RGBA
 */
export function flattenLayers(layers: readonly HeadlessLayer[], width: number, height: number): PixelImage {
  const visible = layers.filter(({ isVisible }) => isVisible);
  const isDeep = visible.some(({ image }) => image.bitDepth > 8);
  const maximum = isDeep ? 65535 : 255;
  const data = isDeep ? new Uint16Array(width * height * 4) : new Uint8Array(width * height * 4);
  const draws = visible.map(layerSampler);
  const below = new Float64Array(4);
  const above = new Float64Array(4);
  for (let y = 0, offset = 0; y < height; y++) {
    for (let x = 0; x < width; x++, offset += 4) {
      below.fill(0);
      for (const sample of draws) {
        if (sample(x + 0.5, y + 0.5, above)) drawOver(below, above);
      }
      for (let channel = 0; channel < 4; channel++)
        data[offset + channel] = Math.round(below[channel]! * maximum);
    }
  }
  const first = visible[0]?.image;
  const color = first === undefined ? {} : { colorSpace: first.colorSpace, iccProfile: first.iccProfile };
  return new PixelImage({ width, height, channels: 4, data, ...color });
}

/** Reads a layer at a point of the document: straight RGBA, 0..1; false outside of it. */
function layerSampler({
  image,
  mask,
  placement: { crop, transform },
}: HeadlessLayer): (x: number, y: number, out: Float64Array) => boolean {
  const back = invertTransform(transform);
  const { channels, data, maximum, isGray, hasAlpha } = image;
  const shown = crop ?? { x: 0, y: 0, width: image.width, height: image.height };
  return (documentX, documentY, out) => {
    const { x, y } = transformPoint(back, { x: documentX, y: documentY });
    if (x < 0 || y < 0 || x >= shown.width || y >= shown.height) return false;
    const pixel = Math.floor(shown.y + y) * image.width + Math.floor(shown.x + x);
    const source = pixel * channels;
    out[0] = data[source]! / maximum;
    out[1] = data[source + (isGray ? 0 : 1)]! / maximum;
    out[2] = data[source + (isGray ? 0 : 2)]! / maximum;
    out[3] = hasAlpha ? data[source + channels - 1]! / maximum : 1;
    if (mask !== undefined) out[3] *= mask.data[pixel]! / mask.maximum;
    return true;
  };
}

/** The Porter-Duff operator "over", with straight alpha. */
function drawOver(below: Float64Array, above: Float64Array): void {
  const alpha = above[3]!;
  const total = alpha + below[3]! * (1 - alpha);
  for (let channel = 0; channel < 3; channel++) {
    const behind = below[channel]! * below[3]! * (1 - alpha);
    below[channel] = total > 0 ? (above[channel]! * alpha + behind) / total : above[channel]!;
  }
  below[3] = total;
}

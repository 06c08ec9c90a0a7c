import { PixelImage, type ColorSpace } from "../../../src/sdk/image/index.js";
import type { FakeLayerState } from "./layer-state.js";

/**
 * What a document looks like. A layer alone at full opacity comes out sample for sample, with the colour under transparent
 * pixels; layers over each other are composed as usual (Porter and Duff's "over", straight alpha).
 */
export function composeLayers(
  layers: readonly FakeLayerState[],
  width: number,
  height: number,
  colorSpace: ColorSpace,
): PixelImage {
  const data = new Uint8Array(width * height * 4);
  for (const layer of drawnLayers(layers).reverse()) drawLayer(data, width, height, layer);
  return new PixelImage({ width, height, channels: 4, data, colorSpace });
}

/** The layers that are drawn, topmost first, out of their groups. */
function drawnLayers(layers: readonly FakeLayerState[]): FakeLayerState[] {
  return layers
    .filter(({ visible }) => visible)
    .flatMap((layer) => (layer.children === undefined ? [layer] : drawnLayers(layer.children)));
}

function drawLayer(
  data: Uint8Array,
  width: number,
  height: number,
  { image, mask, left, top, opacity }: FakeLayerState,
): void {
  if (image === undefined) return;
  const { channels, isGray, hasAlpha } = image;
  for (let y = Math.max(0, -top); y < Math.min(image.height, height - top); y++) {
    for (let x = Math.max(0, -left); x < Math.min(image.width, width - left); x++) {
      const source = (y * image.width + x) * channels;
      const target = ((y + top) * width + x + left) * 4;
      const color = [0, isGray ? 0 : 1, isGray ? 0 : 2].map((channel) => image.data[source + channel]!);
      const own = hasAlpha ? image.data[source + channels - 1]! : 255;
      const shown = mask === undefined ? 1 : mask[y * image.width + x]! / 255;
      const alpha = (own * shown * opacity) / 100;
      const below = data[target + 3]!;
      const total = alpha + (below * (255 - alpha)) / 255;
      for (let channel = 0; channel < 3; channel++) {
        const under = data[target + channel]!;
        data[target + channel] =
          below === 0 || alpha === 255
            ? color[channel]!
            : Math.round(under + ((color[channel]! - under) * alpha) / total);
      }
      data[target + 3] = Math.round(total);
    }
  }
}

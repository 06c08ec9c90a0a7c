import { HeadlessHost } from "../../src/sdk/host/index.js";
import { PixelImage } from "../../src/sdk/image/index.js";
import type { HostUnderTest } from "../../src/testing/index.js";
import { displayedCorners } from "../../src/testing/host-conformance/displayed-corners.js";

/** Grey pixels 0, 1, 2, ... in reading order. */
export function makeOrderedPixels(width: number, height: number): PixelImage {
  return new PixelImage({
    width,
    height,
    channels: 1,
    data: new Uint8Array(width * height).map((_, i) => i),
  });
}

/** A headless document of one layer, and what a person does to it. */
export function openHeadless(image: PixelImage | undefined): HostUnderTest & { readonly host: HeadlessHost } {
  const host = image === undefined ? new HeadlessHost({ width: 8, height: 8 }) : HeadlessHost.ofImage(image);
  const opened = host.layers[0];
  const layer = () => host.layers.find(({ id }) => id === opened?.id)!;
  return {
    host,
    layers: () =>
      host.layers.map(({ id, image: pixels, placement, mask }) => ({
        isOpened: id === opened?.id,
        pixels,
        corners: displayedCorners(placement).flatMap(({ x, y }) => [x, y]),
        crop: placement.crop,
        opacity: 1,
        mask,
        filters: placement.isFiltered ? [1] : [],
      })),
    edit: () => {
      const painted = layer().image.clone();
      painted.data[0] = painted.data[0]! ^ 0x55;
      host.updateLayer(layer().id, { image: painted });
    },
    remove: () => host.removeLayer(layer().id),
    arrange: () =>
      host.updateLayer(layer().id, {
        placement: {
          ...layer().placement,
          crop: { x: 8, y: 0, width: 48, height: 32 },
          // Turned by 30 degrees, mirrored and twice as large.
          transform: [-Math.sqrt(3), -1, -1, Math.sqrt(3), 70, 20],
          isFiltered: true,
        },
      }),
    select: (rect) => host.select(rect),
    changeSelection: () => host.select({ x: 0, y: 0, width: 1, height: 1 }),
    undo: () => {
      host.undo();
    },
    redo: () => {
      host.redo();
    },
  };
}

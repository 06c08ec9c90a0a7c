import { decodePng, encodePng, type PixelImage } from "../../../src/sdk/image/index.js";
import type { FakeFigma } from "../../fakes/figma/index.js";
import type { HostFixture, HostUnderTest } from "../../../src/testing/host-conformance/index.js";
import { connect, makePicture } from "./connected.js";

interface ImageFill {
  readonly type: string;
  readonly imageHash: string;
  readonly imageTransform?: readonly (readonly number[])[];
  readonly rotation?: number;
  readonly opacity?: number;
  readonly filters?: Readonly<Record<string, number>>;
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

async function openHost(prepare: (figma: FakeFigma) => string | undefined): Promise<HostUnderTest> {
  const { figma, host } = await connect({ timeout: 60_000 });
  const id = prepare(figma);
  if (id !== undefined) figma.select([id]);
  await settled();
  const layer = () => figma.look()[0]!;
  const fill = (): ImageFill => (layer().fills as readonly ImageFill[])[0]!;
  const other = figma.add({ name: "Other", fills: [] });
  const edited = await encodePng(makePicture(12, 8, 3, 5));
  return {
    host,
    pixels: async () => (await decodePng(figma.imageBytes(fill().imageHash))).image,
    layerCount: () => figma.look().length,
    geometry: () => {
      const { width, height, absoluteTransform } = layer();
      const { imageTransform = [], opacity = 1, filters = {}, rotation = 0 } = fill();
      return [
        width,
        height,
        ...absoluteTransform.flat(),
        ...imageTransform.flat(),
        opacity,
        rotation,
        ...Object.values(filters),
      ];
    },
    edit: () => figma.replaceImage(layer().id, edited),
    remove: () => figma.remove(layer().id),
    arrange: () => {
      const angle = 0.3;
      figma.update(layer().id, {
        width: 90,
        height: 50,
        relativeTransform: [
          [Math.cos(angle), -Math.sin(angle), 40],
          [Math.sin(angle), Math.cos(angle), -7],
        ],
        fills: [
          {
            ...fill(),
            scaleMode: "CROP",
            imageTransform: [
              [-0.5, 0.1, 0.7],
              [-0.1, 0.6, 0.3],
            ],
            opacity: 0.7,
            filters: { exposure: 0.2, contrast: -0.1 },
          },
        ],
      });
    },
    changeSelection: async () => {
      figma.select(figma.look().length > 1 ? [other] : []);
      await settled();
    },
    undo: () => void figma.undo(),
    redo: () => void figma.redo(),
  };
}

/** The host with both sides of the plugin, on a fake Figma. */
export const fixture: HostFixture = {
  open: async (image: PixelImage | undefined) => {
    const file = image && (await encodePng(image));
    return openHost((figma) => file && figma.addPhoto(file));
  },
  openFile: (bytes) => openHost((figma) => figma.addPhoto(bytes)),
  exclusions: {
    "captures the selection as a mask": "in Figma layers are selected, not parts of them",
    "restores only what is selected": "in Figma layers are selected, not parts of them",
    "adds a layer with a layer mask": "masks in Figma are shapes, not paint",
  },
};

import { decodePng, encodePng, type PixelImage } from "../../../src/sdk/image/index.js";
import type { FakeFigma, SeenFigmaLayer } from "../../fakes/figma/index.js";
import type { HostFixture, HostUnderTest, SeenLayer } from "../../../src/testing/host-conformance/index.js";
import { connect, makePicture } from "./connected.js";

interface ImageFill {
  readonly type: string;
  readonly imageHash: string;
  readonly imageTransform?: readonly (readonly number[])[];
  readonly opacity?: number;
  readonly filters?: Readonly<Record<string, number>>;
}

/** What a layer shows of its image, as Figma documents its fills. */
async function seen(figma: FakeFigma, layer: SeenFigmaLayer, isOpened: boolean): Promise<SeenLayer> {
  const paint = (layer.fills as readonly ImageFill[])[0]!;
  const pixels = (await decodePng(figma.imageBytes(paint.imageHash))).image;
  const { width, height } = pixels;
  const [[a, , e], [, d, f]] = (paint.imageTransform ?? [
    [1, 0, 0],
    [0, 1, 0],
  ]) as [[number, number, number], [number, number, number]];
  const [left, top] = [Math.min(e, e + a), Math.min(f, f + d)];
  const [[xx, xy, x0], [yx, yy, y0]] = layer.absoluteTransform as [number[], number[]] as [
    [number, number, number],
    [number, number, number],
  ];
  const corners = [
    [0, 0],
    [1, 0],
    [1, 1],
    [0, 1],
  ].flatMap(([column, row]) => {
    // A fill that is mirrored starts at the layer's other side.
    const x = (a < 0 ? 1 - column! : column!) * layer.width;
    const y = (d < 0 ? 1 - row! : row!) * layer.height;
    return [xx * x + xy * y + x0, yx * x + yy * y + y0];
  });
  const isWhole = paint.imageTransform === undefined;
  return {
    isOpened,
    pixels,
    corners,
    crop: isWhole
      ? undefined
      : { x: left * width, y: top * height, width: Math.abs(a) * width, height: Math.abs(d) * height },
    opacity: paint.opacity ?? 1,
    filters: Object.values(paint.filters ?? {}),
  };
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
    layers: async () => {
      const shown = figma.look().filter(({ fills }) => fills?.some((paint) => "imageHash" in paint));
      return Promise.all(shown.map((one) => seen(figma, one, one.id === id)));
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
              [-0.5, 0, 0.75],
              [0, 0.5, 0.25],
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
    "refuses a result whose document was closed meanwhile": "a plugin ends with its file",
    "captures the selection as a mask": "in Figma layers are selected, not parts of them",
    "restores only what is selected": "in Figma layers are selected, not parts of them",
    "adds a layer with a layer mask": "masks in Figma are shapes, not paint",
  },
};

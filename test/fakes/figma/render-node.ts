import type { ImagePaint, Paint, Transform } from "@figma/plugin-typings/plugin-api-standalone.js";
import { PixelImage } from "../../../src/sdk/image/index.js";
import { inverse, type FakeNode } from "./fake-node.js";

/** Where to look for the pixels of a fill. */
export type DecodedImages = (hash: string) => PixelImage;

/**
 * A node and what is in it, drawn by nearest neighbours: image fills in every scale mode, opacity, the filter `exposure`, which
 * makes everything lighter. Enough to tell whether something lies where it should.
 *
 * @param node - what to draw
 * @param scale - pixels for one unit
 * @param images - the pixels of the fills
 */
export function renderNode(node: FakeNode, scale: number, images: DecodedImages): PixelImage {
  const bounds = node.absoluteBoundingBox;
  const width = Math.ceil(bounds.width * scale - 1e-9);
  const height = Math.ceil(bounds.height * scale - 1e-9);
  const data = new Uint8Array(width * height * 4);
  const layers = fillsWithin(node);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const point = [bounds.x + (x + 0.5) / scale, bounds.y + (y + 0.5) / scale] as const;
      for (const layer of layers) paintPixel(data, (y * width + x) * 4, sample(layer, point, images));
    }
  }
  return new PixelImage({ width, height, channels: 4, data });
}

interface DrawnFill {
  readonly node: FakeNode;
  readonly paint: ImagePaint;
  readonly toNode: Transform;
}

/** Lowest first. */
function fillsWithin(node: FakeNode): DrawnFill[] {
  if (!node.isDrawn) return [];
  const { fills, children } = node.state;
  const own = typeof fills === "symbol" ? [] : fills.filter(isDrawnImage);
  const toNode = inverse(node.absoluteTransform);
  return [...own.map((paint) => ({ node, paint, toNode })), ...children.flatMap(fillsWithin)];
}

function isDrawnImage(paint: Paint): paint is ImagePaint {
  return paint.type === "IMAGE" && paint.visible !== false && paint.imageHash !== null;
}

/** Straight red, green, blue and alpha. */
type Color = readonly [number, number, number, number];

function sample(
  { node, paint, toNode: [[a, c, e], [b, d, f]] }: DrawnFill,
  [pageX, pageY]: readonly [number, number],
  images: DecodedImages,
): Color | undefined {
  const { width, height } = node.state;
  const x = a * pageX + c * pageY + e;
  const y = b * pageX + d * pageY + f;
  if (x < 0 || y < 0 || x >= width || y >= height) return undefined;
  const image = images(paint.imageHash!);
  const [column, row] = pixelAt(paint, [x, y], [width, height], image);
  if (column < 0 || row < 0 || column >= image.width || row >= image.height) return undefined;
  const { channels, data, hasAlpha, isGray } = image;
  const start = (Math.floor(row) * image.width + Math.floor(column)) * channels;
  const lighter = 255 * (paint.filters?.exposure ?? 0);
  const color = [0, 1, 2].map((channel) =>
    Math.min(255, Math.max(0, data[start + (isGray ? 0 : channel)]! + lighter)),
  );
  const alpha = (hasAlpha ? data[start + channels - 1]! : 255) * (paint.opacity ?? 1);
  return [color[0]!, color[1]!, color[2]!, alpha];
}

/** Which pixel of its image a fill shows at a point of its layer. */
function pixelAt(
  { scaleMode, imageTransform, scalingFactor = 1, rotation = 0 }: ImagePaint,
  [x, y]: readonly [number, number],
  [width, height]: readonly [number, number],
  image: PixelImage,
): readonly [number, number] {
  if (scaleMode === "CROP") {
    const [[a, c, e], [b, d, f]] = imageTransform ?? [
      [1, 0, 0],
      [0, 1, 0],
    ];
    const [u, v] = [x / width, y / height];
    return [(a * u + c * v + e) * image.width, (b * u + d * v + f) * image.height];
  }
  if (rotation !== 0) throw new Error("the fake draws no fills that are turned");
  if (scaleMode === "TILE") return [(x / scalingFactor) % image.width, (y / scalingFactor) % image.height];
  const ratios = [width / image.width, height / image.height];
  const scale = scaleMode === "FILL" ? Math.max(...ratios) : Math.min(...ratios);
  return [(x - (width - image.width * scale) / 2) / scale, (y - (height - image.height * scale) / 2) / scale];
}

/** Porter and Duff's "over", with straight alpha. What nothing lies under comes through as it is. */
function paintPixel(data: Uint8Array, start: number, color: Color | undefined): void {
  if (color === undefined) return;
  const below = data[start + 3]! / 255;
  const above = color[3] / 255;
  if (below === 0 || above === 1) {
    data.set(color.map(Math.round), start);
    return;
  }
  const alpha = above + below * (1 - above);
  for (let channel = 0; channel < 3; channel++) {
    const mixed = color[channel]! * above + data[start + channel]! * below * (1 - above);
    data[start + channel] = Math.round(mixed / alpha);
  }
  data[start + 3] = Math.round(alpha * 255);
}

import type { PluginAPI, SceneNode } from "@figma/plugin-typings/plugin-api-standalone.js";
import { maximumFileLength, type FillGeometry, type Params, type Result } from "../protocol.js";
import { SandboxFailure } from "./failure.js";
import { describeFill, findNode, requireFill, type FoundFill } from "./image-fills.js";
import { frameOf, moveTo, toMatrix } from "./node-frame.js";

/** A file and what is told of it. */
type File<M extends "openFill" | "openRendering"> = Omit<Result<M>, "transfer" | "length"> & {
  readonly bytes: Uint8Array;
};

/** The file behind a fill: as it was put in, without the layer's crop and filters. */
export async function readFill(
  figma: PluginAPI,
  { nodeId, index, ...limits }: Params<"openFill">,
): Promise<File<"openFill">> {
  const found = await requireFill(figma, nodeId, index);
  const image = figma.getImageByHash(found.paint.imageHash!);
  if (image === null) throw new SandboxFailure("missing", "Figma does not have this fill's image");
  const { width, height } = await image.getSizeAsync();
  checkSize(width, height, limits);
  const bytes = await image.getBytesAsync();
  checkLength(bytes);
  return {
    bytes,
    width,
    height,
    fill: describeFill(found.node, found.index, found.paint),
    pageId: figma.currentPage.id,
    geometry: geometryOf(found),
  };
}

/** How the image of a fill lies in its layer. */
export function geometryOf({ node, paint }: FoundFill): FillGeometry {
  const { scaleMode, imageTransform, scalingFactor, rotation = 0 } = paint;
  return {
    frame: frameOf(node),
    scaleMode,
    imageTransform: imageTransform === undefined ? null : toMatrix(imageTransform),
    scalingFactor: scalingFactor ?? null,
    rotation,
  };
}

/** A node as it is drawn, with everything in it and every effect, in sRGB. */
export async function renderNode(
  figma: PluginAPI,
  { nodeId, scale, ...limits }: Params<"openRendering">,
): Promise<File<"openRendering">> {
  const node = await findNode(figma, nodeId);
  if (node === undefined) throw new SandboxFailure("changed", "the layer was deleted");
  const bounds = drawnBounds(node);
  if (bounds === null || bounds.width <= 0 || bounds.height <= 0) {
    throw new SandboxFailure("empty", "nothing of the layer is drawn");
  }
  const { x, y, width, height } = bounds;
  checkSize(Math.ceil(width * scale), Math.ceil(height * scale), limits);
  const bytes = await node.exportAsync({
    format: "PNG",
    constraint: { type: "SCALE", value: scale },
    contentsOnly: true,
    colorProfile: "SRGB",
  });
  checkLength(bytes);
  return {
    bytes,
    name: node.name.slice(0, 200),
    pageId: figma.currentPage.id,
    frame: { width, height, transform: moveTo(x, y) },
  };
}

function drawnBounds(node: SceneNode): { x: number; y: number; width: number; height: number } | null {
  return ("absoluteRenderBounds" in node ? node.absoluteRenderBounds : null) ?? node.absoluteBoundingBox;
}

function checkSize(
  width: number,
  height: number,
  { maximumSide, maximumPixels }: { readonly maximumSide: number; readonly maximumPixels: number },
): void {
  if (Math.max(width, height) <= maximumSide && width * height <= maximumPixels) return;
  throw new SandboxFailure(
    "too-large",
    `${width} x ${height} pixels are more than are taken from Figma: ${maximumSide} a side, ${maximumPixels} in all`,
  );
}

function checkLength({ length }: Uint8Array): void {
  if (length === 0) throw new SandboxFailure("missing", "Figma gave out an empty file");
  if (length <= maximumFileLength) return;
  throw new SandboxFailure(
    "too-large",
    `a file of ${length} bytes is more than is taken from Figma: ${maximumFileLength}`,
  );
}

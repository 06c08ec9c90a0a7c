import type {
  BaseNode,
  ChildrenMixin,
  FrameNode,
  ImagePaint,
  PluginAPI,
  RectangleNode,
  SceneNode,
} from "@figma/plugin-typings/plugin-api-standalone.js";
import type { FigmaMatrix, NodeFrame, Params, PlacedTile, Result } from "../protocol.js";
import { SandboxFailure } from "./failure.js";
import { findNode, isLocked, requireFill } from "./image-fills.js";
import { compose, frameOf, identity, invert, moveTo, toMatrix } from "./node-frame.js";

/** What is stored with a layer, so that Figma offers to restore it again: descriptions by command. */
export type RelaunchData = Readonly<Record<string, string>>;

type Parent = BaseNode & ChildrenMixin;

/** Where a new layer goes. */
interface Place {
  readonly parent: Parent;
  readonly index: number;
}

/** Nodes in which a rectangle would change what they are, or that take none. */
const closedTypes: readonly string[] = ["INSTANCE", "BOOLEAN_OPERATION", "COMPONENT_SET"];

/** Nodes whose fill lies under what they hold. */
const backgroundTypes: readonly string[] = ["FRAME", "COMPONENT", "SECTION"];

/** Puts another image into a fill: the paint is copied, and nothing of it is another but the image. */
export async function replaceFill(
  figma: PluginAPI,
  { nodeId, index, hash, image, factor }: Params<"replaceFill">,
  relaunch: RelaunchData,
): Promise<Result<"replaceFill">> {
  const { node, index: at, paint } = await requireFill(figma, nodeId, index, hash);
  if (isLocked(node)) throw new SandboxFailure("locked", "the layer is locked");
  const before = node.fills;
  if (!Array.isArray(before)) throw new SandboxFailure("changed", "the layer has several kinds of fills now");
  const hadStyle = "fillStyleId" in node && typeof node.fillStyleId === "string" && node.fillStyleId !== "";
  const fills = [...(before as readonly ImagePaint[])];
  fills[at] = withImage(paint, image, factor);
  try {
    node.fills = fills;
  } catch (error) {
    node.fills = before;
    throw error;
  }
  offerAgain(node, relaunch);
  figma.commitUndo();
  return { detachedStyle: hadStyle };
}

/** Adds a layer of the same shape at the same place, with the image in the same crop. */
export async function addFill(
  figma: PluginAPI,
  { nodeId, index, hash, image, factor, label }: Params<"addFill">,
  relaunch: RelaunchData,
): Promise<Result<"addFill">> {
  const { node, paint } = await findPaint(figma, nodeId, index, hash);
  const added: SceneNode[] = [];
  return adding(figma, added, () => {
    const isContainer = "children" in node;
    const layer = isContainer ? figma.createRectangle() : (node as RectangleNode).clone();
    added.push(layer);
    place(layer, placeAbove(figma, node, backgroundTypes.includes(node.type)), frameOf(node));
    layer.name = label;
    layer.locked = false;
    const { filters: _, ...plain } = withImage(paint, image, factor);
    layer.fills = [{ ...plain, visible: true }];
    if (isContainer) copyCorners(node as FrameNode, layer);
    else removeDecoration(layer);
    offerAgain(layer, relaunch);
    return layer;
  });
}

/** Adds one layer for each tile, in a group if there are several. */
export async function addTiles(
  figma: PluginAPI,
  { nodeId, frame, tiles, label }: Params<"addTiles">,
  relaunch: RelaunchData,
): Promise<Result<"addTiles">> {
  const node = await findNode(figma, nodeId);
  const added: SceneNode[] = [];
  return adding(figma, added, () => {
    const at = placeAbove(figma, node, false);
    const layers = tiles.map((tile, offset) => {
      const layer = figma.createRectangle();
      added.push(layer);
      place(layer, { ...at, index: at.index + offset }, frameOfTile(frame, tile));
      layer.name = tiles.length === 1 ? label : `${label} ${offset + 1}`;
      layer.fills = [paintOf(tile)];
      return layer;
    });
    const whole = layers.length === 1 ? layers[0]! : figma.group(layers, at.parent, at.index);
    if (layers.length > 1) added.unshift(whole);
    whole.name = label;
    offerAgain(whole, relaunch);
    return whole;
  });
}

/** Has Figma offer the plugin on a layer; one in an instance refuses that, and is restored all the same. */
function offerAgain(node: SceneNode, relaunch: RelaunchData): void {
  try {
    node.setRelaunchData(relaunch);
  } catch {
    // The button is missed, the photo is not.
  }
}

/** Does all of it, as one step of undo, or nothing. */
function adding(figma: PluginAPI, added: SceneNode[], add: () => SceneNode): { nodeId: string } {
  try {
    const layer = add();
    figma.commitUndo();
    return { nodeId: layer.id };
  } catch (error) {
    for (const layer of added) if (!layer.removed) layer.remove();
    throw error;
  }
}

/** The fill with an image, or the one at its place if people have put another image there: the layer goes above it. */
async function findPaint(
  figma: PluginAPI,
  nodeId: string,
  index: number,
  hash: string,
): ReturnType<typeof requireFill> {
  try {
    return await requireFill(figma, nodeId, index, hash);
  } catch {
    return requireFill(figma, nodeId, index);
  }
}

/** The same number of repetitions, for one that is repeated; the other modes fit any size by themselves. */
function withImage(paint: ImagePaint, imageHash: string, factor: number): ImagePaint {
  const copy = { ...paint, imageHash };
  return paint.scalingFactor === undefined ? copy : { ...copy, scalingFactor: paint.scalingFactor / factor };
}

function paintOf({ image, shown }: PlacedTile): ImagePaint {
  const { x, y, width, height } = shown;
  if (x === 0 && y === 0 && width === 1 && height === 1) {
    return { type: "IMAGE", scaleMode: "FILL", imageHash: image };
  }
  return {
    type: "IMAGE",
    scaleMode: "CROP",
    imageHash: image,
    imageTransform: [
      [width, 0, x],
      [0, height, y],
    ],
  };
}

function frameOfTile({ transform }: NodeFrame, { x, y, width, height }: PlacedTile): NodeFrame {
  return { width, height, transform: compose(transform, moveTo(x, y)) };
}

/** Directly above a node, or at the bottom of what it holds; on top of the page if it is gone. */
function placeAbove(figma: PluginAPI, node: SceneNode | undefined, isInside: boolean): Place {
  if (node === undefined) return { parent: figma.currentPage, index: figma.currentPage.children.length };
  let anchor: SceneNode = node;
  for (let at: BaseNode | null = node.parent; at !== null; at = at.parent) {
    if (closedTypes.includes(at.type)) anchor = at as SceneNode;
  }
  // Compared by id: Figma may give the same node out as another object.
  if (isInside && anchor.id === node.id) return { parent: node as FrameNode, index: 0 };
  const parent: Parent = anchor.parent!;
  const { id } = anchor;
  return { parent, index: parent.children.findIndex((child) => child.id === id) + 1 };
}

function place(layer: RectangleNode, { parent, index }: Place, frame: NodeFrame): void {
  parent.insertChild(index, layer);
  // In an auto layout a child is put in line, which would move the others.
  if ("layoutMode" in parent && parent.layoutMode !== "NONE") layer.layoutPositioning = "ABSOLUTE";
  layer.resize(Math.max(0.01, frame.width), Math.max(0.01, frame.height));
  layer.relativeTransform = compose(invert(originOf(parent)), frame.transform);
}

/** What a child's transform starts from: that of the nearest node around it that is no group. */
function originOf(parent: BaseNode): FigmaMatrix {
  for (let at: BaseNode | null = parent; at !== null; at = at.parent) {
    if (at.type === "PAGE" || at.type === "DOCUMENT") return identity;
    if (at.type === "GROUP" || at.type === "BOOLEAN_OPERATION") continue;
    return toMatrix(at.absoluteTransform);
  }
  return identity;
}

function copyCorners(node: FrameNode, layer: RectangleNode): void {
  if (typeof node.topLeftRadius !== "number") return;
  layer.topLeftRadius = node.topLeftRadius;
  layer.topRightRadius = node.topRightRadius;
  layer.bottomLeftRadius = node.bottomLeftRadius;
  layer.bottomRightRadius = node.bottomRightRadius;
}

/** A copy above the layer would double its strokes and shadows, and mask what is above it. */
function removeDecoration(layer: RectangleNode): void {
  layer.strokes = [];
  layer.effects = [];
  layer.isMask = false;
}

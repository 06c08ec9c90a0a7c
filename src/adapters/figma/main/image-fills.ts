import type {
  BaseNode,
  ImagePaint,
  Paint,
  PluginAPI,
  SceneNode,
} from "@figma/plugin-typings/plugin-api-standalone.js";
import type { FillState, SelectionState } from "../protocol.js";
import { SandboxFailure } from "./failure.js";

/** Most fills and layers that are told. */
const maximumFills = 1_000;

/** Most nodes that are looked at: more would make Figma stand still. */
const maximumVisits = 20_000;

/** A node that can have fills. */
export type FilledNode = SceneNode & { fills: readonly Paint[] | PluginAPI["mixed"] };

/** A fill with an image, found again. */
export interface FoundFill {
  readonly node: FilledNode;
  /** Which of the node's fills. */
  readonly index: number;
  /** The fill as it is now. */
  readonly paint: ImagePaint;
}

/**
 * What is selected: the layers, and every image fill of them and of what they hold, lowest first. Hidden layers and fills are
 * left out.
 */
export function describeSelection(figma: PluginAPI): SelectionState {
  const { selection, id: pageId } = figma.currentPage;
  const fills: FillState[] = [];
  const waiting = [...selection].reverse();
  const seen = new Set<string>();
  let visits = 0;
  let isCut = selection.length > maximumFills;
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (!node.visible || seen.has(node.id)) continue;
    if (++visits > maximumVisits || fills.length >= maximumFills) {
      isCut = true;
      break;
    }
    seen.add(node.id);
    for (const { index, paint } of imageFillsOf(node)) {
      if (paint.visible !== false) fills.push(describeFill(node, index, paint));
    }
    if ("children" in node) {
      // One more than will be looked at, so that the cut is seen; a frame can hold more than fit into a call.
      const children = node.children.slice(0, maximumVisits - visits + 1);
      for (const child of children.reverse()) waiting.push(child);
    }
  }
  const layers = selection
    .slice(0, maximumFills)
    .map(({ id, name, type }) => ({ id, name: name.slice(0, 200), type }));
  return { pageId, layers, fills: fills.slice(0, maximumFills), isCut };
}

/** A fill, as the page is told of it. */
export function describeFill(node: SceneNode, index: number, paint: ImagePaint): FillState {
  const { filters, scaleMode, imageHash } = paint;
  return {
    nodeId: node.id,
    index,
    name: node.name.slice(0, 200),
    hash: imageHash!,
    scaleMode,
    isFiltered: filters !== undefined && Object.keys(filters).some((name) => filters[name as "tint"] !== 0),
    isLocked: isLocked(node),
  };
}

/** The fills of a node that have an image; none for those whose fills differ within the node. */
function imageFillsOf(node: SceneNode): { index: number; paint: ImagePaint }[] {
  if (!("fills" in node) || !Array.isArray(node.fills)) return [];
  const found: { index: number; paint: ImagePaint }[] = [];
  (node.fills as readonly Paint[]).forEach((paint, index) => {
    if (paint.type === "IMAGE" && paint.imageHash !== null) found.push({ index, paint });
  });
  return found;
}

/** Whether a node or something around it is locked. */
export function isLocked(node: SceneNode): boolean {
  for (let at: BaseNode | null = node; at !== null; at = at.parent) {
    if ("locked" in at && at.locked) return true;
  }
  return false;
}

/** A node of the file that is neither the file nor a page of it; undefined if it is gone. */
export async function findNode(figma: PluginAPI, nodeId: string): Promise<SceneNode | undefined> {
  const node = await figma.getNodeByIdAsync(nodeId);
  if (node === null || node.removed || node.type === "DOCUMENT" || node.type === "PAGE") return undefined;
  return node;
}

/**
 * Finds a fill again: the one with this image, at its old place if that is one of several, since people may have added fills
 * beneath it.
 *
 * @param hash - of the image that it had; any image at that place if left out
 * @returns the fill; undefined if there is none
 */
export function findFill(node: SceneNode, index: number, hash?: string): FoundFill | undefined {
  const fills = imageFillsOf(node).filter(({ paint }) => hash === undefined || paint.imageHash === hash);
  const found = fills.find((fill) => fill.index === index) ?? (hash === undefined ? undefined : fills[0]);
  return found && { node: node as FilledNode, ...found };
}

/**
 * As {@link findFill}, for a fill that must be there.
 *
 * @throws {@link SandboxFailure} `changed`
 */
export async function requireFill(
  figma: PluginAPI,
  nodeId: string,
  index: number,
  hash?: string,
): Promise<FoundFill> {
  const node = await findNode(figma, nodeId);
  const found = node && findFill(node, index, hash);
  if (found !== undefined) return found;
  throw new SandboxFailure(
    "changed",
    node === undefined ? "the layer was deleted" : "the layer does not have this image any more",
  );
}

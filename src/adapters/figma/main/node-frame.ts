import type { LayoutMixin, SceneNode, Transform } from "@figma/plugin-typings/plugin-api-standalone.js";
import type { FigmaMatrix, NodeFrame } from "../protocol.js";

/** The map that changes nothing. */
export const identity: FigmaMatrix = [
  [1, 0, 0],
  [0, 1, 0],
];

/** One map after another: `inner` first. */
export function compose([[a, c, e], [b, d, f]]: FigmaMatrix, [innerX, innerY]: FigmaMatrix): FigmaMatrix {
  return [
    [a * innerX[0] + c * innerY[0], a * innerX[1] + c * innerY[1], a * innerX[2] + c * innerY[2] + e],
    [b * innerX[0] + d * innerY[0], b * innerX[1] + d * innerY[1], b * innerX[2] + d * innerY[2] + f],
  ];
}

/** The map back; that which changes nothing for a map that flattens the plane. */
export function invert([[a, c, e], [b, d, f]]: FigmaMatrix): FigmaMatrix {
  const determinant = a * d - b * c;
  if (determinant === 0) return identity;
  const [ia, ic, ib, id] = [d / determinant, -c / determinant, -b / determinant, a / determinant];
  return [
    [ia, ic, -(ia * e + ic * f)],
    [ib, id, -(ib * e + id * f)],
  ];
}

/** The map to a point. */
export function moveTo(x: number, y: number): FigmaMatrix {
  return [
    [1, 0, x],
    [0, 1, y],
  ];
}

/** Figma's own matrix, which is read-only, as one of ours. */
export function toMatrix([x, y]: Transform): FigmaMatrix {
  return [[...x], [...y]];
}

/** Where a node stands on its page. */
export function frameOf(node: SceneNode & Pick<LayoutMixin, "width" | "height">): NodeFrame {
  return { width: node.width, height: node.height, transform: toMatrix(node.absoluteTransform) };
}

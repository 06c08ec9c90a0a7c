import { composeTransforms, type Placement, type Point, type Transform } from "../../sdk/host/index.js";
import type { DrawnElement } from "./object-host.js";

/** What is used of a Fabric image object; `FabricImage` of Fabric 6 and 7 and `fabric.Image` of Fabric 4 and 5 have it. */
export interface FabricImageLike {
  /** Size of the shown part in its own pixels. */
  width?: number;
  /** Size of the shown part in its own pixels. */
  height?: number;
  scaleX?: number;
  scaleY?: number;
  /** First shown column. */
  cropX?: number;
  /** First shown row. */
  cropY?: number;
  /** Filters, applied by Fabric. */
  filters?: readonly unknown[];
  /** What is drawn, after the filters. */
  getElement(): unknown;
  /** Replaces what is drawn; resets the size. */
  setElement(element: never): unknown;
  /** Sets properties. */
  set(options: Record<string, unknown>): unknown;
  /** Updates the corners. */
  setCoords(): unknown;
  /** From the object's centre to the canvas. */
  calcTransformMatrix(): readonly number[];
  /** Properties as data. */
  toObject(): object;
  /** What its geometry is relative to, a group or the selection; undefined on the canvas itself. */
  readonly group?: FabricGroupLike | undefined;
  /** The group that it belongs to, whether it is selected or not. */
  readonly parent?: FabricGroupLike | undefined;
  /** Its centre in what it belongs to. */
  getCenterPoint(): Point;
  /** Moves it. */
  setPositionByOrigin(point: never, originX: "center", originY: "center"): unknown;
}

/** What is used of a Fabric group, or of a selection of several objects. */
export interface FabricGroupLike {
  /** The group around it. */
  readonly parent?: FabricGroupLike | undefined;
  /** The objects in it, lowest first. */
  getObjects(): readonly object[];
  /** Puts objects that stand on the canvas at a place in the group. */
  insertAt(index: number, ...objects: never[]): unknown;
  /** Takes objects out. */
  remove(...objects: never[]): unknown;
  /** From the group's centre to the canvas. */
  calcTransformMatrix(): readonly number[];
}

/** Whether an object of a Fabric canvas draws an image. */
function isFabricImage(object: unknown): object is FabricImageLike {
  const candidate = object as Partial<FabricImageLike> | null | undefined;
  return typeof candidate?.getElement === "function" && typeof candidate.setElement === "function";
}

/** The image objects in what is picked: itself, or what a group or a selection of several holds. */
export function fabricImagesIn(object: object | undefined | null): readonly FabricImageLike[] {
  if (isFabricImage(object)) return [object];
  const { getObjects } = (object ?? {}) as Partial<FabricGroupLike>;
  if (typeof getObjects !== "function") return [];
  return (object as FabricGroupLike).getObjects().flatMap((inside) => fabricImagesIn(inside));
}

/** What an image object draws, before its filters. */
export function fabricElement(object: FabricImageLike): DrawnElement | undefined {
  const { _originalElement: original } = object as { _originalElement?: DrawnElement };
  return original ?? (object.getElement() as DrawnElement | undefined);
}

/** An image object's crop, transform and filters. */
export function fabricPlacement(
  object: FabricImageLike,
  natural: { readonly width: number; readonly height: number },
): Pick<Placement, "crop" | "transform" | "isFiltered"> {
  const { width = 0, height = 0, cropX = 0, cropY = 0, filters = [] } = object;
  const isWhole = cropX === 0 && cropY === 0 && width === natural.width && height === natural.height;
  const fromCentre = object.calcTransformMatrix() as unknown as Transform;
  return {
    crop: isWhole ? undefined : { x: cropX, y: cropY, width, height },
    transform: composeTransforms(fromCentre, [1, 0, 0, 1, -width / 2, -height / 2]),
    isFiltered: filters.length > 0,
  };
}

const geometry = ["width", "height", "scaleX", "scaleY", "cropX", "cropY"] as const;

/** Remembers an image object's element and geometry; the returned function puts them back. */
export function rememberFabric(object: FabricImageLike): () => void {
  const element = fabricElement(object);
  const values = Object.fromEntries(geometry.map((name) => [name, object[name]]));
  return () => setFabricElement(object, element, values);
}

/**
 * Replaces an image object's element and keeps what is shown where it is. `setElement` alone would show all of the new
 * element at its natural size.
 */
export function replaceFabricElement(
  object: FabricImageLike,
  element: DrawnElement,
  horizontal: number,
  vertical: number,
): void {
  const { width = 0, height = 0, scaleX = 1, scaleY = 1, cropX = 0, cropY = 0 } = object;
  setFabricElement(object, element, {
    width: width * horizontal,
    height: height * vertical,
    scaleX: scaleX / horizontal,
    scaleY: scaleY / vertical,
    cropX: cropX * horizontal,
    cropY: cropY * vertical,
  });
}

function setFabricElement(
  object: FabricImageLike,
  element: DrawnElement | undefined,
  values: Record<string, unknown>,
): void {
  object.setElement(element as never);
  object.set({ ...values, dirty: true });
  object.setCoords();
}

/** What makes an object what it is, and must not be copied to another. */
const notCopied = ["type", "version", "id", "src", "filters", "resizeFilter", "clipPath", "layoutManager"];

/**
 * An image object at the same place on the canvas, of the same class, with another element and no filters. It belongs to no group
 * yet.
 */
export function likeFabricObject(
  object: FabricImageLike,
  element: DrawnElement,
  horizontal: number,
  vertical: number,
  label: string,
): FabricImageLike {
  const Image = object.constructor as new (element: DrawnElement) => FabricImageLike;
  const layer = new Image(element);
  const entries = Object.entries(object.toObject()).filter(([name]) => !notCopied.includes(name));
  layer.set({ ...Object.fromEntries(entries), name: label });
  replaceFabricElement(layer, element, horizontal, vertical);
  if (object.group) leaveGroup(layer, object.group);
  return layer;
}

/** Gives an object whose geometry is relative to a group the same place on the canvas. */
function leaveGroup(layer: FabricImageLike, group: FabricGroupLike): void {
  const [a, b, c, d, x, y] = composeTransforms(
    group.calcTransformMatrix() as unknown as Transform,
    layer.calcTransformMatrix() as unknown as Transform,
  );
  const squared = a * a + b * b;
  const degrees = (radians: number): number => (radians * 180) / Math.PI;
  layer.set({ flipX: false, flipY: false, angle: degrees(Math.atan2(b, a)), skewY: 0 });
  layer.set({
    scaleX: Math.sqrt(squared),
    scaleY: (a * d - c * b) / Math.sqrt(squared),
    skewX: degrees(Math.atan2(a * c + b * d, squared)),
  });
  const centre = Object.assign(layer.getCenterPoint(), { x, y });
  layer.setPositionByOrigin(centre as never, "center", "center");
  layer.setCoords();
}

import { composeTransforms, type Placement, type Transform } from "../../sdk/host/index.js";
import type { DrawnElement } from "./object-host.js";

/** What is used of a Fabric image object; `FabricImage` of Fabric 6 and 7 and `fabric.Image` of Fabric 4 and 5 have it. */
export interface FabricImageLike {
  /** Size of the shown part in its own pixels. */
  width?: number;
  /** Size of the shown part in its own pixels. */
  height?: number;
  /** Scale. */
  scaleX?: number;
  /** Scale. */
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
}

/** Whether an object of a Fabric canvas draws an image. */
export function isFabricImage(object: unknown): object is FabricImageLike {
  const candidate = object as Partial<FabricImageLike> | null | undefined;
  return typeof candidate?.getElement === "function" && typeof candidate.setElement === "function";
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
const notCopied = ["type", "version", "src", "filters", "resizeFilter", "clipPath", "layoutManager"];

/** An image object at the same place, of the same class, with another element and no filters. */
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
  return layer;
}

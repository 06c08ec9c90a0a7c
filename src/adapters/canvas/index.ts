/**
 * Restores what a page draws: canvases, images, and the objects of Fabric, Konva, PixiJS and the TOAST UI image
 * editor, the layers of miniPaint.
 *
 * @module limpid/canvas
 */
export { createLimpid } from "../../sdk/index.js";
export { CanvasHost, type CanvasHostOptions } from "./canvas-host.js";
export {
  type AnyCanvas,
  type CanvasLimits,
  checkCanvasSize,
  defaultCanvasLimits,
  drawPixels,
  type PixelSource,
  readPixels,
  type ReadPixels,
  type ReadPixelsOptions,
  readsAreExact,
  toElement,
} from "../../sdk/page/index.js";
export { connectMiniPaint, type ConnectMiniPaintOptions } from "./connect-mini-paint.js";
export { FabricHost, type FabricCanvasLike } from "./fabric-host.js";
export type { FabricGroupLike, FabricImageLike } from "./fabric-object.js";
export { FabricObjectHost } from "./fabric-object-host.js";
export {
  KonvaHost,
  type KonvaHostOptions,
  type KonvaImageLike,
  type KonvaTransformLike,
} from "./konva-host.js";
export type { MiniPaintLayer } from "./mini-paint.js";
export { MiniPaintHost } from "./mini-paint-host.js";
export {
  ObjectHost,
  type DrawnElement,
  type HostImage,
  type ObjectCaptureOptions,
  type RecordedStep,
} from "./object-host.js";
export type { RestoreOutcome, RestoreSeveralOptions } from "../frame/index.js";
export { restoreObjects, type RestoredObject, type RestoreObjectsOptions } from "./restore-objects.js";
export { PageHost, type PageHostOptions, type PageInterface } from "./page-host.js";
export { PanelHost, type HostPanel } from "../../sdk/host/index.js";
export type { BitmapHolder, Surface } from "./surface.js";
export {
  PixiHost,
  type PixiContainerLike,
  type PixiHostOptions,
  type PixiMatrix,
  type PixiPoint,
  type PixiSpriteLike,
  type PixiTextureLike,
} from "./pixi-host.js";
export { TuiHost, type TuiImageEditorLike } from "./tui-host.js";
export { UndoHistory, type UndoStack, type UndoStep } from "./undo-history.js";

import { LimpidError } from "../base/index.js";

/** A canvas, of a page or of a worker. */
export type AnyCanvas = HTMLCanvasElement | OffscreenCanvas;

/** Its 2D context. */
export type AnyContext2D = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

/** A canvas that no page shows. */
export function makeCanvas(width: number, height: number): AnyCanvas {
  if (typeof document === "undefined") return new OffscreenCanvas(width, height);
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas;
}

/**
 * The 2D context of a canvas; undefined if it has one of another kind, or was transferred to be drawn elsewhere.
 *
 * @param canvas - the canvas; gets a 2D context if it has none at all
 * @param settings - of a context that is made
 */
export function context2D(
  canvas: AnyCanvas,
  settings: CanvasRenderingContext2DSettings = {},
): AnyContext2D | undefined {
  try {
    // As one of the two kinds: what both have in common the compiler finds in some programs only.
    return (canvas as OffscreenCanvas).getContext("2d", settings) ?? undefined;
  } catch (error) {
    if (error instanceof DOMException && error.name === "InvalidStateError") return undefined;
    throw error;
  }
}

/** What a 2D context was made with; nothing in a browser that does not tell. */
export function contextSettings(context: AnyContext2D): {
  readonly colorSpace?: string;
  readonly colorType?: string;
} {
  return (context as Partial<CanvasSettings>).getContextAttributes?.() ?? {};
}

/** `OffscreenCanvasRenderingContext2D` has it too, though TypeScript does not say so. */
interface CanvasSettings {
  getContextAttributes(): { readonly colorSpace?: string; readonly colorType?: string };
}

/** The colour space of a 2D context. */
export function colorSpaceOf(context: AnyContext2D): "srgb" | "display-p3" {
  return contextSettings(context).colorSpace === "display-p3" ? "display-p3" : "srgb";
}

/**
 * Pixels of a 2D canvas, in its own colour space.
 *
 * @param context - of the canvas
 * @param top - the first row that is read
 * @param rows - how many are; all if left out
 * @param width - of the part that is read; all if left out
 * @throws {@link LimpidError} `PixelsUnreadable` if an image of another origin was drawn on it, `OutOfMemory`
 */
export function readContext2D(
  context: AnyContext2D,
  top = 0,
  rows = context.canvas.height,
  width = context.canvas.width,
): ImageData {
  try {
    return context.getImageData(0, top, width, rows, { colorSpace: colorSpaceOf(context) });
  } catch (error) {
    throw unreadable(error);
  }
}

/** What a browser throws at reads of pixels, with a code. */
export function unreadable(error: unknown): LimpidError {
  if (LimpidError.is(error)) return error;
  if (error instanceof DOMException && error.name === "SecurityError") {
    return new LimpidError(
      "PixelsUnreadable",
      "an image of another origin is on this canvas, so the browser keeps its pixels back; load it with CORS " +
        '(crossOrigin = "anonymous" and the header Access-Control-Allow-Origin)',
      { cause: error },
    );
  }
  if (error instanceof RangeError) {
    return new LimpidError("OutOfMemory", "the browser has no memory for these pixels", { cause: error });
  }
  const message = error instanceof Error ? error.message : String(error);
  return new LimpidError("HostFailed", `the browser did not read the pixels: ${message}`, { cause: error });
}

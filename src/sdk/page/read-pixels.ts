import { LimpidError, throwIfAborted } from "../base/index.js";
import { PixelImage } from "../image/index.js";
import { copyBands, visitBands } from "./bands.js";
import { checkCanvasSize, defaultCanvasLimits, type CanvasLimits } from "./canvas-limits.js";
import {
  colorSpaceOf,
  context2D,
  contextSettings,
  readContext2D,
  unreadable,
  type AnyCanvas,
} from "./make-canvas.js";
import { alteredNote, readSamples } from "./read-samples.js";
import { readsAreExact } from "./self-test.js";

/** What pixels can be read from in a page. */
export type PixelSource = AnyCanvas | HTMLImageElement | ImageBitmap | ImageData | Blob;

/** Pixels and what was lost on the way. */
export interface ReadPixels {
  /** Upright, with straight alpha; samples of its own. */
  readonly image: PixelImage;
  /** What was lost, each in a few words for a person. */
  readonly notes: readonly string[];
}

/** How to read. */
export interface ReadPixelsOptions {
  /** What the page's canvases can take; Chromium's limits if left out. */
  readonly limits?: CanvasLimits;
  /** Gives up when it fires. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads the pixels of anything that a page draws. Where the source still has them, every sample is exact: files, `<img>`
 * elements (their file is fetched again), bitmaps and image data keep straight alpha and the colour under transparent pixels;
 * PNG files keep 16 bits; Display P3 and other profiles stay. A 2D canvas has premultiplied its colours when it was drawn to, so
 * it gives what it still holds.
 *
 * @param source - what to read; stays the caller's and is not changed
 * @param options - limits and abort signal
 * @returns the pixels, and notes on what was lost
 * @throws {@link LimpidError} `PixelsUnreadable` if they are of another origin, `ImageTooLarge`, `UnsupportedImage`,
 * `CorruptImage`, `InvalidArgument` for an image that has not loaded, `Aborted`
 *
 * @example
 * ```ts
 * const { image } = await readPixels(document.querySelector("img")!);
 * const { image: restored } = await limpid.restore(image);
 * ```
 */
export async function readPixels(source: PixelSource, options: ReadPixelsOptions = {}): Promise<ReadPixels> {
  const { limits = defaultCanvasLimits, signal } = options;
  throwIfAborted(signal);
  const read = await readAnything(source, limits, signal);
  throwIfAborted(signal);
  return read;
}

async function readAnything(
  source: PixelSource,
  limits: CanvasLimits,
  signal: AbortSignal | undefined,
): Promise<ReadPixels> {
  if (isInstance(source, "Blob")) return readFile(new Uint8Array(await source.arrayBuffer()), limits, signal);
  if (isInstance(source, "ImageData")) {
    checkCanvasSize(source.width, source.height, limits);
    const data = new Uint8ClampedArray(await copyBands(source.data, signal));
    const { width, height, colorSpace } = source;
    return { image: PixelImage.fromImageData({ width, height, colorSpace, data }), notes: [] };
  }
  if (isInstance(source, "HTMLImageElement")) return readElement(source, limits, signal);
  if (source.width === 0 || source.height === 0)
    throw new LimpidError("InvalidArgument", "the source has no pixels");
  checkCanvasSize(source.width, source.height, limits);
  if (isInstance(source, "ImageBitmap")) return readSamples(source, "srgb");
  return readCanvas(source, signal);
}

/** Works for objects of an iframe too, which are of other classes. */
function isInstance<Name extends "Blob" | "ImageData" | "HTMLImageElement" | "ImageBitmap">(
  source: object,
  name: Name,
): source is InstanceType<(typeof globalThis)[Name]> {
  const tag = Object.prototype.toString.call(source).slice(8, -1);
  return tag === name || (name === "Blob" && tag === "File");
}

async function readCanvas(canvas: AnyCanvas, signal: AbortSignal | undefined): Promise<ReadPixels> {
  const context = context2D(canvas);
  if (context === undefined) {
    // A canvas of WebGL or WebGPU: what it shows, as long as its drawing buffer is kept.
    const bitmap = await createImageBitmap(canvas, { premultiplyAlpha: "none" }).catch((error: unknown) => {
      throw unreadable(error);
    });
    return readSamples(bitmap, "srgb", true);
  }
  const notes: string[] = [];
  if (!readsAreExact()) notes.push(alteredNote);
  if (contextSettings(context).colorType === "float16")
    notes.push("reduced to 8 bits per channel, as it was read from a canvas");
  const { width, height } = canvas;
  const data = new Uint8Array(width * height * 4);
  await visitBands(
    height,
    width * 4,
    (top, rows) => data.set(readContext2D(context, top, rows, width).data, top * width * 4),
    signal,
  );
  const colorSpace = colorSpaceOf(context);
  return { image: new PixelImage({ width, height, channels: 4, data, colorSpace }), notes };
}

/** Decoders are loaded by the first page that needs them. */
async function readFile(...file: Parameters<typeof import("./read-file.js").readFile>): Promise<ReadPixels> {
  return (await import("./read-file.js")).readFile(...file);
}

async function readElement(
  element: HTMLImageElement,
  limits: CanvasLimits,
  signal: AbortSignal | undefined,
): Promise<ReadPixels> {
  if (!element.complete || element.naturalWidth === 0) {
    throw new LimpidError("InvalidArgument", "the <img> has no image, or has not loaded it yet");
  }
  checkCanvasSize(element.naturalWidth, element.naturalHeight, limits);
  const bytes = await fetchBytes(element.currentSrc, signal);
  if (bytes !== undefined) return readFile(bytes, limits, signal);
  const bitmap = await createImageBitmap(element, {
    premultiplyAlpha: "none",
    colorSpaceConversion: "none",
  }).catch((error: unknown) => {
    throw unreadable(error);
  });
  return readSamples(bitmap, "srgb", true);
}

/** The file behind an element; undefined if the page may not fetch it, or it is no image file that has pixels. */
async function fetchBytes(url: string, signal: AbortSignal | undefined): Promise<Uint8Array | undefined> {
  if (url.startsWith("data:")) return bytesOfDataUrl(url);
  try {
    const response = await fetch(url, { signal: signal ?? null, cache: "force-cache" });
    const type = response.headers.get("content-type") ?? "";
    if (!response.ok || type.includes("svg")) return undefined;
    return new Uint8Array(await response.arrayBuffer());
  } catch {
    throwIfAborted(signal);
    return undefined;
  }
}

/** Not by `fetch`, which a content security policy may forbid for such addresses. */
function bytesOfDataUrl(url: string): Uint8Array | undefined {
  const comma = url.indexOf(",");
  const type = url.slice(5, comma);
  if (!type.endsWith(";base64") || type.startsWith("image/svg")) return undefined;
  try {
    return Uint8Array.from(atob(url.slice(comma + 1)), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

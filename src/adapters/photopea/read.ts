import { LimpidError } from "../../sdk/base/index.js";
import { crop, decodePng, PixelImage, type Rect } from "../../sdk/image/index.js";
import { maskOfRect } from "../../sdk/host/index.js";
import { sha256Hex } from "../../sdk/weights/index.js";
import { reasonOf } from "./failure.js";
import { exportDocument } from "./scripts/export-document.js";
import { exportLayer } from "./scripts/export-layer.js";
import { exportSelection } from "./scripts/export-selection.js";
import type { PhotopeaSession, PhotopeaTurn } from "./session.js";
import { parseExport, type DocumentKey, type PhotopeaDocument } from "./state.js";

/** Most that is taken out of Photopea. */
export interface SizeLimits {
  /** Pixels. */
  readonly maximumPixels: number;
  /** Longest side in pixels. */
  readonly maximumSide: number;
}

/** Pixels that were read, and where they stand. */
export interface ReadPixels {
  /** The pixels. */
  readonly image: PixelImage;
  /** Where they stand in the document. */
  readonly frame: Rect;
  /** Whether nothing of the document is above them. */
  readonly isTop: boolean;
  /** Stands for these very pixels. */
  readonly revision: string;
  /** What was lost on the way, each in a few words for a person. */
  readonly notes: readonly string[];
}

/** Times that a read is tried: a copied layer sometimes comes late, and reading changes nothing. */
const readAttempts = 3;

/** Milliseconds before a read is tried again. */
const retryDelay = 200;

/**
 * Refuses a size before anything of that size is made.
 *
 * @throws {@link LimpidError} `ImageTooLarge`
 */
function checkSize(width: number, height: number, { maximumPixels, maximumSide }: SizeLimits): void {
  if (width * height <= maximumPixels && Math.max(width, height) <= maximumSide) return;
  throw new LimpidError(
    "ImageTooLarge",
    `${width} x ${height} pixels are more than are taken from Photopea: ${maximumSide} a side, ${maximumPixels} in all`,
    { details: { width, height, maximumPixels, maximumSide } },
  );
}

/** Reads a document as it looks. */
export async function readDocument(
  turn: PhotopeaTurn,
  document: PhotopeaDocument,
  limits: SizeLimits,
): Promise<ReadPixels> {
  const { key, width, height, notes } = document;
  checkSize(width, height, limits);
  const { file } = await retrying(() => turn.export(exportDocument(key)));
  const decoded = await decode(file, width, height);
  return {
    image: decoded.image,
    frame: { x: 0, y: 0, width, height },
    isTop: true,
    revision: revisionOf(decoded.image),
    notes: [...notes, ...decoded.notes],
  };
}

/** Reads a layer's own pixels, those outside of the canvas too if Photopea gives them out in the right colour space. */
export async function readLayer(
  session: PhotopeaSession,
  turn: PhotopeaTurn,
  document: PhotopeaDocument,
  layerId: string,
  limits: SizeLimits,
): Promise<ReadPixels> {
  checkSize(document.width, document.height, limits);
  const { value, file } = await retrying(() =>
    turn.export(
      exportLayer({
        ...limits,
        key: document.key,
        layerId,
        scratch: session.nextScratchName(),
        copiesDocument: document.hasOtherColorSpace,
      }),
    ),
  );
  const { bounds, shown, isTop } = parseExport(value);
  checkSize(shown.width, shown.height, limits);
  const decoded = await decode(file, shown.width, shown.height);
  const frame = intersect(bounds, shown);
  if (frame === undefined) {
    throw new LimpidError("NothingSelected", "the active layer lies outside of the canvas");
  }
  const isCut = frame.width < bounds.width || frame.height < bounds.height;
  const isWhole = frame.width === shown.width && frame.height === shown.height;
  const within = { ...frame, x: frame.x - shown.x, y: frame.y - shown.y };
  const image = isWhole ? decoded.image : crop(decoded.image, within);
  const notes = isCut ? ["what lies outside of the canvas was left out"] : [];
  return {
    image,
    frame,
    isTop,
    revision: revisionOf(image),
    notes: [...document.notes, ...decoded.notes, ...notes],
  };
}

/**
 * Reads the selection as a mask of a part of the document.
 *
 * @param bounds - the rectangle around what is selected, for when Photopea gives no more
 * @param frame - the part of the document
 * @returns 8-bit grey of the frame's size, and what was lost
 */
export async function readMask(
  session: PhotopeaSession,
  turn: PhotopeaTurn,
  document: PhotopeaDocument,
  bounds: Rect,
  frame: Rect,
): Promise<{ readonly mask: PixelImage; readonly notes: readonly string[] }> {
  const { width, height } = frame;
  const selection = await readSelection(session, turn, document.key);
  if (selection === undefined) {
    const rect = { ...bounds, x: bounds.x - frame.x, y: bounds.y - frame.y };
    const notes = ["the selection was taken as the rectangle around it"];
    return { mask: maskOfRect(width, height, rect), notes };
  }
  const { image } = await decode(selection, document.width, document.height);
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      data[y * width + x] = alphaAt(image, x + frame.x, y + frame.y);
    }
  }
  return { mask: new PixelImage({ width, height, channels: 1, data }), notes: [] };
}

async function readSelection(
  session: PhotopeaSession,
  turn: PhotopeaTurn,
  key: DocumentKey,
): Promise<Uint8Array | undefined> {
  try {
    return (await turn.export(exportSelection(key, session.nextScratchName()))).file;
  } catch (error) {
    if (reasonOf(error) === "no-selection") return undefined;
    throw error;
  }
}

/** 0 outside of the image; a PNG without alpha is opaque. */
function alphaAt({ width, height, channels, hasAlpha, data }: PixelImage, x: number, y: number): number {
  if (x < 0 || y < 0 || x >= width || y >= height) return 0;
  return hasAlpha ? data[(y * width + x) * channels + channels - 1]! : 255;
}

async function retrying<T>(read: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await read();
    } catch (error) {
      const reason = reasonOf(error);
      if (attempt === readAttempts || (reason !== "late-layer" && reason !== "malformed")) throw error;
      await new Promise((resolve) => setTimeout(resolve, retryDelay));
    }
  }
}

/** The image in a file that Photopea gave out, which must be the one that was asked for. */
async function decode(
  file: Uint8Array,
  width: number,
  height: number,
): Promise<{ image: PixelImage; notes: readonly string[] }> {
  const { image, notes } = await decodePng(file, { maximumPixels: width * height });
  if (image.width === width && image.height === height) return { image, notes };
  throw new LimpidError(
    "HostFailed",
    `Photopea gave out ${image.width} x ${image.height} pixels instead of ${width} x ${height}`,
  );
}

function revisionOf({ width, height, channels, data }: PixelImage): string {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return `${width}x${height}x${channels}:${sha256Hex(bytes)}`;
}

function intersect(a: Rect, b: Rect): Rect | undefined {
  const [x, y] = [Math.max(a.x, b.x), Math.max(a.y, b.y)];
  const width = Math.min(a.x + a.width, b.x + b.width) - x;
  const height = Math.min(a.y + a.height, b.y + b.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : undefined;
}

import { LimpidError } from "../../sdk/base/index.js";
import { crop, decodePng, PixelImage, type Rect } from "../../sdk/image/index.js";
import { maskOfRect } from "../../sdk/host/index.js";
import { sha256Hex } from "../../sdk/weights/index.js";
import { reasonOf } from "./failure.js";
import type { PhotopeaScript } from "./script.js";
import { closeScratchDocuments } from "./scripts/close-scratch.js";
import { exportDocument } from "./scripts/export-document.js";
import { exportLayer } from "./scripts/export-layer.js";
import { exportSelection } from "./scripts/export-selection.js";
import type { PhotopeaSession, PhotopeaTurn } from "./session.js";
import {
  exportSchema,
  formatKey,
  parseTold,
  type DocumentKey,
  type LayerKey,
  type PhotopeaDocument,
} from "./state.js";

/** Most that is taken out of Photopea. */
export interface SizeLimits {
  readonly maximumPixels: number;
  /** Longest side in pixels. */
  readonly maximumSide: number;
}

/** Pixels that were read, and where they stand. */
export interface ReadPixels {
  readonly image: PixelImage;
  /** Where they stand in the document. */
  readonly frame: Rect;
  /** Whether the document has a colour space that an empty one would not have. */
  readonly hasOtherColorSpace: boolean;
  /** Stands for these very pixels. */
  readonly revision: string;
  /** What was lost on the way, each in a few words for a person. */
  readonly notes: readonly string[];
}

/**
 * Which documents have another colour space than an empty one, which is sRGB. Photopea's scripts cannot tell, but a document
 * that comes out as a PNG brings its profile. It is looked up once for each document.
 */
export type KnownProfiles = Map<string, boolean>;

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
  profiles: KnownProfiles,
): Promise<ReadPixels> {
  const { key, width, height } = document;
  checkSize(width, height, limits);
  const { file } = await retrying(() => turn.export(exportDocument(key)));
  const { image, notes } = await decode(file, width, height);
  const hasOtherColorSpace = bringsProfile(file);
  profiles.set(profileKey(document), hasOtherColorSpace);
  const frame = { x: 0, y: 0, width, height };
  return { image, frame, hasOtherColorSpace, revision: revisionOf(image), notes };
}

/** Reads a layer's own pixels, those outside of the canvas too if its document is sRGB. */
export async function readLayer(
  session: PhotopeaSession,
  turn: PhotopeaTurn,
  document: PhotopeaDocument,
  layer: LayerKey,
  limits: SizeLimits,
  profiles: KnownProfiles,
): Promise<ReadPixels> {
  checkSize(document.width, document.height, limits);
  const { key } = document;
  const copiesDocument =
    profiles.get(profileKey(document)) ??
    bringsProfile((await retrying(() => turn.export(exportDocument(key)))).file);
  profiles.set(profileKey(document), copiesDocument);
  const { value, file } = await retrying(async () => {
    const scratch = session.nextScratchName();
    return exportCopy(turn, key, scratch, exportLayer({ ...limits, key, layer, scratch, copiesDocument }));
  });
  const { bounds, shown } = parseTold(exportSchema, value);
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
    hasOtherColorSpace: copiesDocument,
    revision: revisionOf(image),
    notes: [...decoded.notes, ...notes],
  };
}

/** Exports by way of documents that the script opens; they are closed too if Photopea ends it before it could. */
async function exportCopy(
  turn: PhotopeaTurn,
  key: DocumentKey,
  scratch: string,
  body: PhotopeaScript,
): ReturnType<PhotopeaTurn["export"]> {
  try {
    return await turn.export(body);
  } catch (error) {
    if (reasonOf(error) === "aborted") await turn.tell(closeScratchDocuments(scratch, key));
    throw error;
  }
}

function profileKey({ key, width, height }: PhotopeaDocument): string {
  return `${width} ${height} ${formatKey(key)}`;
}

/** Whether a PNG has a profile, in a chunk that stands before its pixels. */
function bringsProfile(png: Uint8Array): boolean {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const [iccp, idat] = [0x69434350, 0x49444154];
  for (let at = 8; at + 8 <= png.length; at += 12 + view.getUint32(at)) {
    const type = view.getUint32(at + 4);
    if (type === iccp) return true;
    if (type === idat) return false;
  }
  return false;
}

/**
 * Reads the selection as a mask of a part of the document.
 *
 * @param bounds - the rectangle around what is selected, for when Photopea gives no more
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
  const selection = await exportMask(session, turn, document.key);
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

async function exportMask(
  session: PhotopeaSession,
  turn: PhotopeaTurn,
  key: DocumentKey,
): Promise<Uint8Array | undefined> {
  const scratch = session.nextScratchName();
  try {
    return (await exportCopy(turn, key, scratch, exportSelection(key, scratch))).file;
  } catch (error) {
    if (["no-selection", "no-copy", "error", "aborted"].includes(reasonOf(error) ?? "")) return undefined;
    throw error;
  }
}

/** 0 outside of the image; a PNG without alpha is opaque. */
export function alphaAt(
  { width, height, channels, hasAlpha, data }: PixelImage,
  x: number,
  y: number,
): number {
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

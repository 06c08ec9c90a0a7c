import { Zip, ZipPassThrough } from "fflate";
import { encodePng, LimpidError, PixelImage } from "limpid";
import { drawPixels, readPixels } from "limpid/canvas";
import { mix } from "../../shared/mix.js";
import { imageDataOf } from "../../shared/image-data.js";
import { MaskPicture, type Mask } from "./mask.js";
import { readMetadata, writeMetadata } from "./metadata.js";
import { photoLimits } from "./photo-limits.js";
import type { OpenedPhoto, PhotoReply, PhotoRequest, SavedPhoto } from "./photo-messages.js";
import { reductionOf } from "../../shared/reduction.js";
import { saveFormats } from "./save-format.js";

// Decodes and encodes photos, so that the page's thread stays free.

/** Rows that a mask is enlarged for at once. */
const stripHeight = 256;

/** Longest side of a small picture, in pixels. */
const previewSide = 1600;

interface Asked {
  readonly id: number;
  readonly request: PhotoRequest;
}

addEventListener("message", ({ data: { id, request } }: MessageEvent<Asked>) => {
  const answer = (reply: PhotoReply, transfer: Transferable[] = []): void => {
    (postMessage as (message: unknown, transfer: Transferable[]) => void)({ id, reply }, transfer);
  };
  const run = async (): Promise<void> => {
    if (request.kind === "save") {
      answer({ kind: "saved", photo: await save(request) });
      return;
    }
    if (request.kind === "thumbnail") {
      const { file, width } = request;
      const picture = await createImageBitmap(file, { resizeWidth: width }).catch(() => undefined);
      answer({ kind: "thumbnail", picture }, picture ? [picture] : []);
      return;
    }
    if (request.kind === "zip") {
      answer({ kind: "zipped", archive: await archive(request.files) });
      return;
    }
    const preview = await previewOf(request);
    if (preview !== undefined) answer({ kind: "preview", preview }, [preview]);
    const photo = await open(request.file);
    const { bitmap, reduced, image } = photo;
    answer({ kind: "opened", photo }, [
      image.data.buffer as ArrayBuffer,
      bitmap,
      ...(reduced ? [reduced] : []),
    ]);
  };
  run().catch((error: unknown) => {
    const code = LimpidError.is(error) ? error.code : "UnsupportedImage";
    answer({ kind: "failed", code, message: error instanceof Error ? error.message : String(error) });
  });
});

/** A small picture, which is decoded and reduced faster than all pixels are read. */
async function previewOf({
  file,
  size,
}: Extract<PhotoRequest, { kind: "open" }>): Promise<ImageBitmap | undefined> {
  if (size === undefined) return undefined;
  const scale = Math.min(1, previewSide / Math.max(size.width, size.height));
  // A file that is damaged has no small picture either; why is told by who reads its pixels.
  return createImageBitmap(file, {
    resizeWidth: Math.max(1, Math.round(size.width * scale)),
    resizeHeight: Math.max(1, Math.round(size.height * scale)),
    resizeQuality: "low",
  }).catch(() => undefined);
}

async function open(file: File): Promise<OpenedPhoto> {
  const { image: read, notes } = await readPixels(file, { limits: photoLimits });
  let image = read;
  const lost: string[] = [];
  // Canvases have no other colours than sRGB and Display P3: the browser converts the rest.
  if (image.colorSpace === "icc") {
    const bitmap = await createImageBitmap(file, { premultiplyAlpha: "none" });
    ({ image } = await readPixels(bitmap, { limits: photoLimits }));
    lost.push("converted to sRGB");
  }
  if (image.bitDepth !== 8) lost.push("reduced to 8 bits");
  const pixels = imageDataOf(image);
  if (image.bitDepth !== 8) image = PixelImage.fromImageData(pixels);
  const bitmap = await createImageBitmap(pixels);
  const reduced = reduce(bitmap, image);
  return { image, bitmap, reduced, isTransparent: isTransparent(image), notes: [...notes, ...lost] };
}

function reduce(bitmap: ImageBitmap, { colorSpace }: PixelImage): ImageBitmap | undefined {
  const reduction = reductionOf(bitmap);
  if (reduction === 1) return undefined;
  const { width, height } = bitmap;
  const canvas = new OffscreenCanvas(Math.ceil(width / reduction), Math.ceil(height / reduction));
  const context = canvas.getContext("2d", {
    colorSpace: colorSpace === "display-p3" ? "display-p3" : "srgb",
  })!;
  context.imageSmoothingQuality = "medium";
  context.drawImage(bitmap, 0, 0, width / reduction, height / reduction);
  return canvas.transferToImageBitmap();
}

async function save(request: Extract<PhotoRequest, { kind: "save" }>): Promise<SavedPhoto> {
  const { after, strength, mask, format, quality, source } = request;
  const before = new PixelImage(request.before);
  const image = after === undefined ? before : mix(before, new PixelImage(after), strength);
  if (after !== undefined && mask.length > 0) keepUnpainted(image, before, mask);
  const { type } = saveFormats[format];
  const encoded = format === "png" ? await encodePng(image) : await encodeByBrowser(image, type, quality);
  const metadata = source ? readMetadata(new Uint8Array(await source.arrayBuffer()), image) : {};
  const file = new Blob([new Uint8Array(writeMetadata(encoded, metadata, image))], { type });
  const notes = format === "jpeg" && isTransparent(image) ? ["JPEG has no transparency"] : [];
  return { file, notes };
}

/** Gives back what was there where nothing is painted, and a share of it at the edges of what is. */
function keepUnpainted(image: PixelImage, before: PixelImage, mask: Mask): void {
  const { width, height, channels, data } = image;
  const painted = new MaskPicture(image);
  painted.show(mask);
  for (let y = 0; y < height; y += stripHeight) {
    const rows = Math.min(stripHeight, height - y);
    const strip = new OffscreenCanvas(width, rows).getContext("2d")!;
    const reduction = reductionOf(image);
    strip.drawImage(
      painted.canvas,
      0,
      -y,
      painted.canvas.width * reduction,
      painted.canvas.height * reduction,
    );
    const alpha = strip.getImageData(0, 0, width, rows).data;
    for (let pixel = 0; pixel < rows * width; pixel++) {
      const share = alpha[pixel * 4 + 3]! / 255;
      if (share === 1) continue;
      const start = (y * width + pixel) * channels;
      for (let index = start; index < start + channels; index++) {
        const from = before.data[index]!;
        data[index] = Math.round(from + share * (data[index]! - from));
      }
    }
  }
}

/** Photos are packed already, so they are only put one behind the other; a file at a time is in memory. */
async function archive(files: ReadonlyMap<string, Blob>): Promise<Blob> {
  const parts: Blob[] = [];
  const zip = new Zip((error, part) => {
    if (error) throw error;
    parts.push(new Blob([new Uint8Array(part)]));
  });
  for (const [name, blob] of files) {
    const entry = new ZipPassThrough(name);
    zip.add(entry);
    entry.push(new Uint8Array(await blob.arrayBuffer()), true);
  }
  zip.end();
  return new Blob(parts, { type: "application/zip" });
}

async function encodeByBrowser(image: PixelImage, type: string, quality: number): Promise<Uint8Array> {
  const canvas = new OffscreenCanvas(image.width, image.height);
  drawPixels(canvas, image);
  const blob = await canvas.convertToBlob({ type, quality });
  if (blob.type !== type) throw new LimpidError("NotSupported", `this browser writes no ${type} files`);
  return new Uint8Array(await blob.arrayBuffer());
}

function isTransparent({ data, channels, maximum, hasAlpha }: PixelImage): boolean {
  if (!hasAlpha) return false;
  for (let index = channels - 1; index < data.length; index += channels) {
    if (data[index] !== maximum) return true;
  }
  return false;
}

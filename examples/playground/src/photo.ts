import { LimpidError, type PixelImage } from "limpid";
import { checkCanvasSize, readPixels, type CanvasLimits } from "limpid/canvas";

/** What this page takes: a photo of so many pixels, its results and its history still fit into a tab's memory. */
export const photoLimits: CanvasLimits = { maximumSide: 16_384, maximumPixels: 50_000_000 };

/** A photo that was opened. */
export interface Photo {
  /** The file's name. */
  readonly name: string;
  /** Its pixels, 8 bits. */
  readonly image: PixelImage;
  /** What was lost on the way, in a few words each. */
  readonly notes: readonly string[];
}

/**
 * Opens an image file.
 *
 * @throws {@link LimpidError} `ImageTooLarge`, before it is decoded; `UnsupportedImage`, `CorruptImage`, `EmptyFile`
 */
export async function openPhoto(file: File, signal: AbortSignal): Promise<Photo> {
  await checkSize(file);
  const { image, notes } = await readPixels(file, { limits: photoLimits, signal });
  // Canvases have no other colours than sRGB and Display P3: the browser converts the rest.
  if (image.colorSpace === "icc") {
    const converted = await readPixels(await createImageBitmap(file), { limits: photoLimits, signal });
    return { name: file.name, image: converted.image, notes: [...notes, "converted to sRGB"] };
  }
  return { name: file.name, image, notes: image.bitDepth === 8 ? notes : [...notes, "reduced to 8 bits"] };
}

/** The browser tells the size of an image that it has not decoded yet. */
async function checkSize(file: File): Promise<void> {
  if (file.size === 0) throw new LimpidError("EmptyFile", `${file.name} has no content`);
  const url = URL.createObjectURL(file);
  try {
    const { width, height } = await new Promise<{ width: number; height: number }>((resolve, reject) => {
      const element = new Image();
      element.onload = () => resolve({ width: element.naturalWidth, height: element.naturalHeight });
      element.onerror = () =>
        reject(
          new LimpidError("UnsupportedImage", `${file.name} is not an image that this browser can open`),
        );
      element.src = url;
    });
    if (Math.max(width, height) > photoLimits.maximumSide || width * height > photoLimits.maximumPixels) {
      tooLarge(file.name, width, height);
    }
  } finally {
    URL.revokeObjectURL(url);
  }
}

function tooLarge(name: string, width: number, height: number): void {
  try {
    checkCanvasSize(width, height, photoLimits);
  } catch (cause) {
    const megapixels = (pixels: number): number => Math.round(pixels / 1e6);
    throw new LimpidError(
      "ImageTooLarge",
      `${name} has ${width} × ${height} pixels, ${megapixels(width * height)} megapixels. This page takes ` +
        `${megapixels(photoLimits.maximumPixels)} megapixels, and sides of ${photoLimits.maximumSide} pixels; ` +
        "the command line takes more",
      { cause },
    );
  }
}

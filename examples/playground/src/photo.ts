import { LimpidError, PixelImage } from "limpid";
import { checkCanvasSize } from "limpid/canvas";
import { wholePicture, type Picture } from "../../shared/picture.js";
import type { Size } from "../../shared/size.js";
import { photoLimits } from "./photo-limits.js";
import type { PhotoService } from "./photo-service.js";

/** From so many pixels on a small picture is shown while the photo is decoded. */
const previewPixels = 1_500_000;

/** A photo that was opened. */
export interface Photo {
  /** The file's name. */
  readonly name: string;
  /** The file. */
  readonly file: File;
  /** Its pixels, 8 bits. */
  readonly image: PixelImage;
  /** To draw it from. */
  readonly picture: Picture & { close(): void };
  /** Whether any pixel is not opaque. */
  readonly isTransparent: boolean;
  /** What was lost on the way, in a few words each. */
  readonly notes: readonly string[];
}

/**
 * Opens an image file: its pixels are decoded in a worker.
 *
 * @param onPreview - told a small picture of it, which the browser has long before all pixels are read
 * @throws {@link LimpidError} `ImageTooLarge`, before it is decoded; `UnsupportedImage`, `CorruptImage`, `EmptyFile`
 */
export async function openPhoto(
  file: File,
  service: PhotoService,
  onPreview?: (size: Size, preview: ImageBitmap) => void,
): Promise<Photo> {
  const size = await sizeOfFile(file);
  const isLarge = size.width * size.height >= previewPixels;
  const opened = await service.open(file, isLarge && onPreview ? size : undefined, (preview) =>
    onPreview?.(size, preview),
  );
  const { bitmap, reduced, isTransparent, notes } = opened;
  const image = new PixelImage(opened.image);
  return {
    name: file.name,
    file,
    image,
    picture: wholePicture(image, bitmap, reduced),
    isTransparent,
    notes,
  };
}

/**
 * The size of an image file, which the browser tells before it decodes it.
 *
 * @throws {@link LimpidError} `EmptyFile`, `UnsupportedImage`, `ImageTooLarge`
 */
async function sizeOfFile(file: File): Promise<Size> {
  if (file.size === 0) throw new LimpidError("EmptyFile", `${file.name} has no content`);
  const url = URL.createObjectURL(file);
  try {
    const { width, height } = await new Promise<Size>((resolve, reject) => {
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
    return { width, height };
  } finally {
    URL.revokeObjectURL(url);
  }
}

function tooLarge(name: string, width: number, height: number): never {
  let cause: unknown;
  try {
    checkCanvasSize(width, height, photoLimits);
  } catch (error) {
    cause = error;
  }
  const megapixels = (pixels: number): number => Math.round(pixels / 1e6);
  throw new LimpidError(
    "ImageTooLarge",
    `${name} has ${width} × ${height} pixels, ${megapixels(width * height)} megapixels. This page takes ` +
      `${megapixels(photoLimits.maximumPixels)} megapixels, and sides of ${photoLimits.maximumSide} pixels; ` +
      "the command line takes more",
    { cause },
  );
}

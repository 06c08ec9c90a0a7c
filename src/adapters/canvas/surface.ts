import { LimpidError } from "../../sdk/base/index.js";
import type { HostCapabilities } from "../../sdk/host/index.js";
import type { PixelImage } from "../../sdk/image/index.js";
import { colorSpaceOf, context2D, readContext2D, type AnyCanvas } from "./make-canvas.js";
import { pixelHash } from "./pixel-hash.js";
import type { PixelSource } from "./read-pixels.js";
import { drawPixels, toDataUrl, toImageData } from "./write-pixels.js";

/** A bitmap that is replaced by another one, since no bitmap can be changed. */
export interface BitmapHolder {
  /** The bitmap now. Who sets another one closes this one, when it is no longer drawn. */
  bitmap: ImageBitmap;
}

/** What a `CanvasHost` restores in place. */
export type Surface = AnyCanvas | HTMLImageElement | ImageData | BitmapHolder;

/** How one kind of surface is read, compared and written. */
export interface SurfaceAccess {
  /** What its pixels are read from; undefined if it has none. */
  source(): PixelSource | undefined;
  /** Stands for the pixels that are there now. */
  revision(): string;
  /** Puts pixels in place; resolves with what puts the ones before back, and these again. */
  write(
    image: PixelImage,
  ): Promise<{ readonly undo: () => Promise<void>; readonly redo: () => Promise<void> }>;
  /** What it keeps. */
  readonly keeps: Pick<HostCapabilities, "alpha" | "colorSpaces" | "bitDepths">;
}

/** The right access for a surface. */
export function accessSurface(surface: Surface): SurfaceAccess {
  if ("bitmap" in surface) return accessBitmap(surface);
  if ("data" in surface) return accessImageData(surface);
  if ("currentSrc" in surface) return accessElement(surface);
  return accessCanvas(surface);
}

function accessCanvas(canvas: AnyCanvas): SurfaceAccess {
  const context = context2D(canvas);
  if (context === undefined)
    throw new LimpidError("NotSupported", "this canvas has a context that is not 2D");
  const restore = (pixels: ImageData) => {
    canvas.width = pixels.width;
    canvas.height = pixels.height;
    context.putImageData(pixels, 0, 0);
    return Promise.resolve();
  };
  return {
    source: () => (canvas.width === 0 || canvas.height === 0 ? undefined : canvas),
    revision: () => `${canvas.width}x${canvas.height}:${pixelHash(readContext2D(context).data)}`,
    write: (image) => {
      const before = readContext2D(context);
      drawPixels(canvas, image);
      const after = readContext2D(context);
      return Promise.resolve({ undo: () => restore(before), redo: () => restore(after) });
    },
    keeps: { alpha: "premultiplied", colorSpaces: [colorSpaceOf(context)], bitDepths: [8] },
  };
}

function accessImageData(imageData: ImageData): SurfaceAccess {
  return {
    source: () => imageData,
    revision: () => pixelHash(imageData.data),
    write: (image) => {
      const before = imageData.data.slice();
      const after = toImageData(image).data;
      const set = (pixels: ArrayLike<number>) => {
        imageData.data.set(pixels);
        return Promise.resolve();
      };
      void set(after);
      return Promise.resolve({ undo: () => set(before), redo: () => set(after) });
    },
    keeps: {
      alpha: "straight",
      colorSpaces: [imageData.colorSpace === "display-p3" ? "display-p3" : "srgb"],
      bitDepths: [8],
    },
  };
}

/** Numbers bitmaps, which cannot change. */
const bitmapNumbers = new WeakMap<ImageBitmap, number>();
let lastBitmap = 0;

function accessBitmap(holder: BitmapHolder): SurfaceAccess {
  const numberOf = (bitmap: ImageBitmap) => {
    const known = bitmapNumbers.get(bitmap) ?? ++lastBitmap;
    bitmapNumbers.set(bitmap, known);
    return known;
  };
  return {
    source: () => (holder.bitmap.width === 0 ? undefined : holder.bitmap),
    revision: () => String(numberOf(holder.bitmap)),
    write: async (image) => {
      const before = holder.bitmap;
      const after = await createImageBitmap(toImageData(image), { premultiplyAlpha: "none" });
      const show = (bitmap: ImageBitmap) => {
        holder.bitmap = bitmap;
        return Promise.resolve();
      };
      await show(after);
      return { undo: () => show(before), redo: () => show(after) };
    },
    keeps: { alpha: "straight", colorSpaces: ["srgb"], bitDepths: [8] },
  };
}

function accessElement(element: HTMLImageElement): SurfaceAccess {
  const show = async (src: string, srcset: string | null) => {
    if (srcset === null) element.removeAttribute("srcset");
    else element.srcset = srcset;
    element.src = src;
    try {
      await element.decode();
    } catch (cause) {
      throw new LimpidError(
        "HostFailed",
        "the <img> did not load its result; its page must allow img-src data:",
        {
          cause,
        },
      );
    }
  };
  return {
    source: () => (element.naturalWidth === 0 ? undefined : element),
    revision: () => `${element.naturalWidth}x${element.naturalHeight}:${element.currentSrc}`,
    write: async (image) => {
      const before = [element.src, element.getAttribute("srcset")] as const;
      const after = await toDataUrl(image);
      try {
        await show(after, null);
        if (element.currentSrc !== after) {
          throw new LimpidError(
            "NotSupported",
            "this <img> shows what its <picture> chooses, and cannot be replaced",
          );
        }
      } catch (error) {
        await show(...before).catch(() => undefined);
        throw error;
      }
      return { undo: () => show(...before), redo: () => show(after, null) };
    },
    keeps: { alpha: "straight", colorSpaces: ["srgb", "display-p3", "icc"], bitDepths: [8, 16] },
  };
}

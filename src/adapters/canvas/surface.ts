import { LimpidError } from "../../sdk/base/index.js";
import type { Capture, HostCapabilities } from "../../sdk/host/index.js";
import type { PixelImage } from "../../sdk/image/index.js";
import {
  type AnyCanvas,
  colorSpaceOf,
  context2D,
  type PixelSource,
  readContext2D,
  readPixels,
  type ReadPixels,
  type ReadPixelsOptions,
  toDataUrl,
} from "../../sdk/page/index.js";
import { hashPixels } from "./pixel-hash.js";
import { swapPixels, type BandedPixels } from "./swap-pixels.js";

/** A bitmap that is replaced by another one, since no bitmap can be changed. */
export interface BitmapHolder {
  /** The bitmap now. Who sets another one closes this one, when it is no longer drawn. */
  bitmap: ImageBitmap;
}

/** What a `CanvasHost` restores in place. */
export type Surface = AnyCanvas | HTMLImageElement | ImageData | BitmapHolder;

/** A result in place of what was there. Both turns answer whether they could be taken: not if it was changed since. */
export interface Replaced {
  /** Puts back what was there. */
  readonly undo: () => Promise<boolean>;
  /** Puts the result there again. */
  readonly redo: () => Promise<boolean>;
}

/** How one kind of surface is read, compared and written. */
export interface SurfaceAccess {
  /** What its pixels are read from; undefined if it has none. */
  source(): PixelSource | undefined;
  /** Reads its pixels, and what stands for them. */
  read(source: PixelSource, options: ReadPixelsOptions): Promise<ReadPixels & { readonly revision: string }>;
  /**
   * Puts pixels in place of those that were captured.
   *
   * @returns undefined, and everything is as it was, if others are there by now
   */
  replace(capture: Capture, image: PixelImage): Promise<Replaced | undefined>;
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
  if (context === undefined) {
    throw new LimpidError(
      "NotSupported",
      "this canvas has a context that is not 2D, or was transferred: give the OffscreenCanvas to a host where that is drawn",
    );
  }
  const colorSpace = colorSpaceOf(context);
  return accessBands(
    () => (canvas.width === 0 || canvas.height === 0 ? undefined : canvas),
    {
      get width() {
        return canvas.width;
      },
      get height() {
        return canvas.height;
      },
      read: (top, rows) => readContext2D(context, top, rows).data,
      write: (samples, top, rows) =>
        context.putImageData(new ImageData(samples, canvas.width, rows, { colorSpace }), 0, top),
    },
    { alpha: "premultiplied", colorSpaces: [colorSpace], bitDepths: [8] },
  );
}

function accessImageData(imageData: ImageData): SurfaceAccess {
  const { width, height, data, colorSpace } = imageData;
  return accessBands(
    () => imageData,
    {
      width,
      height,
      read: (top, rows) => data.slice(top * width * 4, (top + rows) * width * 4),
      write: (samples, top) => data.set(samples, top * width * 4),
    },
    {
      alpha: "straight",
      colorSpaces: [colorSpace === "display-p3" ? "display-p3" : "srgb"],
      bitDepths: [8],
    },
  );
}

/** Surfaces whose pixels can be changed in place, so that they are compared themselves. */
function accessBands(
  source: () => PixelSource | undefined,
  pixels: BandedPixels,
  keeps: SurfaceAccess["keeps"],
): SurfaceAccess {
  return {
    source,
    read: async (source, options) => {
      const read = await readPixels(source, options);
      return { ...read, revision: await hashPixels(read.image) };
    },
    replace: async ({ image: before }, image) => {
      const after = await swapPixels(pixels, before, image);
      return (
        after && {
          undo: async () => (await swapPixels(pixels, after, before)) !== undefined,
          redo: async () => (await swapPixels(pixels, before, after)) !== undefined,
        }
      );
    },
    keeps,
  };
}

/** Access to a surface that shows one source at a time. `revision` names that source; it is compared before and after a read. */
function accessShown(
  parts: Pick<SurfaceAccess, "source" | "keeps"> & {
    readonly revision: () => string;
    /** Shows a result; resolves with what shows the thing before, and the result again. */
    readonly write: (image: PixelImage) => Promise<Record<"undo" | "redo", () => Promise<void>>>;
  },
): SurfaceAccess {
  const { source, keeps, revision, write } = parts;
  return {
    source,
    keeps,
    read: async (source, options) => ({ revision: revision(), ...(await readPixels(source, options)) }),
    replace: async (capture, image) => {
      if (revision() !== capture.revision) return undefined;
      const { undo, redo } = await write(image);
      let shown = revision();
      const turn = (step: () => Promise<void>) => async () => {
        if (revision() !== shown) return false;
        await step();
        shown = revision();
        return true;
      };
      return { undo: turn(undo), redo: turn(redo) };
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
  return accessShown({
    source: () => (holder.bitmap.width === 0 ? undefined : holder.bitmap),
    revision: () => String(numberOf(holder.bitmap)),
    write: async (image) => {
      const before = holder.bitmap;
      const after = await createImageBitmap(image.toImageData(), { premultiplyAlpha: "none" });
      const show = (bitmap: ImageBitmap) => {
        holder.bitmap = bitmap;
        return Promise.resolve();
      };
      await show(after);
      return { undo: () => show(before), redo: () => show(after) };
    },
    keeps: { alpha: "straight", colorSpaces: ["srgb"], bitDepths: [8] },
  });
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
  return accessShown({
    source: () => (element.naturalWidth === 0 ? undefined : element),
    revision: () => `${element.naturalWidth}x${element.naturalHeight}:${element.currentSrc}`,
    write: async (image) => {
      const before = [element.src, element.getAttribute("srcset")] as const;
      const after = await toDataUrl(image);
      // An image of a `srcset` has more pixels than its size says; so has its result.
      const density = image.width / element.naturalWidth;
      const dense = density === 1 ? null : `${after} ${density}x`;
      try {
        await show(after, dense);
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
      return { undo: () => show(...before), redo: () => show(after, dense) };
    },
    keeps: { alpha: "straight", colorSpaces: ["srgb", "display-p3", "icc"], bitDepths: [8, 16] },
  });
}

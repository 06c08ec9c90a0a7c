import type { PixelImageInit } from "limpid";
import type { Mask } from "./mask.js";
import type { SaveFormat } from "./save-format.js";

/** What the page asks of the worker that opens and saves photos. */
export type PhotoRequest =
  | {
      readonly kind: "open";
      readonly file: File;
      /** Of the photo, in pixels, if a small picture of it is wanted first. */
      readonly size: { readonly width: number; readonly height: number } | undefined;
    }
  | {
      readonly kind: "thumbnail";
      readonly file: Blob;
      /** In pixels. */
      readonly width: number;
    }
  | {
      readonly kind: "zip";
      /** By their names in the archive. */
      readonly files: ReadonlyMap<string, Blob>;
    }
  | {
      readonly kind: "save";
      /** The photo as it was opened. */
      readonly before: PixelImageInit;
      /** Its whole repair; undefined if nothing was repaired. */
      readonly after: PixelImageInit | undefined;
      /** How much of the repair is wanted, 0 to 1. */
      readonly strength: number;
      /** Where it is wanted. */
      readonly mask: Mask;
      readonly format: SaveFormat;
      /** 0 to 1; of JPEG and WebP. */
      readonly quality: number;
      /** The file that the photo was opened from, whose metadata the saved one gets; undefined for none. */
      readonly source: Blob | undefined;
    };

/** A photo on its way to the page. */
export interface OpenedPhoto {
  readonly image: PixelImageInit;
  /** All pixels, for drawing. */
  readonly bitmap: ImageBitmap;
  /** Every `reduction`-th pixel a side, averaged; undefined if the photo is small. */
  readonly reduced: ImageBitmap | undefined;
  /** Whether any pixel is not opaque. */
  readonly isTransparent: boolean;
  /** What was lost, in a few words each. */
  readonly notes: readonly string[];
}

/** A file that was saved, and what it could not keep. */
export interface SavedPhoto {
  readonly file: Blob;
  readonly notes: readonly string[];
}

/** What the worker answers. */
export type PhotoReply =
  | { readonly kind: "preview"; readonly preview: ImageBitmap }
  | { readonly kind: "opened"; readonly photo: OpenedPhoto }
  | { readonly kind: "saved"; readonly photo: SavedPhoto }
  | { readonly kind: "thumbnail"; readonly picture: ImageBitmap | undefined }
  | { readonly kind: "zipped"; readonly archive: Blob }
  | { readonly kind: "failed"; readonly code: string; readonly message: string };

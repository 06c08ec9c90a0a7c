import type { ExpertSet } from "../experts/index.js";
import type { PixelImage } from "../image/index.js";
import type { RestoreOptions, RestoreResult } from "../restore/index.js";
import type { Analysis } from "../router/index.js";

/** What the code of extensions reaches through the bridge, besides commands, context keys and settings. */
export interface ExtensionServices {
  /** The installed experts. */
  readonly experts: Pick<ExpertSet, "list">;
  /** Says what is wrong with an image. */
  analyze(image: PixelImage, options: { readonly signal: AbortSignal }): Promise<Analysis>;
  /** Repairs an image. */
  restore(
    image: PixelImage,
    options: RestoreOptions & { readonly signal: AbortSignal },
  ): Promise<RestoreResult>;
  /** The pixels of the editor that Limpid runs in; undefined if it runs in none. */
  readonly editor: EditorPixels | undefined;
}

/** The pixels of an editor, as extensions with the capability `pixels` get at them. */
export interface EditorPixels {
  /** Takes the pixels of what is active. */
  read(signal: AbortSignal): Promise<PixelImage>;
  /** Puts an image in the place of the one that was read last, as one step of undo. */
  write(image: PixelImage): Promise<void>;
}

import type { ExpertSet } from "../experts/index.js";
import type { PixelImage } from "../image/index.js";
import type { RestoreOptions, RestoreResult } from "../restore/index.js";
import type { Analysis } from "../router/index.js";
import type { ExtensionProgress } from "./extension-api.js";

/** What the code of extensions reaches through the bridge, besides commands, context keys and settings. */
export interface ExtensionServices {
  readonly experts: Pick<ExpertSet, "list">;
  /** Says what is wrong with an image. */
  analyze(image: PixelImage, options: { readonly signal: AbortSignal }): Promise<Analysis>;
  /** Repairs an image. */
  restore(
    image: PixelImage,
    options: RestoreOptions & { readonly signal: AbortSignal },
  ): Promise<RestoreResult>;
  /** Shows in the editor that a task runs; undefined if Limpid runs in none. */
  readonly withProgress: ShowProgress | undefined;
  /**
   * Opens the pixels of the editor that Limpid runs in, once for each extension: what one reads must not decide where another
   * writes. Undefined if Limpid runs in none.
   */
  readonly openEditor: (() => EditorPixels) | undefined;
}

/** Runs a task while people see that it runs, and can cancel it. */
export type ShowProgress = (
  options: { readonly title: string },
  task: (progress: ExtensionProgress) => Promise<void>,
) => Promise<void>;

/** The pixels of an editor, as extensions with the capability `pixels` get at them. */
export interface EditorPixels {
  /** Takes the pixels of what is active. */
  read(signal: AbortSignal): Promise<PixelImage>;
  /** Puts an image in the place of the one that was read last, as one step of undo. */
  write(image: PixelImage): Promise<void>;
}

import { LimpidError } from "../../sdk/base/index.js";
import type { Commit, CommitMode, Restorer } from "../../sdk/host/index.js";
import {
  restoreOne,
  restoreSeveral,
  type RestoreOutcome,
  type RestoreSeveralOptions,
} from "../frame/index.js";
import type { HostImage, ObjectHost } from "./object-host.js";

/** How {@link restoreObjects} takes, repairs and brings back. */
export interface RestoreObjectsOptions extends RestoreSeveralOptions {
  /** Which images of the host; all in what is active if left out. */
  readonly images?: readonly HostImage[];
  /** How the results come back; `"replace"` if left out. */
  readonly mode?: Extract<CommitMode, "replace" | "new-layer">;
}

/** What became of one image. */
export interface RestoredObject extends RestoreOutcome<Commit> {
  readonly image: HostImage;
}

/**
 * Restores every image in what is active, one after the other: those of several selected objects, of a group, or the background.
 * One that fails does not keep the others from being restored.
 *
 * @param limpid - what repairs
 * @param host - the editor
 * @param options - which, what, how
 * @returns what became of each, in their order
 * @throws {@link LimpidError} `NothingSelected` if there is none; `Aborted`, with what became of those before it in
 * `details.restored`; `Disposed`
 *
 * @example
 * ```ts
 * for (const { image, error } of await restoreObjects(limpid, new FabricHost(canvas))) {
 *   if (error !== undefined) console.warn(image.name, error.code);
 * }
 * ```
 */
export async function restoreObjects(
  limpid: Restorer,
  host: Pick<ObjectHost<object>, "images" | "capture" | "commit" | "withProgress">,
  options: RestoreObjectsOptions = {},
): Promise<readonly RestoredObject[]> {
  const { mode = "replace", onConflict = "new-layer", images = host.images } = options;
  if (images.length === 0) throw new LimpidError("NothingSelected", "no image object is active");
  return restoreSeveral(host, images, { ...options, itemName: "image" }, ({ id }, step) =>
    restoreOne(limpid, host, id, step, { mode, onConflict }),
  );
}

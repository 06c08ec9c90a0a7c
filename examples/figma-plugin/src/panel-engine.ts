import type { WorkerLimpid } from "limpid/canvas";
import type { ListedExpert } from "../../panel/chips.js";
import type { PanelEngine } from "../../panel/restore-panel.js";

/**
 * The experts that a model brings.
 *
 * @param manifest - the text of its `model.json`, which the engine itself checks
 */
export function listExperts(manifest: string): readonly ListedExpert[] {
  const { experts } = JSON.parse(manifest) as { experts: readonly ListedExpert[] };
  return experts.map(({ id, degradations }) => ({ id, degradations }));
}

/** An engine in a worker, with what the panel shows of it. */
export function toEngine(limpid: WorkerLimpid, experts: readonly ListedExpert[]): PanelEngine {
  return {
    experts,
    restore: (image, options) => limpid.restore(image, options),
    get backend() {
      return limpid.place === "page" ? limpid.backend : `${limpid.backend} in a worker`;
    },
    get note() {
      return limpid.fallbackReasons.at(-1);
    },
  };
}

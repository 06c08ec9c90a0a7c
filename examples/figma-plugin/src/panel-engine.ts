import type { WorkerLimpid } from "limpid/canvas";
import type { PanelEngine } from "../../panel/restore-panel.js";
import type { ChoosableExpert } from "../../shared/expert-chips.js";

/**
 * The experts that a model brings.
 *
 * @param manifest - the text of its `model.json`, which the engine itself checks
 */
export function listExperts(manifest: string): readonly ChoosableExpert[] {
  const { experts } = JSON.parse(manifest) as { experts: readonly ChoosableExpert[] };
  return experts.map(({ id, degradations }) => ({ id, degradations }));
}

/** An engine in a worker, with what the panel shows of it. */
export function toEngine(limpid: WorkerLimpid, experts: readonly ChoosableExpert[]): PanelEngine {
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

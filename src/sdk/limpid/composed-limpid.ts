import { toDisposable, type Disposable } from "../base/index.js";
import { runOnHost } from "../host/index.js";
import type { Packs } from "../packs/index.js";
import { Diagnostics } from "./diagnostics.js";
import type { Engine } from "./engine/index.js";
import type { ExtensionParts } from "./extension-parts.js";
import type { Limpid } from "./limpid.js";
import { inKind, isPixelImage, pixelsOf } from "./restorable-image.js";

/** What an instance is composed of. */
export interface LimpidParts extends ExtensionParts {
  /** What analyses and restores, with the model and the experts. */
  readonly engine: Engine;
  readonly packs: Packs;
}

/**
 * A Limpid around an engine, wherever that runs.
 *
 * @param owned - disposed with it
 */
export function limpidOf(parts: LimpidParts, owned: Disposable): Limpid {
  const { engine, packs, extensions, commands, menus, contextKeys, configuration } = parts;
  const { id, version } = engine.manifest;
  const limpid: Limpid = {
    ...{ packs, extensions, menus, contextKeys, configuration },
    model: { id, version },
    commands: commands,
    experts: engine.experts,
    diagnostics: new Diagnostics(parts),
    onDidChangeBackend: engine.onDidChangeBackend,
    fallbackReason: engine.fallbackReason,
    get isInWorker() {
      return engine.isInWorker;
    },
    get backend() {
      return engine.backend;
    },
    get byteSize() {
      return engine.byteSize;
    },
    async analyze(image, options = {}) {
      const analysis = await engine.analyze(
        isPixelImage(image) ? image : await pixelsOf(image, options.signal),
        options,
      );
      extensions.analyzed(analysis.degradations, analysis.present);
      return analysis;
    },
    async restore(image, options = {}) {
      // Pixels are handed on at once, with the experts as they are now.
      const result = await engine.restore(
        isPixelImage(image) ? image : await pixelsOf(image, options.signal),
        options,
      );
      extensions.analyzed(result.analysis.degradations, result.analysis.present);
      for (const { expert } of result.mixture) extensions.fireActivationEvent(`onExpert:${expert}`);
      return inKind(result, image);
    },
    restoreOn: (host, options) => runOnHost(limpid, host, options),
    ...toDisposable(() => owned.dispose()),
  };
  return limpid;
}

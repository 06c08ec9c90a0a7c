import type { ExtensionOptions, KeyValueStorage } from "../extensions/index.js";
import type { EditorHost } from "../host/index.js";
import type { PackOptions } from "../packs/index.js";
import type { EngineOptions, ModelSource } from "../restore/index.js";

/** What {@link createLimpid} needs: `assets`, or a `model` and what else is wanted. */
export interface LimpidOptions extends EngineOptions {
  /**
   * Address of the folder that `npx limpid-assets FOLDER` has filled, absolute or relative to the page. It has the model,
   * WebAssembly and the scripts of the workers, so that nothing else has to be said.
   */
  readonly assets?: string | URL;
  /** The model: a source, or the URL of the folder that holds its `model.json`; the one in the assets if left out. */
  readonly model?: ModelSource | string | URL;
  /**
   * Whether to compute in a worker, so that the page stays smooth. If left out, in a page whenever a worker can be had: else on
   * the page's thread, which `fallbackReason` explains. `false` computes on the calling thread, `true` fails without a worker.
   */
  readonly worker?:
    | boolean
    | {
        /**
         * Address of `limpid-worker.js`, or of `limpid-worker-tfjs.js`, which also computes where neither WebGPU nor the
         * WebAssembly kernels run, absolute or relative to the page. If left out it is the one in the assets that runs here.
         */
        readonly script?: string | URL;
        /** Whether the start fails with `WorkerFailed` where no worker is to be had; false if left out. */
        readonly required?: boolean;
        /** How long the worker may be silent while it computes before it counts as dead, in milliseconds; 60,000 if left out. */
        readonly hangTime?: number;
      };
  /** How packs are kept, fetched and trusted. */
  readonly packs?: PackOptions;
  readonly extensions?: ExtensionOptions;
  /** Where settings and the state of extensions are kept; as long as the instance lives, if left out. */
  readonly storage?: KeyValueStorage;
  /**
   * The editor that Limpid runs in, for the command `limpid.restore` and for extensions that see pictures. It stays the
   * caller's.
   */
  readonly host?: EditorHost;
}

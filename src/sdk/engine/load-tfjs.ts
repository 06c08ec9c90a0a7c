import type { TfjsBackend } from "./tfjs-backend.js";
import type { TfjsExecutor } from "./tfjs-executor.js";

/** What computes with tfjs's ops. */
interface Tfjs {
  readonly TfjsBackend: typeof TfjsBackend;
  readonly TfjsExecutor: typeof TfjsExecutor;
}

/** Loads what computes with tfjs's ops. `limpid-worker.js` has `no-tfjs.ts` in its place. */
export async function loadTfjs(_passedOver: readonly string[]): Promise<Tfjs> {
  const [{ TfjsBackend }, { TfjsExecutor }] = await Promise.all([
    import("./tfjs-backend.js"),
    import("./tfjs-executor.js"),
  ]);
  return { TfjsBackend, TfjsExecutor };
}

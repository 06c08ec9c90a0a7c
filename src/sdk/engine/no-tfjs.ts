import { LimpidError } from "../base/index.js";

/** The detail of an error by which an engine knows that another script, one with tfjs, would start. */
export const lacksTfjs = "lacksTfjs";

/** Stands in for `load-tfjs.ts` in a script that does without tfjs, which takes two thirds of one that has it. */
export function loadTfjs(passedOver: readonly string[]): never {
  const message = passedOver.join("; ") || "tfjs was asked for, and is in limpid-worker-tfjs.js";
  throw new LimpidError("BackendUnavailable", message, { details: { [lacksTfjs]: true } });
}

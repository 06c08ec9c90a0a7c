import { LimpidError } from "../../sdk/base/index.js";
import type { HostProgressReporter } from "../../sdk/host/index.js";

/**
 * The part of a progress bar that belongs to one of several.
 *
 * @param progress - the whole
 * @param index - which one
 * @param count - of how many
 */
export function stepOf(
  progress: HostProgressReporter,
  index: number,
  count: number,
): Pick<HostProgressReporter, "report"> {
  return {
    report: ({ fraction = 0, ...rest }) => progress.report({ ...rest, fraction: (index + fraction) / count }),
  };
}

/**
 * Goes on after what concerns one of several; ends after what concerns all.
 *
 * @param error - what was caught
 * @param restored - what became of those before it
 * @returns the error, if the next one is to be tried
 */
export function asOneOfSeveral(error: unknown, restored: readonly unknown[]): LimpidError {
  if (!LimpidError.is(error)) throw error;
  if (error.code === "Disposed") throw error;
  if (error.code === "Aborted") {
    throw new LimpidError("Aborted", `${error.message}, after ${restored.length} images`, {
      cause: error.cause,
      details: { restored },
    });
  }
  return error;
}

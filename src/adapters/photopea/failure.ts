import { LimpidError, type LimpidErrorCode } from "../../sdk/base/index.js";

/** Why a script of ours gives up, by the code that callers know. */
const codes: Readonly<Record<string, LimpidErrorCode>> = {
  "document-gone": "DocumentChanged",
  "layer-gone": "DocumentChanged",
  "scratch-gone": "HostFailed",
  "empty-layer": "NothingSelected",
  "nothing-selected": "NothingSelected",
  "too-large": "ImageTooLarge",
  "not-above": "NotSupported",
  "locked-layer": "NotSupported",
};

/**
 * The error for what Photopea did not do.
 *
 * @param reason - what {@link reasonOf} tells of it
 * @param message - for people
 */
export function failed(
  reason: string,
  message: string,
  details: Readonly<Record<string, unknown>> = {},
  cause?: unknown,
): LimpidError {
  const why = cause === undefined ? {} : { cause };
  return new LimpidError("HostFailed", message, { ...why, details: { ...details, reason } });
}

/**
 * Why a script gave up.
 *
 * @returns the word that the script passed to `fail`; `error`, `aborted`, `timeout` or `malformed`; undefined for what is not of a
 * script
 */
export function reasonOf(error: unknown): string | undefined {
  if (!LimpidError.is(error, "HostFailed")) return undefined;
  const { reason } = error.details;
  return typeof reason === "string" ? reason : undefined;
}

/** What a caller is to see of a failure: a code that says what happened, where the script knew it. */
export function translateFailure(error: unknown): unknown {
  const code = codes[reasonOf(error) ?? ""];
  if (code === undefined || code === "HostFailed") return error;
  const { message, details } = error as LimpidError;
  return new LimpidError(code, message, { cause: error, details });
}

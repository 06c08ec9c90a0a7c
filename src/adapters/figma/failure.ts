import { LimpidError, type LimpidErrorCode } from "../../sdk/base/index.js";
import type { FailureReason } from "./protocol.js";

/** What callers know a refusal of the sandbox by. */
const codes: Readonly<Record<FailureReason, LimpidErrorCode>> = {
  changed: "DocumentChanged",
  empty: "NothingSelected",
  locked: "NotSupported",
  malformed: "HostFailed",
  missing: "HostFailed",
  "not-supported": "NotSupported",
  "too-large": "ImageTooLarge",
  "unsupported-image": "UnsupportedImage",
  figma: "HostFailed",
};

/** What a caller sees of a refusal. */
export function failureOf(reason: FailureReason, message: string): LimpidError {
  return new LimpidError(codes[reason], message, { details: { reason } });
}

/** What a caller sees of nonsense from the other side. */
export function malformed(what: string): LimpidError {
  return new LimpidError("HostFailed", `the plugin's sandbox answered with ${what}`, {
    details: { reason: "malformed" },
  });
}

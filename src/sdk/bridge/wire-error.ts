import { LimpidError, type LimpidErrorCode } from "../base/index.js";

/** An error as it goes over the bridge: its stack and details stay where they are. */
export interface WireError {
  /** The code of a LimpidError; `ExtensionFailed` for another error. */
  readonly code: string;
  readonly message: string;
}

/** How much of a message is sent. */
const maximumMessage = 2000;

/** Prepares an error for the bridge. */
export function toWireError(error: unknown): WireError {
  if (LimpidError.is(error)) return { code: error.code, message: error.message.slice(0, maximumMessage) };
  return { code: "ExtensionFailed", message: describeThrown(error).slice(0, maximumMessage) };
}

/** Makes an error of the other side's an error of this side's. */
export function fromWireError({ code, message }: WireError): LimpidError {
  return new LimpidError(code as LimpidErrorCode, message);
}

/** Anything that was thrown, as text; what throws again while it is asked included. */
export function describeThrown(error: unknown): string {
  try {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  } catch {
    return "something that cannot be described";
  }
}

import { LimpidError, type LimpidErrorCode } from "limpid";

/** An error in a form that a program can read and a worker can send. */
export interface ErrorReport {
  /** The code of a {@link LimpidError}; `"Unexpected"` for anything else, which would be a fault of Limpid's. */
  readonly code: LimpidErrorCode | "Unexpected";
  /** One line for a person. */
  readonly message: string;
}

/**
 * What there is to say of a caught value.
 *
 * @param error - anything that was caught
 * @returns its code and message
 */
export function reportError(error: unknown): ErrorReport {
  const message = (error instanceof Error ? error.message : String(error)).replace(/\s*\n\s*/g, " ").trim();
  return LimpidError.is(error) ? { code: error.code, message } : { code: "Unexpected", message };
}

/**
 * The one line that a person reads.
 *
 * @param error - anything that was caught, or its report
 * @param input - the file that it is about, said first unless the message names it
 * @returns `CODE: message` and a line end
 */
export function formatError(error: unknown, input?: string): string {
  const { code, message } = isReport(error) ? error : reportError(error);
  const subject = input === undefined || message.includes(input) ? "" : `${input}: `;
  return `${code}: ${subject}${message}\n`;
}

function isReport(error: unknown): error is ErrorReport {
  return typeof error === "object" && error !== null && !(error instanceof Error) && "code" in error;
}

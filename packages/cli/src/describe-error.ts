import { LimpidError, type LimpidErrorCode } from "limpid";
import { OutputError, type OutputErrorCode } from "./files/output-error.js";
import { describeSystemError, systemErrorCode } from "../../../src/node/system-error.js";

/** An error in a form that a program can read and a worker can send. */
export interface ErrorReport {
  /** The code of an error of Limpid's; `"Unexpected"` for anything else, which would be a fault of Limpid's. */
  readonly code: LimpidErrorCode | OutputErrorCode | "Unexpected";
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
  if (LimpidError.is(error) || error instanceof OutputError) {
    return { code: error.code, message: oneLine(error.message) };
  }
  return (
    reportSystemError(error) ?? {
      code: "Unexpected",
      message: oneLine(error instanceof Error ? error.message : String(error)),
    }
  );
}

/**
 * The error of a report that came from another thread.
 *
 * @param report - what {@link reportError} made
 */
export function toError({ code, message }: ErrorReport): Error {
  switch (code) {
    case "Unexpected":
      return new Error(message);
    case "InputOverwrite":
    case "OutputExists":
    case "UnsupportedFormat":
      return new OutputError(code, message);
    default:
      return new LimpidError(code, message);
  }
}

/** System calls that change something. */
const writing =
  /^(chmod|copyfile|fsync|ftruncate|link|mkdir|mkdtemp|rename|rm|rmdir|symlink|unlink|utime|write)/;

/** What the operating system refused where no code of ours expected it. */
function reportSystemError(error: unknown): ErrorReport | undefined {
  const code = systemErrorCode(error);
  if (code === undefined || !/^E[A-Z]+$/.test(code) || !(error instanceof Error)) return undefined;
  const { syscall = "", path, dest } = error as NodeJS.ErrnoException & { readonly dest?: string };
  const isWriting = writing.test(syscall) || code === "EROFS" || code === "ENOSPC";
  const subject = dest ?? path;
  const reason = `cannot be ${isWriting ? "written" : "read"}: ${describeSystemError(error)}`;
  return {
    code: code === "ENOSPC" ? "DiskFull" : isWriting ? "FileUnwritable" : "FileUnreadable",
    message: oneLine(subject === undefined ? `a file ${reason}` : `${subject}: ${reason}`),
  };
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, " ").trim();
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

/**
 * What is wrong with the place of a result.
 *
 * - `InputOverwrite`: it would replace one of the inputs.
 * - `OutputExists`: another file stands there, and nobody said that it may be replaced.
 * - `UnsupportedFormat`: its extension names no format that can be written.
 */
export type OutputErrorCode = "InputOverwrite" | "OutputExists" | "UnsupportedFormat";

/** A result that cannot go where it was to go: the command's own failure, beside the SDK's `LimpidError`. */
export class OutputError extends Error {
  /** Which kind of failure this is. */
  readonly code: OutputErrorCode;
  /** The offending values by name. */
  readonly details: Readonly<Record<string, unknown>>;

  /**
   * @param code - the kind of failure
   * @param message - one sentence for a person
   * @param details - the offending values by name
   */
  constructor(code: OutputErrorCode, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = "OutputError";
    this.code = code;
    this.details = details;
  }
}

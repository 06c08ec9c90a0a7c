/**
 * What went wrong, as a string that code can compare. The message beside it is for people and may change;
 * the code does not.
 *
 * - `Aborted`: the caller's `AbortSignal` fired; `cause` is the signal's reason.
 * - `BackendUnavailable`: the backend that was asked for, or every backend, cannot start on this machine.
 * - `CorruptImage`: a file that begins as an image but is cut short or damaged.
 * - `DeviceLost`: the GPU device went away and a new one did not help.
 * - `DiskFull`: there is no space left for a file that was to be written.
 * - `Disposed`: a call on an object that has been disposed.
 * - `EmptyFile`: a file without a single byte.
 * - `ExpertMismatch`: an expert was made for another base, or names layers that the base does not have;
 *   `details` lists every unmatched name.
 * - `FileUnreadable`: a path that does not exist, may not be read or is not a file.
 * - `FileUnwritable`: a path where no file can be made.
 * - `ImageTooLarge`: an image has more pixels than the limit in `details`.
 * - `InputOverwrite`: an output that would replace one of the inputs.
 * - `InvalidArgument`: an argument is outside what the function's documentation allows.
 * - `InvalidConfig`: a network's config with fields that are missing, unknown or contradict each other;
 *   `details.problems` lists each fault.
 * - `InvalidImage`: pixel data whose length, type or fields contradict each other.
 * - `InvalidTensorFile`: a weight file is malformed, or holds something that is refused on purpose.
 * - `InvalidTileSize`: a tile size that is not a positive multiple of the backbone's stride.
 * - `OutOfMemory`: the device or the runtime could not allocate what the run needs.
 * - `UnknownExpert`: no expert with that id is installed.
 * - `UnsupportedFormat`: an output whose file extension names no format that can be written.
 * - `UnsupportedImage`: a file that is not an image, or an image kind that cannot be read.
 * - `WeightsCorrupt`: weights are there, but their size, hash, names or shapes are not what was announced.
 * - `WeightsMissing`: a weight file cannot be found.
 */
export type LimpidErrorCode =
  | "Aborted"
  | "BackendUnavailable"
  | "CorruptImage"
  | "DeviceLost"
  | "DiskFull"
  | "Disposed"
  | "EmptyFile"
  | "ExpertMismatch"
  | "FileUnreadable"
  | "FileUnwritable"
  | "ImageTooLarge"
  | "InputOverwrite"
  | "InvalidArgument"
  | "InvalidConfig"
  | "InvalidImage"
  | "InvalidTensorFile"
  | "InvalidTileSize"
  | "OutOfMemory"
  | "UnknownExpert"
  | "UnsupportedFormat"
  | "UnsupportedImage"
  | "WeightsCorrupt"
  | "WeightsMissing";

/** What a {@link LimpidError} carries besides its code and message. */
export interface LimpidErrorOptions {
  /** The error or abort reason that led to this one. */
  readonly cause?: unknown;
  /** The offending values by name, for a program to read. Copied shallowly and frozen. */
  readonly details?: Record<string, unknown>;
}

/**
 * The one error class of the SDK: tell errors apart by {@link LimpidError.code}.
 *
 * @example
 * ```ts
 * try {
 *   await limpid.restore(image, { signal });
 * } catch (error) {
 *   if (LimpidError.is(error, "Aborted")) return;
 *   throw error;
 * }
 * ```
 */
export class LimpidError extends Error {
  /** Which kind of failure this is. */
  readonly code: LimpidErrorCode;

  /** The offending values by name; empty if there are none. */
  readonly details: Readonly<Record<string, unknown>>;

  /**
   * @param code - the kind of failure
   * @param message - one sentence for a person, with the offending numbers
   * @param options - cause and details, if any
   */
  constructor(code: LimpidErrorCode, message: string, options: LimpidErrorOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.name = "LimpidError";
    this.code = code;
    this.details = Object.freeze({ ...options.details });
  }

  /**
   * Whether a caught value is a LimpidError, and of the given kind if one is named. Recognises errors of
   * another copy of this package on the page too, which `instanceof` does not.
   *
   * @param error - anything that was caught
   * @param code - the kind to look for; any kind if left out
   * @returns true if `error` is a LimpidError with that code
   */
  static is(error: unknown, code?: LimpidErrorCode): error is LimpidError {
    return (
      error instanceof Error &&
      error.name === "LimpidError" &&
      "code" in error &&
      (code === undefined || error.code === code)
    );
  }
}

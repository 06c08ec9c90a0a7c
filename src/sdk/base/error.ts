/**
 * What went wrong, as a string that code can compare. The message beside it is for people and may change;
 * the code does not.
 *
 * - `Aborted`: the caller's `AbortSignal` fired; `cause` is the signal's reason.
 * - `AssetsMissing`: a file of the folder that `limpid-assets` fills is not there, damaged or of another version of Limpid, or
 *   no folder was named; `details` has its address and what the server answered.
 * - `BackendUnavailable`: the backend that was asked for, or every backend, cannot start on this machine.
 * - `CapabilityMissing`: an extension used something that its manifest does not ask for, or that was not granted.
 * - `CommandDisabled`: a command whose `enablement` clause is false now.
 * - `CorruptImage`: a file that begins as an image but is cut short or damaged.
 * - `DependencyMissing`: an extension needs another that is not installed or not enabled, or needs itself by a detour;
 *   `details.missing` or `details.cycle` names them.
 * - `DeviceLost`: the GPU device went away and a new one did not help.
 * - `DiskFull`: there is no space left for a file that was to be written.
 * - `Disposed`: a call on an object that has been disposed.
 * - `DocumentChanged`: what was taken from an editor was changed or removed before its result came back, and must not be
 *   overwritten.
 * - `EmptyFile`: a file without a single byte.
 * - `EngineMismatch`: a pack is for other versions of Limpid; `details` has both.
 * - `ExpertMismatch`: an expert was made for another base, or names layers that the base does not have;
 *   `details` lists every unmatched name.
 * - `ExtensionFailed`: the code of an extension threw, hung, ended, or broke the rules of its messages.
 * - `FileUnreadable`: a path that does not exist, may not be read or is not a file.
 * - `FileUnwritable`: a path where no file can be made.
 * - `HostFailed`: the editor reported an error, answered nonsense or did not answer; `cause` is its own error.
 * - `ImageTooLarge`: an image has more pixels than the limit in `details`.
 * - `IntegrityMismatch`: files of a pack are missing, unlisted or changed; `details.problems` lists each of them.
 * - `InvalidArchive`: an archive that is malformed, cut short or too large, or holds something else than files.
 * - `InvalidArgument`: an argument is outside what the function's documentation allows.
 * - `InvalidConfig`: a network's config with fields that are missing, unknown or contradict each other;
 *   `details.problems` lists each fault.
 * - `InvalidImage`: pixel data whose length, type or fields contradict each other.
 * - `InvalidManifest`: a manifest, an `integrity.json` or a signature file that breaks its format's rules;
 *   `details.problems` lists each fault with its path, the value and the remedy.
 * - `InvalidMessage`: a message between an extension's worker and its host that is malformed, too large or out of order.
 * - `InvalidSignature`: a pack's signature does not belong to its bytes, or is not of a key that is trusted.
 * - `InvalidTensorFile`: a weight file is malformed, or holds something that is refused on purpose.
 * - `InvalidTileSize`: a tile size that is not a positive multiple of the backbone's stride.
 * - `InvalidWhen`: a `when` clause that cannot be read; `details.position` is the character at which it goes wrong.
 * - `NothingSelected`: the editor has no image, layer or selection that could be restored.
 * - `NotSupported`: something that this editor, or this browser, cannot do; its capabilities say so.
 * - `OutOfMemory`: the device or the runtime could not allocate what the run needs.
 * - `PixelsUnreadable`: pixels that the browser keeps back, as those of an image of another origin.
 * - `PackMismatch`: a pack is another than was asked for, or its parts are of different packs.
 * - `PackOutdated`: a pack is older than the version that is installed, and that was not asked for.
 * - `PackTooLarge`: a pack, or its list of files, has more bytes than the limit in `details`.
 * - `PackUnavailable`: a file of a pack cannot be fetched, or is no longer kept.
 * - `ReplacementRefused`: a pack would take the place of one from another address, package or key, or has other files than
 *   its version had before, and nobody confirmed it; `details.reasons` says which.
 * - `UnknownCommand`: no command with that id is registered.
 * - `UnknownExpert`: no expert with that id is installed.
 * - `UnknownExtension`: no extension with that id is installed.
 * - `UnknownSetting`: no setting with that key is declared.
 * - `UnsafePath`: a path in a pack that leads out of it, or that systems would read in different ways.
 * - `UnsupportedImage`: a file that is not an image, or an image kind that cannot be read.
 * - `WeightsCorrupt`: weights are there, but their size, hash, names or shapes are not what was announced.
 * - `WeightsMissing`: a weight file cannot be found.
 * - `WorkerFailed`: the worker that runs the engine could not be started, or died.
 */
export type LimpidErrorCode =
  | "Aborted"
  | "AssetsMissing"
  | "BackendUnavailable"
  | "CapabilityMissing"
  | "CommandDisabled"
  | "CorruptImage"
  | "DependencyMissing"
  | "DeviceLost"
  | "DiskFull"
  | "Disposed"
  | "DocumentChanged"
  | "EmptyFile"
  | "EngineMismatch"
  | "ExpertMismatch"
  | "ExtensionFailed"
  | "FileUnreadable"
  | "FileUnwritable"
  | "HostFailed"
  | "ImageTooLarge"
  | "IntegrityMismatch"
  | "InvalidArchive"
  | "InvalidArgument"
  | "InvalidConfig"
  | "InvalidImage"
  | "InvalidManifest"
  | "InvalidMessage"
  | "InvalidSignature"
  | "InvalidTensorFile"
  | "InvalidTileSize"
  | "InvalidWhen"
  | "NothingSelected"
  | "NotSupported"
  | "OutOfMemory"
  | "PixelsUnreadable"
  | "PackMismatch"
  | "PackOutdated"
  | "PackTooLarge"
  | "PackUnavailable"
  | "ReplacementRefused"
  | "UnknownCommand"
  | "UnknownExpert"
  | "UnknownExtension"
  | "UnknownSetting"
  | "UnsafePath"
  | "UnsupportedImage"
  | "WeightsCorrupt"
  | "WeightsMissing"
  | "WorkerFailed";

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

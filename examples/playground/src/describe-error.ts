import { LimpidError, type LimpidErrorCode } from "limpid";

/** What people can do about a failure; what is not listed says it well enough itself. */
const remedies: Partial<Record<LimpidErrorCode, string>> = {
  BackendUnavailable: "Choose another place to compute on, under “Timings and memory”.",
  CorruptImage: "The file seems to be damaged.",
  DeviceLost: "Your photo is as it was. Try again, or compute on the CPU.",
  EmptyFile: "The file is empty.",
  EngineMismatch: "The pack is for another version of Limpid.",
  ExpertMismatch: "The pack was made for another model.",
  IntegrityMismatch: "Nothing was installed. Ask whoever gave you the pack for a whole copy.",
  InvalidArchive: "Choose the .tgz or .zip file of a pack.",
  OutOfMemory: "Your photo is as it was. Try a smaller one, or close other tabs.",
  PackUnavailable:
    "Check the address: it is the folder that holds the pack's package.json, on a server that allows other sites to read it.",
  UnsupportedImage: "JPEG, PNG, WebP, AVIF and GIF files can be opened.",
  WorkerFailed: "Your photo is as it was, and the next try starts a new engine.",
};

/** What went wrong, as people read it, and what they can do about it. */
export function describeError(error: unknown): string {
  const message = sentence(error instanceof Error ? error.message : String(error));
  const remedy = LimpidError.is(error) ? remedies[error.code] : undefined;
  return remedy === undefined ? message : `${message} ${remedy}`;
}

function sentence(text: string): string {
  // Names of files and addresses stay as they are.
  const start = /^[a-z]+[ ,]/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
  return /[.!?]$/.test(start) ? start : `${start}.`;
}

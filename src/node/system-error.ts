/** The code that the operating system gave, such as `"ENOENT"`. */
export function systemErrorCode(error: unknown): string | undefined {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}

const descriptions: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EBUSY: "it is in use",
  EDQUOT: "the quota of the disk is used up",
  EEXIST: "there is a file of that name",
  EIO: "the disk reports an error",
  EISDIR: "it is a folder",
  ELOOP: "it is a link to itself",
  EMFILE: "too many files are open",
  ENAMETOOLONG: "its name is too long",
  ENOENT: "no such file or folder",
  ENOSPC: "no space left on the disk",
  ENOTDIR: "a part of the path is not a folder",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
};

/** A few words for a person on why the operating system refused. */
export function describeSystemError(error: unknown): string {
  const code = systemErrorCode(error);
  return (code && descriptions[code]) ?? messageOf(error);
}

/** The message of a caught value, whichever realm its error class is from. */
export function messageOf(error: unknown): string {
  const message = typeof error === "object" && error !== null && "message" in error ? error.message : error;
  return String(message);
}

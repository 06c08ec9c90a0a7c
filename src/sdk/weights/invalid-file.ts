import { LimpidError } from "../base/index.js";

/** Refuses a tensor file: `InvalidTensorFile`. */
export function fail(message: string): never {
  throw new LimpidError("InvalidTensorFile", message);
}

/** A name in a file, for a message: quoted and cut. */
export function quote(name: string): string {
  return JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}...` : name);
}

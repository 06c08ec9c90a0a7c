import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readTensorFile, type TensorFile } from "../../src/sdk/weights/index.js";

/** The folder of the reference tensors. */
export const referenceFolder = fileURLToPath(new URL("../fixtures/reference/", import.meta.url));

/** Reads one file of the reference tensors. */
export function readReference(name: string): TensorFile {
  return readTensorFile(Uint8Array.from(readFileSync(referenceFolder + name)));
}

import { latin1, LimpidError } from "../base/index.js";
import { isLegacyCheckpoint, parsePyTorchCheckpoint } from "./pytorch-checkpoint.js";
import { parseSafetensors } from "./safetensors.js";
import type { TensorFile } from "./tensor-file.js";
import { isZipArchive } from "./zip-archive.js";

/** `{`, the first byte of a safetensors header. */
const openingBrace = 0x7b;

/**
 * Reads a weight file of either kind, told apart by its first bytes and not by its name: safetensors, or a
 * checkpoint of PyTorch (`.pth`, `.pt`, `.ckpt`).
 *
 * @param bytes - the whole file; the tensors may be views onto it, so it must not be written to afterwards
 * @returns what {@link parseSafetensors} or {@link parsePyTorchCheckpoint} makes of it
 * @throws {@link LimpidError} `InvalidTensorFile` if it is neither, or what the reader of its kind throws
 *
 * @example
 * ```ts
 * const response = await fetch("model.safetensors");
 * const { tensors } = readTensorFile(new Uint8Array(await response.arrayBuffer()));
 * for (const [name, tensor] of tensors) console.log(name, tensor.dtype, tensor.shape);
 * ```
 */
export function readTensorFile(bytes: Uint8Array): TensorFile {
  if (isZipArchive(bytes)) {
    return parsePyTorchCheckpoint(bytes);
  }
  if (bytes[8] === openingBrace) {
    return parseSafetensors(bytes);
  }
  if (isLegacyCheckpoint(bytes)) {
    return parsePyTorchCheckpoint(bytes);
  }
  throw new LimpidError(
    "InvalidTensorFile",
    `neither a safetensors file nor a PyTorch checkpoint: ${describeStart(bytes)}`,
  );
}

function describeStart(bytes: Uint8Array): string {
  const start = bytes.subarray(0, 16);
  if (start.length === 0) {
    return "it is empty";
  }
  const isText = start.every((byte) => byte >= 0x20 && byte < 0x7f);
  const shown = isText
    ? JSON.stringify(latin1(start))
    : [...start].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return `its ${bytes.byteLength} bytes start with ${shown}`;
}

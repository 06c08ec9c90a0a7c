/**
 * Tensors in host memory and the files that they come from: safetensors, PyTorch checkpoints, half floats, hashes. Files
 * are not trusted, and nothing in them is run.
 */
export { bfloatToFloat, floatToBfloat, floatToHalf, halfToFloat } from "./half-float.js";
export { HostTensor } from "./host-tensor.js";
export { parsePyTorchCheckpoint, type CheckpointOptions } from "./pytorch-checkpoint.js";
export { readTensorFile } from "./read-tensor-file.js";
export { parseSafetensors, serializeSafetensors } from "./safetensors.js";
export { sha256Hex, tensorBytesSha256 } from "./sha256.js";
export type { TensorFile } from "./tensor-file.js";
export { bytesPerElement, type TensorType } from "./tensor-type.js";

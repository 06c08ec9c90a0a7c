import { LimpidError, throwIfAborted } from "../base/index.js";
import { Expert, type ExpertEntry } from "../experts/index.js";
import { parseSafetensors, sha256Hex, tensorBytesSha256, type TensorFile } from "../weights/index.js";
import { parseModelManifest, type ModelFile, type ModelManifest } from "./model-manifest.js";
import type { ModelSource } from "./model-source.js";

/** A model in host memory, checked against its hashes, from which a backend can be set up again at any time. */
export interface LoadedModel {
  /** What `model.json` says. */
  readonly manifest: ModelManifest;
  readonly backbone: TensorFile;
  readonly router: TensorFile;
  /** The experts that ship with it, in the manifest's order. */
  readonly experts: readonly ExpertEntry[];
}

/**
 * Reads a model and checks every file before anything is made of it.
 *
 * @param source - where the files are
 * @param signal - gives up when it fires
 * @returns the model
 * @throws {@link LimpidError} `WeightsMissing`, `WeightsCorrupt` if a file's size or hash is not what was announced,
 * `InvalidConfig`, `InvalidTensorFile`, `ExpertMismatch` if an expert's tensors do not fit the network, `Aborted`
 */
export async function loadModel(source: ModelSource, signal?: AbortSignal): Promise<LoadedModel> {
  const manifest = parseModelManifest(await source.read("model.json", signal), source.name);
  const { backbone, router, experts } = manifest;
  const read = async (file: ModelFile): Promise<TensorFile> => {
    const bytes = await source.read(file.file, signal, file.size);
    throwIfAborted(signal);
    checkFile(bytes, file, source.name);
    return parseSafetensors(bytes);
  };
  const [backboneFile, routerFile, ...expertFiles] = await Promise.all([
    read(backbone),
    read(router),
    ...experts.map(read),
  ]);
  const identity = tensorBytesSha256(backboneFile);
  if (identity !== backbone.tensorSha256) {
    throw new LimpidError(
      "WeightsCorrupt",
      `the tensors of ${backbone.file} hash to ${identity}, model.json says ${backbone.tensorSha256}`,
    );
  }
  return {
    manifest,
    backbone: backboneFile,
    router: routerFile,
    experts: expertFiles.map((file, index) => ({
      expert: Expert.fromTensorFile(file, backbone.config),
      strength: experts[index]?.strength ?? 1,
    })),
  };
}

function checkFile(bytes: Uint8Array, { file, size, sha256 }: ModelFile, model: string): void {
  if (bytes.byteLength !== size) {
    throw new LimpidError(
      "WeightsCorrupt",
      `${file} of ${model} has ${bytes.byteLength} bytes, model.json says ${size}`,
      { details: { file, size: bytes.byteLength, expected: size } },
    );
  }
  const actual = sha256Hex(bytes);
  if (actual !== sha256) {
    throw new LimpidError(
      "WeightsCorrupt",
      `${file} of ${model} hashes to ${actual}, model.json says ${sha256}`,
      {
        details: { file, sha256: actual, expected: sha256 },
      },
    );
  }
}

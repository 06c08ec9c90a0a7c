import { validateBackboneConfig, type BackboneConfig } from "../../../../src/sdk/backbone/index.js";
import { Expert } from "../../../../src/sdk/experts/index.js";
import { readTensorFile, type TensorFile } from "../../../../src/sdk/weights/index.js";
import type { ContestantFiles } from "./contestant.js";

/** What `model.json` says, as far as it is needed here. */
interface Manifest {
  readonly backbone: { readonly file: string; readonly config: unknown };
  readonly experts: readonly { readonly file: string }[];
}

/** The shipped network. */
export interface BenchModel {
  readonly config: BackboneConfig;
  readonly base: TensorFile;
  /** Reads the first two experts. */
  readExperts(): Promise<Expert[]>;
}

/** Reads the shipped network. */
export async function readBenchModel(readFile: ContestantFiles["readModel"]): Promise<BenchModel> {
  const manifest = JSON.parse(new TextDecoder().decode(await readFile("model.json"))) as Manifest;
  const config = validateBackboneConfig(manifest.backbone.config);
  const base = readTensorFile(await readFile(manifest.backbone.file));
  return {
    config,
    base,
    readExperts: () =>
      Promise.all(
        manifest.experts
          .slice(0, 2)
          .map(async ({ file }) => Expert.fromTensorFile(readTensorFile(await readFile(file)), config)),
      ),
  };
}

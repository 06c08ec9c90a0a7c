import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { LimpidError } from "../../../src/sdk/base/index.js";
import { readTensorFile, type TensorFile } from "../../../src/sdk/weights/index.js";

/** The files of a folder of reference tensors. */
export class ReferenceFolder {
  readonly #directory: string;

  /**
   * @param directory - its path; looked into when a file is asked for
   */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * The containers that weights come in; at least one.
   *
   * @throws {@link LimpidError} `WeightsMissing` if there is none
   */
  listContainers(name: string): string[] {
    const files = [`${name}.safetensors`, `${name}.pth`].filter((file) => existsSync(this.#path(file)));
    if (files.length === 0) throw this.#missing(`${name}.safetensors or ${name}.pth`);
    return files;
  }

  /**
   * Reads a file by its name.
   *
   * @throws {@link LimpidError} `WeightsMissing` if it is not there, `InvalidTensorFile` if it is malformed
   */
  async read(file: string): Promise<TensorFile> {
    if (!existsSync(this.#path(file))) throw this.#missing(file);
    const { buffer, byteOffset, byteLength } = await readFile(this.#path(file));
    return readTensorFile(new Uint8Array(buffer, byteOffset, byteLength));
  }

  /** Reads inputs and outputs, which are always safetensors, by name without extension. */
  async readIo(name: string): Promise<TensorFile> {
    return this.read(`${name}.safetensors`);
  }

  /** The config beside weights, which checkpoints (.pth) do not carry themselves; empty if no file tells it. */
  async readConfig(name: string): Promise<Readonly<Record<string, unknown>>> {
    const file = `${name}.safetensors`;
    if (!existsSync(this.#path(file))) return {};
    const { metadata } = await this.read(file);
    return metadata.config === undefined ? {} : (JSON.parse(metadata.config) as Record<string, unknown>);
  }

  #path(file: string): string {
    return join(this.#directory, file);
  }

  #missing(file: string): LimpidError {
    return new LimpidError("WeightsMissing", `${file} is not in ${this.#directory}`, { details: { file } });
  }
}

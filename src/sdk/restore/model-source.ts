import { LimpidError } from "../base/index.js";

/** Where a model's files come from. */
export interface ModelSource {
  /** What errors call it, such as its URL. */
  readonly name: string;
  /**
   * Reads one file.
   *
   * @param path - relative to the model, with forward slashes, such as `experts/derain.safetensors`
   * @param signal - gives up when it fires
   * @returns the bytes
   * @throws {@link LimpidError} `WeightsMissing` if the file is not there
   */
  read(path: string, signal?: AbortSignal): Promise<Uint8Array>;
}

/**
 * A model behind a URL. Nothing else is ever fetched.
 *
 * @param base - the folder that holds `model.json`
 * @returns the source
 */
export function modelFromUrl(base: string | URL): ModelSource {
  const text = String(base);
  const folder = text.endsWith("/") ? text : `${text}/`;
  return {
    name: text,
    async read(path, signal) {
      const url = folder + path;
      let response: Response;
      try {
        response = await fetch(url, signal === undefined ? {} : { signal });
      } catch (error) {
        if (signal?.aborted === true) {
          throw new LimpidError("Aborted", `loading ${url} was aborted`, { cause: signal.reason });
        }
        throw new LimpidError("WeightsMissing", `${url} cannot be fetched`, { cause: error });
      }
      if (!response.ok) {
        throw new LimpidError("WeightsMissing", `${url} cannot be fetched: status ${response.status}`, {
          details: { url, status: response.status },
        });
      }
      return new Uint8Array(await response.arrayBuffer());
    },
  };
}

/**
 * A model whose files are in memory already.
 *
 * @param files - bytes by path, `model.json` among them
 * @param name - what errors call it
 * @returns the source
 */
export function modelFromFiles(
  files: ReadonlyMap<string, Uint8Array>,
  name = "the model in memory",
): ModelSource {
  return {
    name,
    read(path) {
      const bytes = files.get(path);
      if (bytes === undefined) {
        return Promise.reject(new LimpidError("WeightsMissing", `${name} has no file ${path}`));
      }
      return Promise.resolve(bytes);
    },
  };
}

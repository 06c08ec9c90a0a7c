import { LimpidError, openUrl, readAtMost } from "../base/index.js";

/** Where a model's files come from. */
export interface ModelSource {
  /** What errors call it, such as its URL. */
  readonly name: string;
  /**
   * Reads one file.
   *
   * @param path - relative to the model, with forward slashes, such as `experts/derain.safetensors`
   * @param signal - gives up when it fires
   * @param size - how long the file is, in bytes, if that is known; more need not be read
   * @returns the bytes
   * @throws {@link LimpidError} `WeightsMissing` if the file is not there
   */
  read(path: string, signal?: AbortSignal, size?: number): Promise<Uint8Array>;
}

/** The longest file of a model that is read, in bytes; `model.json` says of all others how long they are. */
const [maximumFile, maximumManifest] = [2 ** 30, 2 ** 20];

/**
 * A model behind a URL. Nothing else is ever fetched: redirections are refused. A server that sends nothing for 30 seconds, or
 * more than it may, is given up.
 *
 * @param base - the folder that holds `model.json`
 * @returns the source
 */
export function modelFromUrl(base: string | URL): ModelSource {
  const text = String(base);
  const folder = text.endsWith("/") ? text : `${text}/`;
  return {
    name: text,
    async read(path, signal, size) {
      const url = addressOf(folder + path);
      const fail = (message: string, details: Record<string, unknown> = { url: url.href }, cause?: unknown) =>
        new LimpidError("WeightsMissing", message, { details, cause });
      const opened = await openUrl(url, { signal, fail, cache: "default" });
      if (opened === undefined)
        throw fail(`${url.href} cannot be fetched: status 404`, { url: url.href, status: 404 });
      const limit = size ?? (path === "model.json" ? maximumManifest : maximumFile);
      const bytes = await readAtMost(limit, opened.bytes, () => {
        const details = { url: url.href, limit };
        return new LimpidError("WeightsCorrupt", `${url.href} has more than ${limit} bytes`, { details });
      });
      if (isHtml(bytes)) {
        throw fail(`${url.href} is not there: a web page (HTML) came`, { url: url.href, isHtml: true });
      }
      return bytes;
    },
  };
}

/** Servers of single pages answer with the page where a file is missing. */
function isHtml(bytes: Uint8Array): boolean {
  return /^\s*<(!doctype|html)/i.test(new TextDecoder().decode(bytes.subarray(0, 64)));
}

function addressOf(text: string): URL {
  try {
    return new URL(text, globalThis.location?.href);
  } catch (cause) {
    throw new LimpidError("WeightsMissing", `${text} cannot be fetched: it is no address`, { cause });
  }
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

import { LimpidError, version } from "../../base/index.js";
import { modelFromUrl, type ModelSource } from "../../restore/index.js";

/** What `limpid-assets` has put into a folder. */
export interface AssetFolder {
  readonly model: ModelSource;
  /** Folder of tfjs's `.wasm` files, with a slash at its end. */
  readonly wasmPath: string;
  /**
   * Fetches a file, holds it against its hash, and leaves it in the browser's cache.
   *
   * @param path - relative to the folder
   * @throws {@link LimpidError} `AssetsMissing` if it is not there, or another than the folder's list says
   */
  check(path: string, signal?: AbortSignal): Promise<string>;
}

/** The list in the folder: hashes as `fetch` takes them, by path. */
interface AssetList {
  readonly version: string;
  readonly files: Readonly<Record<string, string>>;
}

const listFile = "assets.json";
const remedy = "run `npx limpid-assets FOLDER` again, and serve that folder";

/** The error of an application that names neither assets nor a model. */
export function noAssets(): LimpidError {
  return new LimpidError(
    "AssetsMissing",
    "createLimpid needs its model and its workers: run `npx limpid-assets public/limpid`, " +
      'and pass `assets: "/limpid/"`, the address at which that folder is served',
  );
}

/**
 * Opens a folder that `limpid-assets` has filled.
 *
 * @param base - its address, absolute, with a slash at its end
 * @throws {@link LimpidError} `AssetsMissing` if its list is not there, or is of another version
 */
export async function openAssets(base: string, signal?: AbortSignal): Promise<AssetFolder> {
  const list = await readList(base, signal);
  if (list.version !== version) {
    throw new LimpidError(
      "AssetsMissing",
      `the files in ${base} are of Limpid ${list.version}, and this is ${version}: ${remedy}`,
      { details: { url: base, version: list.version, expected: version } },
    );
  }
  const check = async (path: string, signal?: AbortSignal): Promise<string> => {
    const url = base + path;
    const integrity = list.files[path];
    if (integrity === undefined) throw missing(url, `is not on the list of ${base}${listFile}`);
    try {
      await (await fetch(url, { integrity, ...(signal && { signal }) })).arrayBuffer();
    } catch {
      // Why it is refused, a fetch that is refused does not say.
      await fetchAsset(url, signal);
      throw missing(url, "has another hash than the list of its folder says");
    }
    return url;
  };
  const model = modelFromUrl(`${base}models/`);
  return {
    check,
    wasmPath: `${base}wasm/`,
    model: {
      name: model.name,
      async read(path, signal, size) {
        if (path === "model.json") await check(`models/${path}`, signal);
        return model.read(path, signal, size);
      },
    },
  };
}

async function readList(base: string, signal: AbortSignal | undefined): Promise<AssetList> {
  const url = base + listFile;
  const text = await (await fetchAsset(url, signal)).text();
  try {
    const { version, files } = JSON.parse(text) as Partial<AssetList>;
    if (typeof version === "string" && typeof files === "object") return { version, files };
  } catch {
    // Said below.
  }
  throw missing(url, "is not the list that `limpid-assets` writes");
}

/** Fetches a file, or says why it cannot be had. */
async function fetchAsset(url: string, signal: AbortSignal | undefined): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { ...(signal && { signal }) });
  } catch (cause) {
    if (signal?.aborted) throw new LimpidError("Aborted", "the caller aborted the start", { cause });
    throw missing(url, "cannot be fetched", {}, cause);
  }
  const { status } = response;
  const isHtml = response.headers.get("content-type")?.includes("text/html") === true;
  if (!response.ok || isHtml) {
    const fault = isHtml ? `a web page (HTML) came, with status ${status}` : `status ${status}`;
    throw missing(url, `is not there: ${fault}`, { status, isHtml });
  }
  return response;
}

function missing(
  url: string,
  fault: string,
  details: Record<string, unknown> = {},
  cause?: unknown,
): LimpidError {
  return new LimpidError("AssetsMissing", `${url} ${fault}: ${remedy}`, {
    details: { url, ...details },
    cause,
  });
}

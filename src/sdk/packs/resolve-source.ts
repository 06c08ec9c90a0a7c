import { LimpidError } from "../base/index.js";
import { packFromNpm, parseNpmSpec } from "./npm-spec.js";
import { packFromFiles, packFromUrl, type FetchPackOptions, type PackSource } from "./pack-source.js";

/**
 * Makes a source of what a caller may name.
 *
 * @param source - a source; files by path; an npm spec; or an address, absolute or relative to the page
 * @param options - how to fetch, and from which server npm's packages come
 * @throws {@link LimpidError} `InvalidArgument` if it is none of them, or an npm spec without a server
 */
export function resolveSource(
  source: PackSource | ReadonlyMap<string, Uint8Array> | URL | string,
  options: FetchPackOptions & { readonly cdn?: string },
): PackSource {
  if (source instanceof URL) return packFromUrl(source, options);
  if (typeof source !== "string") return "open" in source ? source : packFromFiles(source);
  if (parseNpmSpec(source) === undefined) return packFromUrl(source, options);
  if (options.cdn !== undefined) return packFromNpm(source, options.cdn, options);
  throw new LimpidError(
    "InvalidArgument",
    `${source} is an npm package, and no server was named that npm's packages may be fetched from: see PackOptions.cdn`,
  );
}

import { valid } from "semver";
import { LimpidError } from "../base/index.js";
import { packFromUrl, type FetchPackOptions, type PackIdentity, type PackSource } from "./pack-source.js";

/** npm's rules for names of new packages: lower case, a scope or none, nothing that must be escaped in an address. */
const packageName = /^(?:@[a-z0-9-][a-z0-9._-]*\/)?[a-z0-9-][a-z0-9._-]*$/;

/**
 * Reads an npm spec. Only a single version is one: a range would let a server choose what is installed.
 *
 * @param text - such as `@acme/limpid-descreen@1.2.0`
 * @returns name and version; undefined if it is no spec, but an address or a path
 */
export function parseNpmSpec(text: string): PackIdentity | undefined {
  const at = text.lastIndexOf("@");
  if (at <= 0) return undefined;
  const [name, version] = [text.slice(0, at), text.slice(at + 1)];
  return packageName.test(name) && name.length <= 214 && valid(version) === version
    ? { name, version }
    : undefined;
}

/**
 * A pack on npm, through a server that unpacks npm's packages.
 *
 * @param spec - such as `@acme/limpid-descreen@1.2.0`
 * @param cdn - the address of a package's folder there, with `{name}` and `{version}` in it, such as
 * `https://cdn.jsdelivr.net/npm/{name}@{version}/`
 * @param options - how to fetch
 * @returns the source; a pack of another name or version is refused
 * @throws {@link LimpidError} `InvalidArgument` if the spec names no single version, or the address lacks a placeholder
 *
 * @example
 * ```ts
 * await limpid.packs.install(packFromNpm("@acme/limpid-descreen@1.2.0", "https://cdn.jsdelivr.net/npm/{name}@{version}/"));
 * ```
 */
export function packFromNpm(spec: string, cdn: string, options: FetchPackOptions = {}): PackSource {
  const expected = parseNpmSpec(spec);
  if (expected === undefined) {
    throw new LimpidError(
      "InvalidArgument",
      `${JSON.stringify(spec)} names no single version of an npm package, as @acme/limpid-descreen@1.2.0 does`,
    );
  }
  if (!cdn.includes("{name}") || !cdn.includes("{version}")) {
    throw new LimpidError("InvalidArgument", `the address ${cdn} has no {name} or no {version} in it`);
  }
  const address = cdn.replaceAll("{name}", expected.name).replaceAll("{version}", expected.version);
  return { ...packFromUrl(address, options), expected };
}

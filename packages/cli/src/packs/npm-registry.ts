import { createHash } from "node:crypto";
import { valid } from "semver";
import * as v from "valibot";
import { LimpidError } from "limpid";
import { fetchBytes } from "./fetch-bytes.js";

/** An npm package, and a version of it if one was named. */
export interface NamedPackage {
  /** Such as `@acme/limpid-descreen`. */
  readonly name: string;
  /** Semantic; the newest that its publisher recommends (`latest`) if undefined. */
  readonly version: string | undefined;
}

const spec = /^((?:@[a-z0-9-][a-z0-9._-]*\/)?[a-z0-9-][a-z0-9._-]*)(?:@([^@/]+))?$/;
const maximumDocumentBytes = 32 * 2 ** 20;

/** What is read of a registry's document on a package. */
const documentSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    "dist-tags": v.record(v.string(), v.string()),
    versions: v.record(
      v.string(),
      v.object({ dist: v.object({ tarball: v.pipe(v.string(), v.url()), integrity: v.string() }) }),
    ),
  }),
);

/**
 * Reads the name of an npm package.
 *
 * @param text - such as `@acme/limpid-descreen` or `@acme/limpid-descreen@1.2.0`
 * @returns undefined if it is none. A range is none: a registry would choose what is installed
 */
export function parsePackageName(text: string): NamedPackage | undefined {
  const [, name = "", version] = spec.exec(text) ?? [];
  const isName = name !== "" && name.length <= 214;
  return isName && (version === undefined || valid(version) === version) ? { name, version } : undefined;
}

/** The registry that npm uses, which tells the programs that it starts. */
function registryOf(env: NodeJS.ProcessEnv): string {
  return `${(env.npm_config_registry || "https://registry.npmjs.org/").replace(/\/+$/, "")}/`;
}

/** A package as the registry has it. */
export interface FetchedPackage {
  readonly archive: Uint8Array;
  readonly address: string;
  readonly version: string;
}

/**
 * Gets a package from npm's registry and checks it against the registry's hash.
 *
 * @param named - the package
 * @param maximumBytes - most bytes that its tarball may have
 * @param signal - gives up when it fires
 * @throws {@link LimpidError} `PackUnavailable` if it, or the version, is not there; `IntegrityMismatch`, `PackTooLarge`,
 * `Aborted`
 */
export async function fetchPackage(
  { name, version: wanted }: NamedPackage,
  maximumBytes: number,
  signal: AbortSignal,
): Promise<FetchedPackage> {
  const registry = registryOf(process.env);
  const unavailable = (fault: string): LimpidError =>
    new LimpidError("PackUnavailable", `${name}: ${fault}`, { details: { name, registry } });
  const bytes = await fetchBytes(registry + name, maximumDocumentBytes, signal);
  const document = v.safeParse(documentSchema, new TextDecoder().decode(bytes));
  if (!document.success) throw unavailable(`${registry} does not answer as npm's registry does`);
  const { "dist-tags": tags, versions } = document.output;
  const version = wanted ?? tags.latest;
  const dist = version === undefined ? undefined : versions[version]?.dist;
  if (version === undefined || dist === undefined) {
    throw unavailable(`${registry} has no version ${version ?? "latest"} of it`);
  }
  if (new URL(dist.tarball).origin !== new URL(registry).origin) {
    throw unavailable(`its tarball is elsewhere, at ${dist.tarball}, which nobody named`);
  }
  const archive = await fetchBytes(dist.tarball, maximumBytes, signal);
  requireHash(archive, dist.integrity, dist.tarball);
  return { archive, address: dist.tarball, version };
}

/** Subresource Integrity, of which registries give SHA-512. */
function requireHash(bytes: Uint8Array, integrity: string, name: string): void {
  const expected = /(?:^|\s)sha512-(\S+)/.exec(integrity)?.[1];
  const actual = createHash("sha512").update(bytes).digest("base64");
  if (actual === expected) return;
  const problems = [`hashes to sha512-${actual}, the registry says ${integrity}`];
  throw new LimpidError("IntegrityMismatch", `${name}: ${problems[0]}`, { details: { problems } });
}

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { extract } from "tar";

/** What of a package's manifest says how it is installed. */
export interface InstalledManifest {
  readonly name: string;
  readonly version: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly bin?: string | Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** Reads a package's manifest. */
export function manifestOf(folder: string): InstalledManifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as InstalledManifest;
}

/**
 * Packs a workspace and unpacks its tarball where npm would.
 *
 * @param workspace - the package's name
 * @param app - its `node_modules` takes the package
 * @param tarballs - a folder for the tarball
 */
export async function installPacked(workspace: string, app: string, tarballs: string): Promise<void> {
  const output = execFileSync(
    "npm",
    [
      "pack",
      "--json",
      "--ignore-scripts",
      "--offline",
      "--pack-destination",
      tarballs,
      "--workspace",
      workspace,
    ],
    { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
  );
  const [{ filename }] = JSON.parse(output) as [{ readonly filename: string }];
  const folder = join(app, "node_modules", workspace);
  mkdirSync(folder, { recursive: true });
  await extract({ file: join(tarballs, filename), cwd: folder, strip: 1 });
}

/**
 * Installs what a package needs, as npm would, without a network: from what this repository has installed.
 *
 * @param app - the folder that the package was unpacked into `node_modules` of
 * @param name - the package
 * @returns the folders of all packages that came, by their place in `node_modules`, the package itself left out
 */
export function installDependencies(app: string, name: string): ReadonlyMap<string, string> {
  const installed = new Map<string, string>();
  const visit = (manifest: InstalledManifest, from: string): void => {
    const { dependencies = {}, optionalDependencies = {}, peerDependencies = {} } = manifest;
    const needed = Object.keys(peerDependencies).filter(
      (peer) => manifest.peerDependenciesMeta?.[peer]?.optional !== true,
    );
    for (const dependency of [...Object.keys({ ...dependencies, ...optionalDependencies }), ...needed]) {
      const source = findInstalled(from, dependency);
      if (source === undefined) {
        const isUnpacked = existsSync(join(app, "node_modules", dependency, "package.json"));
        if (isUnpacked || dependency in optionalDependencies || dependency.startsWith("@types/")) continue;
        throw new Error(`${manifest.name} needs ${dependency}, which is not installed`);
      }
      const place = relative(resolve("."), source);
      // Unpacked from its tarball already.
      if (installed.has(place) || existsSync(join(app, place, "package.json"))) continue;
      installed.set(place, join(app, place));
      linkFolder(source, join(app, place));
      visit(manifestOf(source), source);
    }
  };
  visit(manifestOf(join(app, "node_modules", name)), resolve("."));
  return installed;
}

/** A package as Node would find it from a folder of this repository. */
function findInstalled(from: string, name: string): string | undefined {
  for (let folder = from; folder.startsWith(resolve(".")); folder = resolve(folder, "..")) {
    const candidate = join(folder, "node_modules", name);
    // A workspace is a link to its sources: of that only the tarball counts.
    if (existsSync(join(candidate, "package.json")) && realpathSync(candidate) === candidate)
      return candidate;
  }
  return undefined;
}

/** The files of a package, but for the packages in it and for what nothing loads. */
function linkFolder(source: string, target: string): void {
  mkdirSync(target, { recursive: true });
  for (const entry of readdirSync(source, { withFileTypes: true })) {
    const [from, to] = [join(source, entry.name), join(target, entry.name)];
    if (entry.isDirectory()) {
      // tfjs publishes its sources, which nothing loads.
      const isSource = entry.name === "src" && source.includes("@tensorflow");
      if (entry.name !== "node_modules" && !isSource) linkFolder(from, to);
    } else if (!entry.name.endsWith(".map")) {
      try {
        linkSync(from, to);
      } catch {
        cpSync(from, to);
      }
    }
  }
}

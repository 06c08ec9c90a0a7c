/**
 * Builds dist/ of both published packages, and the folder of assets that pages of tests and examples load, and knows whether
 * they still match the sources.
 */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { copyAssets } from "../bin/limpid-assets.mjs";

/** The repository's root folder. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/** The published packages, whose dist/ is built by the rollup.config.mjs of their folder. */
const packages = [root, join(root, "packages", "cli")];
const fresh = join(root, "build", "dist");
const lock = join(root, "build", "dist.lock");
const stamp = join(root, "build", "dist.stamp");
const sources = [
  ...["src", "bin", "models", "package.json", "package-lock.json", "rollup.config.mjs"],
  ...["packages/cli/src", "packages/cli/package.json", "packages/cli/rollup.config.mjs"],
];

/**
 * Builds the packages if a source is newer. Runs side by side with others: one of them builds, the rest wait, and
 * each dist/ is replaced at once when all of it is there.
 *
 * @param {{ force?: boolean, onBuild?: () => void }} [options] - `force` builds in any case; `onBuild` is told before a build
 */
export async function buildDist({ force = false, onBuild } = {}) {
  mkdirSync(join(root, "build"), { recursive: true });
  if (!force && !isStale()) return;
  const release = await acquireLock();
  try {
    if (!force && !isStale()) return;
    onBuild?.();
    const started = new Date();
    for (const folder of packages) await buildPackage(folder);
    copyAssets(join(root, "build", "assets"));
    writeFileSync(stamp, started.toISOString());
  } finally {
    release();
  }
}

/** @param {string} folder - of a package */
async function buildPackage(folder) {
  rmSync(fresh, { recursive: true, force: true });
  const { rollup } = await import("rollup");
  const { loadConfigFile } = await import("rollup/loadConfigFile");
  const { options } = await loadConfigFile(join(folder, "rollup.config.mjs"), {});
  for (const config of options) {
    const bundle = await rollup(config);
    for (const output of config.output) {
      const { dir, file, ...rest } = output;
      await bundle.write({ ...rest, ...(file ? { file: moved(file) } : { dir: moved(dir ?? "dist") }) });
    }
    await bundle.close();
  }
  rmSync(join(folder, "dist"), { recursive: true, force: true });
  renameSync(fresh, join(folder, "dist"));
}

/** @param {string} path - where rollup's config wants a file @returns {string} where it is built at first */
function moved(path) {
  return join(fresh, path.replace(/^(.*\/)?dist\/?/, ""));
}

/** @returns {boolean} whether a dist/ is missing or older than a source */
function isStale() {
  if (!existsSync(stamp) || packages.some((folder) => !existsSync(join(folder, "dist")))) return true;
  const built = Date.parse(readFileSync(stamp, "utf8"));
  return sources.some((name) => newest(join(root, name)) >= built);
}

/** @param {string} path @returns {number} when the file, or the last change in the folder, was made */
function newest(path) {
  const { mtimeMs } = statSync(path);
  const entries = statSync(path).isDirectory() ? readdirSync(path) : [];
  return Math.max(mtimeMs, ...entries.map((entry) => newest(join(path, entry))));
}

/** @returns {Promise<() => void>} releases the lock, which one process holds at a time */
async function acquireLock() {
  for (;;) {
    try {
      const handle = openSync(lock, "wx");
      writeSync(handle, String(process.pid));
      closeSync(handle);
      return () => {
        rmSync(lock, { force: true });
      };
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    if (!isAlive(readLock())) rmSync(lock, { force: true });
    else await wait(200);
  }
}

/** @returns {number | undefined} the process that holds the lock; undefined if it has just let go */
function readLock() {
  try {
    return Number(readFileSync(lock, "utf8"));
  } catch {
    return undefined;
  }
}

/** @param {number | undefined} pid @returns {boolean} whether that process still runs */
function isAlive(pid) {
  if (pid === undefined || pid === 0) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

import { homedir } from "node:os";
import { posix, win32 } from "node:path";

/** What the place of a user's files depends on. */
export interface Machine {
  /** As `process.platform`. */
  readonly platform: NodeJS.Platform;
  /** As `process.env`. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * The folder where the user's packs are kept: `LIMPID_PACKS` if it is set, else where the platform keeps what programs hold for
 * a user. (The package env-paths says the same, but only of the machine that it runs on, which no test could try.)
 *
 * @param machine - platform and environment
 * @param home - the user's home
 * @returns an absolute path, unless `LIMPID_PACKS` is relative
 */
export function packsFolder({ platform, env }: Machine, home = homedir()): string {
  if (env.LIMPID_PACKS) return env.LIMPID_PACKS;
  if (platform === "win32") {
    return win32.join(env.LOCALAPPDATA ?? win32.join(home, "AppData", "Local"), "limpid", "packs");
  }
  if (platform === "darwin") return posix.join(home, "Library", "Application Support", "limpid", "packs");
  // The XDG specification has relative paths ignored.
  const { XDG_DATA_HOME: data = "" } = env;
  return posix.join(posix.isAbsolute(data) ? data : posix.join(home, ".local", "share"), "limpid", "packs");
}

import { LimpidError, throwIfAborted } from "../base/index.js";
import type { InstalledPack } from "../packs/index.js";
import { maximumCodeBytes } from "../bridge/index.js";
import { findImport } from "./find-import.js";
import { RunningExtension, type RunningExtensionOptions } from "./running-extension.js";

/** What {@link activateExtension} needs. */
export interface ActivateExtensionOptions extends Omit<RunningExtensionOptions, "code" | "workers"> {
  /** Reads a file of an installed extension. */
  readonly read: (id: string, path: string) => Promise<Uint8Array>;
  /** Starts its worker; undefined if the application gave no way to. */
  readonly workers: RunningExtensionOptions["workers"] | undefined;
}

/** An extension that was started, and how long its parts took, in milliseconds. */
export interface ActivatedExtension {
  /** The extension, for the caller to deactivate. */
  readonly running: RunningExtension;
  /** To read its code and check it. */
  readonly readTime: number;
  /** To start its worker and run `activate`. */
  readonly activateTime: number;
}

/**
 * Reads the code of an extension, checks it and runs it in a worker.
 *
 * @throws {@link LimpidError} `ExtensionFailed` if the code cannot be run, throws or hangs; `InvalidArgument` if there are no
 * workers; `Aborted`
 */
export async function activateExtension(options: ActivateExtensionOptions): Promise<ActivatedExtension> {
  const { pack, workers, read, signal } = options;
  if (workers === undefined) {
    throw new LimpidError(
      "InvalidArgument",
      `the code of ${pack.id} needs a worker: give createLimpid extensions.workers`,
      { details: { id: pack.id } },
    );
  }
  const started = performance.now();
  const path = (pack.manifest.browser ?? "").replace(/^\.\//, "");
  const bytes = await read(pack.id, path);
  requireOneModule(pack, path, bytes);
  throwIfAborted(signal);
  const loaded = performance.now();
  const running = await RunningExtension.start({ ...options, workers, code: bytes.slice() });
  return { running, readTime: loaded - started, activateTime: performance.now() - loaded };
}

function requireOneModule(pack: InstalledPack, path: string, bytes: Uint8Array): void {
  if (bytes.length > maximumCodeBytes) {
    throw failed(pack, `${path} has ${bytes.length} bytes, at most ${maximumCodeBytes} are run`);
  }
  let code: string;
  try {
    code = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw failed(pack, `${path} is not UTF-8`);
  }
  const position = findImport(code);
  if (position === undefined) return;
  const line = code.slice(0, position).split("\n").length;
  throw failed(pack, `${path} loads another module in line ${line}: an extension is one file, so bundle it`);
}

function failed({ id }: InstalledPack, fault: string): LimpidError {
  return new LimpidError("ExtensionFailed", `the extension ${id} cannot run: ${fault}`, { details: { id } });
}

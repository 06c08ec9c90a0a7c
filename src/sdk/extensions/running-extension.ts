import {
  DisposableStore,
  EventEmitter,
  LimpidError,
  toDisposable,
  version as limpidVersion,
  type Event,
} from "../base/index.js";
import type { InstalledPack } from "../packs/index.js";
import {
  Bridge,
  hostMethods,
  pixelMethods,
  workerMethods,
  type HostMethods,
  type WorkerMethods,
} from "../bridge/index.js";
import type { ExtensionWorkerFactory } from "./extension-worker.js";
import { hostHandlers, type HostHandlerContext } from "./host-handlers.js";
import { watch } from "./watchdog.js";

/** How long things may take, in milliseconds. */
export interface ExtensionTimeouts {
  /** From the start of the worker to the end of `activate`. */
  readonly activation: number;
  /** `deactivate`; after that the worker is ended. */
  readonly deactivation: number;
  /** How long a worker that somebody waits for may give no sign of life. */
  readonly response: number;
}

/** What {@link RunningExtension.start} needs. */
export interface RunningExtensionOptions extends Omit<HostHandlerContext, "added" | "execute"> {
  readonly workers: ExtensionWorkerFactory;
  /** Its code, UTF-8. */
  readonly code: Uint8Array;
  /** In what circumstances it runs. */
  readonly mode: "production" | "development" | "test";
  readonly timeouts: ExtensionTimeouts;
  readonly signal: AbortSignal;
}

/**
 * The code of one extension in its worker, seen from the host. It ends by {@link RunningExtension.deactivate}, or by itself
 * if it hangs, breaks the rules of its messages or loses its worker; in any case everything that it registered is gone.
 */
export class RunningExtension {
  /** Fired once if it ends by itself, with the reason. */
  readonly onDidFail: Event<LimpidError>;
  readonly #failed = new EventEmitter<LimpidError>();
  readonly #added = new DisposableStore();
  readonly #bridge: Bridge<HostMethods, WorkerMethods>;
  readonly #contributed = new DisposableStore();
  readonly #executing = new Set<Promise<unknown>>();
  readonly #pack: InstalledPack;
  readonly #timeouts: ExtensionTimeouts;
  #failure: LimpidError | undefined;

  private constructor(options: RunningExtensionOptions) {
    const { pack, workers, timeouts } = options;
    this.#pack = pack;
    this.#timeouts = timeouts;
    this.onDidFail = this.#failed.event;
    const worker = this.#added.add(workers.start(pack.id));
    this.#bridge = new Bridge({
      port: worker.port,
      local: grantedMethods(pack.manifest.capabilities.pixels !== undefined),
      remote: workerMethods,
      handlers: hostHandlers({
        ...options,
        added: this.#contributed,
        execute: (command, args, caller) => this.#execute(command, args, caller),
      }),
      onBroken: (error) => this.#fail(`broke the rules of its messages: ${error.message}`, error),
    });
    this.#added.add(this.#bridge);
    this.#added.add(this.#contributed);
    this.#contributed.add(toDisposable(() => options.contextKeys.removeOwner(pack.id)));
    this.#added.add(
      worker.onDidFail((error) => this.#fail(`was ended by its worker: ${error.message}`, error)),
    );
    this.#added.add(
      options.configuration.onDidChange(({ keys }) => {
        const changed = settingsOf(options, keys);
        if (Object.keys(changed).length === 0) return;
        // A worker that has ended need not be told anything.
        this.#bridge.request("settingsChanged", changed).catch(() => undefined);
      }),
    );
    // What it sets while it is being ended goes too.
    this.#added.add(toDisposable(() => options.contextKeys.removeOwner(pack.id)));
  }

  /**
   * Starts a worker, loads the code and waits for its `activate`.
   *
   * @returns the running extension, for the caller to deactivate
   * @throws {@link LimpidError} `ExtensionFailed` if the code throws, hangs or cannot be loaded; `Aborted`. Nothing is left then
   */
  static async start(options: RunningExtensionOptions): Promise<RunningExtension> {
    const started = performance.now();
    const running = new RunningExtension(options);
    const { pack, state, mode, code, timeouts, signal } = options;
    const { capabilities, displayName, enabledApiProposals } = pack.manifest;
    try {
      await running.#bridge.request(
        "activate",
        {
          code,
          id: pack.id,
          version: pack.version,
          displayName: displayName ?? pack.id,
          limpidVersion,
          baseUri: baseUriOf(pack),
          mode,
          domains: [...(capabilities.network?.domains ?? [])],
          pixels: capabilities.pixels !== undefined,
          proposals: [...enabledApiProposals],
          state: state.toJSON(),
          settings: settingsOf(options),
        },
        { timeout: timeouts.activation, signal },
      );
      if (running.#failure !== undefined) throw running.#failure;
      running.#watch();
      return running;
    } catch (error) {
      running.dispose();
      if (LimpidError.is(error, "Aborted")) throw error;
      const hasHung = performance.now() - started >= timeouts.activation;
      throw (
        running.#failure ??
        failure(pack.id, `cannot be activated: ${(error as Error).message}`, error, hasHung)
      );
    }
  }

  /** Tells what an analysis found, if the extension tries the proposal `analysisEvents`. */
  analyzed(degradations: readonly { readonly degradation: string; readonly probability: number }[]): void {
    if (!this.#pack.manifest.enabledApiProposals.includes("analysisEvents")) return;
    const params = degradations.map(({ degradation, probability }) => ({ degradation, probability }));
    this.#bridge.request("analyzed", params).catch(() => undefined);
  }

  /**
   * Takes away all that it registered, so that another version can register it; lets the commands under way end and the
   * code tidy up, for a while, then ends it. Never rejects.
   */
  async deactivate(): Promise<void> {
    this.#contributed.dispose();
    const { deactivation } = this.#timeouts;
    const started = performance.now();
    try {
      await within(Promise.allSettled(this.#executing), deactivation);
      const timeout = Math.max(deactivation - (performance.now() - started), 0);
      await this.#bridge.request("deactivate", undefined, { timeout });
    } catch {
      // What does not end by itself is ended.
    } finally {
      this.dispose();
    }
  }

  /** Ends the worker at once and takes away all that it registered. */
  dispose(): void {
    this.#failed.dispose();
    this.#added.dispose();
  }

  async #execute(id: string, args: readonly unknown[], caller: string | undefined): Promise<unknown> {
    const answer = this.#bridge.request("executeCommand", {
      id,
      args: [...args],
      ...(caller !== undefined && { caller }),
    });
    this.#executing.add(answer);
    try {
      return await answer;
    } catch (error) {
      throw this.#failure ?? error;
    } finally {
      this.#executing.delete(answer);
    }
  }

  /** Asks for a sign of life as long as it runs, whether somebody waits for it or not. */
  #watch(): void {
    const { response } = this.#timeouts;
    this.#added.add(
      watch(
        () => this.#bridge.request("ping", undefined, { timeout: response }),
        response,
        (error) => this.#fail(`hangs: it gave no sign of life for ${response} ms`, error),
      ),
    );
  }

  #fail(reason: string, cause: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure(this.#pack.id, reason, cause, true);
    // The listeners first: disposing forgets them.
    this.#failed.fire(this.#failure);
    this.dispose();
  }
}

/** The host's methods; those for pixels take no bytes without the capability, and their handlers refuse. */
function grantedMethods(pixels: boolean): HostMethods {
  if (pixels) return hostMethods;
  const methods: Record<string, object> = { ...hostMethods };
  for (const name of pixelMethods) methods[name] = { ...hostMethods[name], bytes: 0 };
  return methods as HostMethods;
}

/** The extension's own settings, or those of some keys that are its own. */
function settingsOf(
  { pack, configuration }: Pick<RunningExtensionOptions, "pack" | "configuration">,
  keys?: readonly string[],
): Record<string, boolean | number | string> {
  const own = Object.keys(pack.manifest.contributes.configuration?.properties ?? {});
  const asked = keys === undefined ? own : own.filter((key) => keys.includes(key));
  return Object.fromEntries(
    configuration.list().flatMap(({ key, value }) => (asked.includes(key) ? [[key, value]] : [])),
  );
}

/** Where an extension's files are: the address that it was installed from, or a name that leads nowhere. */
function baseUriOf({ id, version, source }: InstalledPack): string {
  if (/^https?:\/\//.test(source)) return source.endsWith("/") ? source : `${source}/`;
  return `limpid-extension://${id}/${version}/`;
}

/** Waits for something, but not for long. */
async function within(wait: Promise<unknown>, time: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = new Promise<void>((resolve) => (timer = setTimeout(resolve, time)));
  await Promise.race([wait, end]);
  clearTimeout(timer);
}

/** What crashed did not end by itself, such as by an error that it threw. */
function failure(id: string, reason: string, cause: unknown, hasCrashed: boolean): LimpidError {
  return new LimpidError("ExtensionFailed", `the extension ${id} ${reason}`, {
    cause,
    details: { id, ...(hasCrashed && { hasCrashed }) },
  });
}

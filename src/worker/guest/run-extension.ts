import { DisposableStore, LimpidError } from "../../sdk/base/index.js";
import {
  Bridge,
  describeThrown,
  hostMethods,
  workerMethods,
  type BridgeHandlers,
  type BridgePort,
  type WorkerMethods,
} from "../../sdk/bridge/index.js";
import type { ExtensionContext, ExtensionModule } from "../../sdk/extensions/index.js";
import { forwardedConsole } from "./forwarded-console.js";
import { ApiState, makeApi, type WorkerBridge } from "./make-api.js";
import { writeLog } from "./worker-log.js";
import { workerMemento } from "./worker-memento.js";

/** What the engine has for the program. */
export interface GuestPlatform {
  /** Reaches the hosts that were granted. */
  readonly fetch: unknown;
  /** Loads the extension's module. */
  load(): unknown;
  /**
   * Sets who is told of errors that nothing caught.
   *
   * @param listener - told of what was thrown
   */
  onUncaught(listener: (error: unknown) => void): void;
  /**
   * Told of what the extension's code threw, before the page is.
   *
   * @param error - what was thrown
   */
  onFailed(error: unknown): void;
}

/** An extension that runs in this worker. */
interface Running {
  readonly module: ExtensionModule;
  readonly context: ExtensionContext;
  readonly state: ApiState;
}

/** Makes this engine the place of one extension: waits for the host to activate it, and answers until the host ends it. */
export function runExtension(port: BridgePort, platform: GuestPlatform): void {
  const watched = async (run: () => unknown): Promise<unknown> => {
    try {
      return await run();
    } catch (error) {
      platform.onFailed(error);
      throw error;
    }
  };
  let running: Running | undefined;
  const bridge: WorkerBridge = new Bridge({
    port,
    local: workerMethods,
    remote: hostMethods,
    handlers: {
      activate: async (params) => {
        if (running !== undefined)
          throw new LimpidError("InvalidArgument", "this worker has its extension already");
        running = (await watched(() => activate(bridge, params, platform))) as Running;
      },
      deactivate: () => deactivate(running),
      ping: () => undefined,
      executeCommand: ({ id, args, caller }) => {
        const handler = running?.state.commands.get(id);
        if (handler === undefined) throw new LimpidError("UnknownCommand", `there is no command ${id}`);
        return watched(() => handler.apply({ caller }, args));
      },
      settingsChanged: (changed) => {
        const settings = Object.entries(changed);
        for (const [key, value] of settings) running?.state.settings.set(key, value);
        running?.state.settingsChanged.fire({ keys: settings.map(([key]) => key) });
      },
      analyzed: (degradations) => running?.state.analyzed.fire(degradations),
    } satisfies BridgeHandlers<WorkerMethods>,
    // The host never breaks the rules; if it seems to, there is nobody left to tell.
    onBroken: () => undefined,
  });
  platform.onUncaught((error) => writeLog(bridge, "error", `uncaught: ${describeThrown(error)}`));
}

async function activate(
  bridge: WorkerBridge,
  params: Parameters<BridgeHandlers<WorkerMethods>["activate"]>[0],
  platform: GuestPlatform,
): Promise<Running> {
  const { domains, id, version, displayName, baseUri, mode } = params;
  const state = new ApiState(params.settings);
  const globals = {
    console: forwardedConsole((level, text) => writeLog(bridge, level, text)),
    ...(domains.length > 0 && { fetch: platform.fetch }),
  };
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
  }
  const module = (await platform.load()) as ExtensionModule;
  if (typeof module.activate !== "function") {
    throw new LimpidError("ExtensionFailed", `the code of ${id} exports no function activate`);
  }
  const context: ExtensionContext = Object.freeze({
    subscriptions: [],
    globalState: workerMemento(params.state, (key, value) => bridge.request("updateState", { key, value })),
    extensionMode: mode,
    extension: Object.freeze({ id, version, displayName }),
    asAbsoluteUri: (path: string) => absoluteUri(path, baseUri),
  });
  const { limpidVersion, pixels, proposals } = params;
  const prefix = id.slice(0, id.indexOf(".") + 1);
  await module.activate(
    context,
    makeApi(bridge, state, { version: limpidVersion, prefix, pixels, proposals }),
  );
  return { module, context, state };
}

async function deactivate(running: Running | undefined): Promise<void> {
  if (running === undefined) return;
  const store = new DisposableStore();
  for (const subscription of running.context.subscriptions) store.add(subscription);
  try {
    await running.module.deactivate?.();
  } finally {
    store.dispose();
  }
}

function absoluteUri(path: string, baseUri: string): string {
  const url = new URL(path, baseUri);
  if (url.href.startsWith(baseUri)) return url.href;
  throw new LimpidError("InvalidArgument", `${path} leads out of the extension`);
}

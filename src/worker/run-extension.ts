import { DisposableStore, LimpidError } from "../sdk/base/index.js";
import {
  Bridge,
  describeThrown,
  hostMethods,
  workerMethods,
  type BridgeHandlers,
  type BridgePort,
  type WorkerMethods,
} from "../sdk/bridge/index.js";
import type { ExtensionContext, ExtensionModule } from "../sdk/extensions/index.js";
import { forwardedConsole } from "./forwarded-console.js";
import { guardFetch } from "./guarded-fetch.js";
import { ApiState, makeApi, type WorkerBridge } from "./make-api.js";
import { sealGlobals } from "./seal-globals.js";
import { writeLog } from "./worker-log.js";
import { workerMemento } from "./worker-memento.js";

/** What differs between the runtimes that a worker can be in. */
export interface WorkerPlatform {
  /**
   * Makes a loader of modules from the platform's means, before the scope is sealed.
   *
   * @returns loads a module from its code, or from an address
   */
  moduleLoader(): (code: Uint8Array | string) => Promise<unknown>;
  /**
   * Sets who is told of errors that nothing caught.
   *
   * @param listener - told of what was thrown
   */
  onUncaught(listener: (error: unknown) => void): void;
}

/** An extension that runs in this worker. */
interface Running {
  readonly module: ExtensionModule;
  readonly context: ExtensionContext;
  readonly state: ApiState;
}

/**
 * Makes this worker the place of one extension: waits for the host to activate it, and answers until the host ends it.
 *
 * @param port - the way to the host
 * @param platform - what differs between browsers and Node
 */
export function runExtension(port: BridgePort, platform: WorkerPlatform): void {
  let running: Running | undefined;
  const bridge: WorkerBridge = new Bridge({
    port,
    local: workerMethods,
    remote: hostMethods,
    handlers: {
      activate: async (params) => {
        if (running !== undefined)
          throw new LimpidError("InvalidArgument", "this worker has its extension already");
        running = await activate(bridge, params, platform);
      },
      deactivate: () => deactivate(running),
      ping: () => undefined,
      executeCommand: ({ id, args, caller }) => {
        const handler = running?.state.commands.get(id);
        if (handler === undefined) throw new LimpidError("UnknownCommand", `there is no command ${id}`);
        return handler.apply({ caller }, args);
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
  platform: WorkerPlatform,
): Promise<Running> {
  const { domains, id, version, displayName, baseUri, mode } = params;
  const state = new ApiState(params.settings);
  const load = platform.moduleLoader();
  sealGlobals({
    fetch: domains.length === 0 ? undefined : guardFetch(domains),
    console: forwardedConsole((level, text) => writeLog(bridge, level, text)),
  });
  const module = (await load(params.code)) as ExtensionModule;
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

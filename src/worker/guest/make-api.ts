import { EventEmitter, LimpidError, toDisposable } from "../../sdk/base/index.js";
import { describeThrown, type Bridge, type HostMethods, type WorkerMethods } from "../../sdk/bridge/index.js";
import type {
  CommandHandler,
  ConfigurationChange,
  ExtensionPixels,
  LimpidApi,
  SettingValue,
} from "../../sdk/extensions/index.js";
import type { DegradationProbability } from "../../sdk/router/index.js";
import { writeLog } from "./worker-log.js";

/** The worker's end of the bridge. */
export type WorkerBridge = Bridge<WorkerMethods, HostMethods>;

/** What the worker keeps for the extension's code, and its handlers use. */
export class ApiState {
  /** The commands that were registered. */
  readonly commands = new Map<string, CommandHandler>();
  /** The extension's settings. */
  readonly settings: Map<string, SettingValue>;
  /** Fired for new values of them. */
  readonly settingsChanged = new EventEmitter<ConfigurationChange>();
  /** Fired after an analysis. */
  readonly analyzed = new EventEmitter<readonly DegradationProbability[]>();

  /**
   * @param settings - the settings' values
   */
  constructor(settings: Readonly<Record<string, SettingValue>>) {
    this.settings = new Map(Object.entries(settings));
  }
}

/** What the extension was granted. */
export interface ApiGrants {
  /** The version of Limpid. */
  readonly version: string;
  /** What the names of its commands and context keys begin with: its publisher and a dot. */
  readonly prefix: string;
  /** Whether it sees pictures. */
  readonly pixels: boolean;
  /** The proposals that it tries. */
  readonly proposals: readonly string[];
}

/** Makes what an extension's `activate` is given. */
export function makeApi(bridge: WorkerBridge, state: ApiState, grants: ApiGrants): LimpidApi {
  const { commands, settings } = state;
  return Object.freeze({
    version: grants.version,
    commands: Object.freeze({
      register(id: string, handler: CommandHandler) {
        if (typeof handler !== "function")
          throw new LimpidError("InvalidArgument", "a command takes a function");
        if (typeof id !== "string" || !id.startsWith(grants.prefix)) {
          throw new LimpidError(
            "InvalidArgument",
            `a command of this extension begins with ${grants.prefix}`,
          );
        }
        if (commands.has(id))
          throw new LimpidError("InvalidArgument", `a command ${id} is registered already`);
        commands.set(id, handler);
        bridge.request("registerCommand", { id }).catch((error: unknown) => {
          commands.delete(id);
          writeLog(bridge, "error", describeThrown(error));
        });
        return toDisposable(() => {
          if (commands.delete(id)) bridge.request("unregisterCommand", { id }).catch(() => undefined);
        });
      },
      execute: (id: string, ...args: readonly unknown[]) =>
        bridge.request("executeCommand", { id, args: [...args] }),
    }),
    contextKeys: Object.freeze({
      set: (key: string, value: Parameters<LimpidApi["contextKeys"]["set"]>[1]) =>
        bridge.request("setContext", { key, value: Array.isArray(value) ? [...(value as [])] : value } as {
          key: string;
        }),
    }),
    configuration: Object.freeze({
      onDidChange: state.settingsChanged.event,
      get(key: string) {
        const value = settings.get(key);
        if (value === undefined)
          throw new LimpidError("UnknownSetting", `the manifest declares no setting ${key}`);
        return value;
      },
      update: (key: string, value: SettingValue | undefined) =>
        bridge.request("updateSetting", { key, value }),
    }),
    experts: Object.freeze({ list: () => bridge.request("listExperts", undefined) }),
    withProgress: progressOf(bridge),
    ...(grants.pixels ? { pixels: makePixels(bridge) } : {}),
    ...(grants.proposals.includes("analysisEvents")
      ? { analysis: Object.freeze({ onDidAnalyze: state.analyzed.event }) }
      : {}),
  });
}

/** Tasks that the editor shows, under numbers that rise. */
function progressOf(bridge: WorkerBridge): LimpidApi["withProgress"] {
  let last = 0;
  return async ({ title }, task) => {
    const id = ++last;
    const controller = new AbortController();
    const shown = bridge.request("showProgress", { id, title }).then((outcome) => {
      if (outcome === "cancelled") controller.abort();
    });
    // What fails is told at the end.
    shown.catch(() => undefined);
    try {
      return await task({
        signal: controller.signal,
        report: ({ fraction, message }) => {
          bridge
            .request("reportProgress", { id, fraction, message })
            .catch((error: unknown) => writeLog(bridge, "error", describeThrown(error)));
        },
      });
    } finally {
      await bridge.request("endProgress", { id });
      await shown;
    }
  };
}

function makePixels(bridge: WorkerBridge): ExtensionPixels {
  return Object.freeze({
    read: () => bridge.request("readImage", undefined) as ReturnType<ExtensionPixels["read"]>,
    write: (image) => bridge.request("writeImage", image),
    analyze: (image) => bridge.request("analyze", image),
    restore: (image, { signal, experts, strength } = {}) =>
      bridge.request(
        "restore",
        {
          image,
          experts: typeof experts === "object" ? experts.map((choice) => ({ ...choice })) : experts,
          strength,
        },
        { signal },
      ) as ReturnType<ExtensionPixels["restore"]>,
  } satisfies ExtensionPixels);
}

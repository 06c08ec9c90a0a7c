import type { Disposable, Event } from "../base/index.js";
import type { ChannelCount, ColorSpace } from "../image/index.js";
import type { AppliedExpert, ExpertChoice } from "../restore/index.js";
import type { DegradationProbability } from "../router/index.js";
import type { CommandHandler } from "./commands.js";
import type { ConfigurationChange } from "./configuration.js";
import type { ContextValue } from "./context-value.js";
import type { SettingValue } from "./setting.js";

/** In what circumstances an extension runs: `production` unless the application says otherwise. */
export type ExtensionMode = "production" | "development" | "test";

/**
 * The code of an extension: what the module named by `browser` in its manifest exports. It runs in a worker of its own,
 * and reaches nothing but what {@link ExtensionModule.activate} is given.
 *
 * @example
 * ```ts
 * import type { ExtensionContext, LimpidApi } from "limpid";
 *
 * export function activate(context: ExtensionContext, api: LimpidApi): void {
 *   context.subscriptions.push(api.commands.register("acme.greet", (name) => `Hello ${String(name)}`));
 * }
 * ```
 */
export interface ExtensionModule {
  /**
   * Called once, when the first of its activation events fires.
   *
   * @param context - of this extension
   * @param api - what its capabilities grant
   */
  activate(context: ExtensionContext, api: LimpidApi): unknown;
  /** Called before the worker ends; there is a second or two for it. */
  deactivate?(): unknown;
}

/** What one extension has of its own. */
export interface ExtensionContext {
  /** Disposed, the last first, when the extension is deactivated. */
  readonly subscriptions: Pick<Disposable, "dispose">[];
  /** What the extension remembers from one activation to the next. */
  readonly globalState: Memento;
  /** In what circumstances it runs. */
  readonly extensionMode: ExtensionMode;
  /** The extension itself. */
  readonly extension: {
    /** Such as `acme.limpid-tools`. */
    readonly id: string;
    /** Semantic version. */
    readonly version: string;
    readonly displayName: string;
  };
  /**
   * The address of a file of the extension. To read it takes the capability `network` for its host.
   *
   * @param relativePath - inside the extension
   * @returns an absolute URL
   * @throws {@link LimpidError} `InvalidArgument` if the path leads out of the extension
   */
  asAbsoluteUri(relativePath: string): string;
}

/** Values by name that outlive the page, as far as the application's storage does. */
export interface Memento {
  /** The names that have a value. */
  readonly keys: readonly string[];
  /**
   * A value.
   *
   * @param key - its name
   * @returns undefined if there is none
   */
  get(key: string): unknown;
  /**
   * Changes a value.
   *
   * @param key - its name, at most 256 characters
   * @param value - JSON; undefined removes it. All values of an extension together may have 1 MiB of text
   * @returns resolves once it is stored, or the storage has refused it
   */
  update(key: string, value: unknown): Promise<void>;
}

/** What code in an extension's worker can do. Calls go to the page and back: they return promises. */
export interface LimpidApi {
  /** The version of Limpid. */
  readonly version: string;
  /** Verbs that menus and keyboards call. */
  readonly commands: {
    /**
     * Registers a command.
     *
     * @param id - begins with the extension's publisher and a dot
     * @param handler - does it; arguments and result are plain data, and `this.caller` is the id of the extension that
     * executes it, undefined if the application or a person does
     * @returns takes the command away
     * @throws {@link LimpidError} `InvalidArgument` if the id is none, another publisher's, or registered already
     */
    register(id: string, handler: CommandHandler): Disposable;
    /**
     * Executes a command: of this extension; of one that was granted no more than this one; of Limpid, with the capability
     * `pixels`; or of the application, if it lets extensions execute it.
     *
     * @param id - the command
     * @param args - plain data
     * @returns what its handler returns, if it is plain data
     * @throws {@link LimpidError} `CapabilityMissing` if it may not
     */
    execute(id: string, ...args: readonly unknown[]): Promise<unknown>;
  };
  /** What `when` clauses are held against. */
  readonly contextKeys: {
    /**
     * Sets a context key.
     *
     * @param key - begins with the extension's publisher and a dot
     * @param value - undefined takes the key away
     */
    set(key: string, value: ContextValue | undefined): Promise<void>;
  };
  /** The extension's own settings. */
  readonly configuration: {
    /** Fired after values of them changed. */
    readonly onDidChange: Event<ConfigurationChange>;
    /**
     * A setting's value.
     *
     * @param key - one that the extension's manifest declares
     * @throws {@link LimpidError} `UnknownSetting`
     */
    get(key: string): SettingValue;
    /**
     * Changes a setting.
     *
     * @param key - one that the extension's manifest declares
     * @param value - undefined goes back to the default
     */
    update(key: string, value: SettingValue | undefined): Promise<void>;
  };
  /** The experts that are installed. */
  readonly experts: {
    /** Ids and degradations. */
    list(): Promise<readonly ExtensionExpert[]>;
  };
  /**
   * Runs a task while the editor shows that it runs, so that people see how far it is and can cancel it. Where the editor shows
   * nothing the task runs all the same. At most 16 run at a time.
   *
   * @param options - what people read, at most 200 characters
   * @param task - reports how far it is, and ends early once `signal` fires
   * @returns what the task returns
   * @throws what the task throws
   */
  withProgress<T>(
    options: { readonly title: string },
    task: (progress: ExtensionProgress) => Promise<T>,
  ): Promise<T>;
  /** The pictures of the person who edits; undefined without the capability `pixels`. */
  readonly pixels?: ExtensionPixels;
  /** What analyses find; undefined unless `enabledApiProposals` has `analysisEvents`. */
  readonly analysis?: {
    /** Fired after Limpid analysed an image: each degradation with its probability, the most probable first. */
    readonly onDidAnalyze: Event<readonly DegradationProbability[]>;
  };
}

/** How a task under way is told of, see {@link LimpidApi.withProgress}. */
export interface ExtensionProgress {
  /** Fires when people cancel the task. */
  readonly signal: AbortSignal;
  /**
   * Says how far the task is.
   *
   * @param progress - `fraction` from 0 to 1, and what it does now, at most 200 characters
   */
  report(progress: { readonly fraction?: number; readonly message?: string }): void;
}

/** An expert, as extensions see it. */
export interface ExtensionExpert {
  /** Such as `limpid.derain`. */
  readonly id: string;
  /** The degradations that it repairs. */
  readonly degradations: readonly string[];
}

/** An image in an extension's worker. */
export interface ExtensionImage {
  readonly width: number;
  readonly height: number;
  /** Interleaved channels per pixel: 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha. */
  readonly channels: ChannelCount;
  /** Samples, interleaved, row-major, straight alpha: 0..255, 0..65535, or 0..1 as floats. */
  readonly data: Uint8Array | Uint16Array | Float32Array;
  /** How the numbers are to be read; sRGB if left out. */
  readonly colorSpace?: ColorSpace | undefined;
  /** The ICC profile, if there is one. */
  readonly iccProfile?: Uint8Array | undefined;
}

/** A restored image, as extensions get it. */
export interface ExtensionRestoreResult {
  readonly image: ExtensionImage;
  /** What was wrong with it. */
  readonly degradations: readonly DegradationProbability[];
  /** The experts that ran. */
  readonly mixture: readonly AppliedExpert[];
  /** The backend that ran. */
  readonly backend: string;
}

/** What the capability `pixels` grants. */
export interface ExtensionPixels {
  /**
   * Takes the pixels of what is active in the editor.
   *
   * @throws {@link LimpidError} `BackendUnavailable`-like codes of the editor; `InvalidArgument` if Limpid runs without one
   */
  read(): Promise<ExtensionImage>;
  /**
   * Puts an image in the place of the one that was read last, as one step of the editor's undo.
   *
   * @param image - of the same size
   */
  write(image: ExtensionImage): Promise<void>;
  /**
   * Says what is wrong with an image.
   *
   * @param image - any image
   * @returns each degradation with its probability, the most probable first
   */
  analyze(image: ExtensionImage): Promise<readonly DegradationProbability[]>;
  /**
   * Repairs an image.
   *
   * @param image - any image
   * @param options - experts, strength, and a signal that gives up
   * @returns a new image, and how it came about
   */
  restore(
    image: ExtensionImage,
    options?: {
      /** `"auto"`, the default, lets the router choose. */
      readonly experts?: "auto" | readonly ExpertChoice[];
      /** How much of the repair is applied, 0 to 1. */
      readonly strength?: number;
      /** Gives up when it fires. */
      readonly signal?: AbortSignal;
    },
  ): Promise<ExtensionRestoreResult>;
}

/** The proposals for the API that can be tried. */
export const apiProposals: readonly string[] = ["analysisEvents"];

import { EventEmitter, LimpidError, toDisposable, type Disposable, type Event } from "../base/index.js";
import type { ContributedConfiguration, ContributedSetting } from "../packs/index.js";
import type { ContextKeys } from "./context-keys.js";
import { faultOfSetting, requireSetting, type SettingValue } from "./setting.js";
import type { StoredDocument } from "./stored-document.js";

/** What changed in {@link Configuration}. */
export interface ConfigurationChange {
  /** The keys whose values changed, or that came or went. */
  readonly keys: readonly string[];
}

/** A setting, as a settings page would show it. */
export interface SettingDescription extends ContributedSetting {
  /** Its key, such as `acme.maximumSize`. */
  readonly key: string;
  /** What people read above the settings of its extension. */
  readonly section: string;
  /** Id of the extension that declares it; undefined if the application does. */
  readonly owner: string | undefined;
  readonly value: SettingValue;
}

interface Declared {
  readonly setting: ContributedSetting;
  readonly section: string;
  readonly owner: string | undefined;
}

/**
 * The settings of one Limpid: declared with type and default by extensions, changed by people. A `when` clause reads the
 * value of `acme.mode` as `config.acme.mode`.
 *
 * @example
 * ```ts
 * await limpid.configuration.update("acme.maximumSize", 2048);
 * limpid.configuration.onDidChange(({ keys }) => keys.includes("acme.maximumSize") && redraw());
 * ```
 */
export class Configuration implements Disposable {
  readonly [Symbol.dispose] = (): void => this.dispose();
  /** Fired after values changed, or settings came or went. */
  readonly onDidChange: Event<ConfigurationChange>;
  readonly #changed = new EventEmitter<ConfigurationChange>();
  readonly #declared = new Map<string, Declared>();
  readonly #document: StoredDocument;
  readonly #contextKeys: ContextKeys;

  /**
   * @param document - the values that differ from their defaults
   * @param contextKeys - told of every value
   */
  constructor(document: StoredDocument, contextKeys: ContextKeys) {
    this.#document = document;
    this.#contextKeys = contextKeys;
    this.onDidChange = this.#changed.event;
  }

  /** What the storage refused last: values then last as long as the instance. Undefined if it works. */
  get storageFailure(): unknown {
    return this.#document.failure;
  }

  /**
   * Declares settings. A value that was stored before and is no longer allowed is passed over for the default.
   *
   * @param configuration - title and settings
   * @param owner - the extension that brings them; nobody, if left out
   * @returns takes them away; their stored values stay, for the next time
   * @throws {@link LimpidError} `InvalidArgument` if a key is taken or a default is none of its own values
   */
  declare(configuration: ContributedConfiguration, owner?: string): Disposable {
    const settings = Object.entries(configuration.properties);
    for (const [key, setting] of settings) {
      if (this.#declared.has(key)) {
        throw new LimpidError("InvalidArgument", `a setting ${key} is declared already`, {
          details: { key },
        });
      }
      requireSetting(key, setting);
    }
    const keys = settings.map(([key]) => key);
    for (const [key, setting] of settings) {
      this.#declared.set(key, { setting, section: configuration.title, owner });
      this.#contextKeys.set(`config.${key}`, this.get(key));
    }
    this.#changed.fire({ keys });
    return toDisposable(() => {
      for (const key of keys) {
        this.#declared.delete(key);
        this.#contextKeys.set(`config.${key}`, undefined);
      }
      this.#changed.fire({ keys });
    });
  }

  /**
   * A setting's value.
   *
   * @param key - such as `acme.maximumSize`
   * @returns what was set, else the default
   * @throws {@link LimpidError} `UnknownSetting`
   */
  get(key: string): SettingValue {
    const { setting } = this.#require(key);
    const stored = this.#document.get(key);
    return stored === undefined || faultOfSetting(setting, stored) !== undefined
      ? setting.default
      : (stored as SettingValue);
  }

  /**
   * Changes a setting.
   *
   * @param key - such as `acme.maximumSize`
   * @param value - of its type and within its limits; undefined goes back to the default
   * @returns resolves once it is stored, or the storage has refused it: see {@link Configuration.storageFailure}. The new
   * value holds at once
   * @throws {@link LimpidError} `UnknownSetting`; `InvalidArgument` with what is expected
   */
  async update(key: string, value: SettingValue | undefined): Promise<void> {
    const { setting } = this.#require(key);
    const fault = value === undefined ? undefined : faultOfSetting(setting, value);
    if (fault !== undefined) {
      throw new LimpidError("InvalidArgument", `the setting ${key} ${fault}`, { details: { key, value } });
    }
    const before = this.get(key);
    const written = this.#document.set(key, value === setting.default ? undefined : value);
    const after = this.get(key);
    if (after !== before) {
      this.#contextKeys.set(`config.${key}`, after);
      this.#changed.fire({ keys: [key] });
    }
    await written;
  }

  /**
   * Forgets what was set, as when an extension is uninstalled.
   *
   * @internal
   * @param keys - of the settings, declared or not
   */
  async forget(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      if (this.#declared.has(key)) await this.update(key, undefined);
      else if (this.#document.get(key) !== undefined) await this.#document.set(key, undefined);
    }
  }

  /** All settings, by key. */
  list(): readonly SettingDescription[] {
    return [...this.#declared.keys()].sort().map((key) => {
      const { setting, section, owner } = this.#require(key);
      return { ...setting, key, section, owner, value: this.get(key) };
    });
  }

  /** Forgets settings and listeners; what is stored stays. */
  dispose(): void {
    this.#declared.clear();
    this.#changed.dispose();
  }

  #require(key: string): Declared {
    const declared = this.#declared.get(key);
    if (declared !== undefined) return declared;
    throw new LimpidError("UnknownSetting", `there is no setting ${key}`, { details: { key } });
  }
}

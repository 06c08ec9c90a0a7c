/**
 * The types that the code of an extension is written against. They vanish when it is compiled: at run time an extension gets
 * all it may use from its {@link ExtensionContext}.
 *
 * @module limpid/extension
 */
export type {
  ConfigurationChange,
  ExtensionContext,
  ExtensionExpert,
  ExtensionImage,
  ExtensionMode,
  ExtensionModule,
  ExtensionPixels,
  ExtensionProgress,
  ExtensionRestoreResult,
  LimpidApi,
  Memento,
  SettingValue,
} from "./extensions/index.js";
export type { Disposable, Event } from "./base/index.js";
export type { DegradationProbability } from "./router/index.js";
export type { ExtensionManifest } from "./packs/index.js";

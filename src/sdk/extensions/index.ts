/**
 * Extensions: what they contribute, when their code starts, and what it may do. Commands, menus, settings and context keys
 * live here, for applications too.
 */
export {
  Commands,
  type CommandCall,
  type CommandDescription,
  type CommandExecution,
  type CommandHandler,
  type CommandPresentation,
} from "./commands.js";
export { Configuration, type ConfigurationChange, type SettingDescription } from "./configuration.js";
export { ContextKeys, type ContextChange } from "./context-keys.js";
export type { ContextLookup, ContextValue } from "./context-value.js";
export type {
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
} from "./extension-api.js";
export { ExtensionBisect } from "./extension-bisect.js";
export type { EditorPixels, ExtensionServices } from "./extension-services.js";
export {
  extensionWorkersFromUrl,
  type ExtensionWorker,
  type ExtensionWorkerFactory,
  type ExtensionWorkerOptions,
} from "./extension-worker.js";
export type { Extension, ExtensionActivation, ExtensionState } from "./extension.js";
export { Extensions, type ExtensionOptions, type ExtensionsChange } from "./extensions.js";
export { findImport } from "./find-import.js";
export type { ExtensionLogLine } from "./host-handlers.js";
export { memoryStorage, webStorage, type KeyValueStorage } from "./key-value-storage.js";
export { Menus, type MenuContribution, type MenuItem } from "./menus.js";
export type { ExtensionTimeouts } from "./running-extension.js";
export type { SettingValue } from "./setting.js";
export { StoredDocument } from "./stored-document.js";
export { parseWhen, WhenExpression } from "./when/index.js";

export {
  Commands,
  type CommandDescription,
  type CommandExecution,
  type CommandHandler,
  type CommandPresentation,
} from "./commands.js";
export { Configuration, type ConfigurationChange, type SettingDescription } from "./configuration.js";
export { ContextKeys, type ContextChange } from "./context-keys.js";
export type { ContextLookup, ContextValue } from "./context-value.js";
export { memoryStorage, webStorage, type KeyValueStorage } from "./key-value-storage.js";
export { Menus, type MenuContribution, type MenuItem } from "./menus.js";
export { faultOfSetting, type SettingValue } from "./setting.js";
export { StoredDocument } from "./stored-document.js";
export { LinearPattern, parseWhen, WhenExpression } from "./when/index.js";

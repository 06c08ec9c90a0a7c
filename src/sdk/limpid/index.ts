export { createLimpid } from "./create-limpid.js";
export {
  Diagnostics,
  type DiagnosticsContext,
  type DiagnosticsReport,
  type ExtensionReport,
} from "./diagnostics.js";
export type { ExtensionParts } from "./extension-parts.js";
export { Limpid, type LimpidParts } from "./limpid.js";
export type { LimpidOptions } from "./options.js";

export { createLimpid } from "./create-limpid.js";
export { Diagnostics, type DiagnosticsReport, type ExtensionReport } from "./diagnostics.js";
export { Limpid } from "./limpid.js";
export type { LimpidOptions } from "./options.js";

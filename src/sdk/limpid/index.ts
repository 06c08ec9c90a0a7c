export { composeLimpid, createLimpid } from "./create-limpid.js";
export { Diagnostics, type DiagnosticsReport, type ExtensionReport } from "./diagnostics.js";
export { serveEngine } from "./engine/index.js";
export type { Limpid } from "./limpid.js";
export type { LimpidOptions } from "./options.js";

/**
 * `createLimpid` and what it makes: the engine, in a worker wherever that is possible, with packs, extensions and hosts
 * around it.
 */
export { composeLimpid, createLimpid } from "./create-limpid.js";
export { Diagnostics, type DiagnosticsReport, type ExtensionReport } from "./diagnostics.js";
export { serveEngine } from "./engine/index.js";
export type { Limpid } from "./limpid.js";
export type { LimpidOptions } from "./options.js";

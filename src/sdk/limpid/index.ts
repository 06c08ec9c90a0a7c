export { createLimpid } from "./create-limpid.js";
export { Limpid, type LimpidParts } from "./limpid.js";
export type { LimpidOptions } from "./options.js";

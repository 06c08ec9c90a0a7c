export { LimpidError, type LimpidErrorCode, type LimpidErrorOptions } from "./error.js";

/** The engine for the page's own thread. A module of its own, so that a page with a worker does not load it. */
export { createLimpid, modelFromFiles } from "../../../sdk/index.js";

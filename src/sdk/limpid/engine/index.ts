/**
 * The engine of a Limpid: a model and what computes with it, in a worker of a page or on the calling thread. Limpid's other parts
 * stay on the calling thread, whose editor, consent and storage they need.
 */
export { Engine, type StartWorker } from "./engine.js";
export { serveEngine } from "./serve-engine.js";

/**
 * The sandbox's side of a Figma plugin: ECMAScript 2017, without a DOM, with everything in it.
 *
 * @module limpid/figma/main
 */
export type { FigmaGlobal } from "./figma-global.js";
export { serveFigma, type FigmaPage, type ServeFigmaOptions } from "./serve-figma.js";
export type { RelaunchData } from "./write-layers.js";

/**
 * Figma as a host, for the page of a plugin. Its sandbox runs `limpid/figma/main`.
 *
 * @module limpid/figma
 */
export { connectFigma, type ConnectFigmaOptions } from "./connect-figma.js";
export { PanelHost, type HostPanel } from "../../sdk/host/index.js";
export { figmaOrigin, type FigmaAddress } from "./endpoint.js";
export {
  FigmaHost,
  type FigmaCaptureOptions,
  type FigmaCommit,
  type FigmaCommitOptions,
  type FigmaFill,
  type FigmaHostOptions,
  type FigmaLaunch,
  type FigmaOversize,
  type FigmaSelection,
} from "./figma-host.js";
export type { RestoreOutcome, RestoreSeveralOptions } from "../frame/index.js";
export { restoreFills, type RestoredFill, type RestoreFillsOptions } from "./restore-fills.js";
export type { FigmaSessionOptions } from "./session.js";

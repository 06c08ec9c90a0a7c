/**
 * What Limpid needs of an editor: to take pixels out, and to bring a result back as one step of undo. The adapters
 * implement it.
 */
export type { HostCapabilities } from "./capabilities.js";
export { captureTargets, type Capture, type CaptureOptions, type CaptureTarget } from "./capture.js";
export { HostCommandList } from "./command-list.js";
export { commitModes, type Commit, type CommitMode, type CommitOptions } from "./commit.js";
export type { EditorHost } from "./editor-host.js";
export { fitResult, type FittedResult } from "./fit-result.js";
export { HeadlessHost, type HeadlessHostOptions } from "./headless-host.js";
export type { HeadlessLayer, HeadlessLayerInit } from "./headless-layer.js";
export type {
  HostChoice,
  HostCommand,
  HostMenu,
  HostMenuItem,
  HostNotification,
  HostProgress,
  HostProgressOptions,
  HostProgressReporter,
  HostQuestion,
  HostSelection,
} from "./interaction.js";
export { PanelHost, type HostPanel } from "./panel-host.js";
export {
  composeTransforms,
  identityTransform,
  invertTransform,
  resizePlacement,
  transformPoint,
  type Placement,
  type Point,
  type Transform,
} from "./placement.js";
export { resolveCommitMode } from "./resolve-mode.js";
export { runOnHost, type HostRun, type Restorer, type RestoreOnOptions } from "./run-on-host.js";
export { boundsOfMask, maskOfRect, resizeMask } from "./selection-mask.js";

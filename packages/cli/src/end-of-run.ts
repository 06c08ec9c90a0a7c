import type { LimpidErrorCode } from "limpid";

/** Failures that every further file of a run would share. */
export const endOfRun: readonly LimpidErrorCode[] = [
  "Aborted",
  "BackendUnavailable",
  "DeviceLost",
  "DiskFull",
  "Disposed",
  "ExpertMismatch",
  "InvalidConfig",
  "InvalidTensorFile",
  "InvalidTileSize",
  "UnknownExpert",
  "WeightsCorrupt",
  "WeightsMissing",
];

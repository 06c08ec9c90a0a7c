/**
 * The restoration network: its config, its parameters and its forward pass in tfjs ops. It is the reference that the fast
 * executors are compared with.
 */
export {
  backboneStride,
  validateBackboneConfig,
  type BackboneConfig,
  type ModulatorConfig,
} from "./config.js";
export { convolvePatches, type Convolution } from "./convolution.js";
export { deviceShape, toDeviceLayout } from "./device-layout.js";
export { runBackbone, runBackboneInSteps, type RunBackboneOptions } from "./forward.js";
export { gelu } from "./gelu.js";
export { registerGradientKernels } from "./gradient-kernels.js";
export { isSameShape, matchTensors, type NeededTensor } from "./match-tensors.js";
export { computeModulation, Modulation, type StageModulation, type StageModulations } from "./modulation.js";
export { normalizeChannels } from "./normalize.js";
export {
  listBackboneParameters,
  listStages,
  type BackboneParameter,
  type BackboneStage,
  type ParameterKind,
} from "./parameters.js";
export {
  globalPooling,
  localPooling,
  recordedPooling,
  recordingPooling,
  type AttentionPooling,
} from "./pooling.js";
export {
  prepareBackbone,
  PreparedBackbone,
  type BiasedConvolution,
  type GatedConvolution,
  type PreparedBlock,
  type PreparedDecoder,
  type PreparedEncoder,
  type PreparedLayers,
  type PreparedModulator,
  type PreparedStage,
} from "./prepare.js";
export { inferPublishedConfig } from "./published-config.js";
export { countTensorBytes } from "./tensor-container.js";
export { BackboneWeights, type WeightLookup } from "./weights.js";

import type { KernelConfig } from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-webgpu/dist/flags_webgpu.js";
import { addConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/Add.js";
import { addNConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/AddN.js";
import { avgPoolConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/AvgPool.js";
import { batchMatMulConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/BatchMatMul.js";
import { castConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/Cast.js";
import { concatConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/Concat.js";
import { conv2DConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/Conv2D.js";
import { depthToSpaceConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/DepthToSpace.js";
import { depthwiseConv2dNativeConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/DepthwiseConv2dNative.js";
import { erfConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/Erf.js";
import { expConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/Exp.js";
import { expandDimsConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/ExpandDims.js";
import { fusedConv2DConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/FusedConv2D.js";
import { fusedDepthwiseConv2DConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/FusedDepthwiseConv2D.js";
import { identityConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/Identity.js";
import { maxConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/Max.js";
import { meanConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/Mean.js";
import { multiplyConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/Multiply.js";
import { negConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/Neg.js";
import { packConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/Pack.js";
import { padV2Config } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/PadV2.js";
import { realDivConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/RealDiv.js";
import { reluConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/Relu.js";
import { reshapeConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/Reshape.js";
import { reverseConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/Reverse.js";
import { rsqrtConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/Rsqrt.js";
import { sigmoidConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/Sigmoid.js";
import { sliceConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/Slice.js";
import { softmaxConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/Softmax.js";
import { splitVConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/SplitV.js";
import { sqrtConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/Sqrt.js";
import { squareConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/Square.js";
import { stridedSliceConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/StridedSlice.js";
import { subConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/Sub.js";
import { sumConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/Sum.js";
import { tileConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/Tile.js";
import { transposeConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/Transpose.js";
import { _fusedMatMulConfig } from "@tensorflow/tfjs-backend-webgpu/dist/kernels/_FusedMatMul.js";

export { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu/dist/backend_webgpu.js";

/** tfjs's kernels for WebGPU that the networks of this package use when they run, of some hundred and fifty. */
export const kernels: readonly KernelConfig[] = [
  addConfig,
  addNConfig,
  avgPoolConfig,
  batchMatMulConfig,
  castConfig,
  concatConfig,
  conv2DConfig,
  depthToSpaceConfig,
  depthwiseConv2dNativeConfig,
  erfConfig,
  expConfig,
  expandDimsConfig,
  fusedConv2DConfig,
  fusedDepthwiseConv2DConfig,
  identityConfig,
  maxConfig,
  meanConfig,
  multiplyConfig,
  negConfig,
  packConfig,
  padV2Config,
  realDivConfig,
  reluConfig,
  reshapeConfig,
  reverseConfig,
  rsqrtConfig,
  sigmoidConfig,
  sliceConfig,
  softmaxConfig,
  splitVConfig,
  sqrtConfig,
  squareConfig,
  stridedSliceConfig,
  subConfig,
  sumConfig,
  tileConfig,
  transposeConfig,
  _fusedMatMulConfig,
];

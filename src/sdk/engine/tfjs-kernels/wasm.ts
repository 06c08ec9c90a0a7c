import type { KernelConfig } from "@tensorflow/tfjs-core";
import { addConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Add.js";
import { addNConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/AddN.js";
import { avgPoolConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/AvgPool.js";
import { batchMatMulConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/BatchMatMul.js";
import { castConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Cast.js";
import { concatConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Concat.js";
import { conv2DConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Conv2D.js";
import { depthToSpaceConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/DepthToSpace.js";
import { depthwiseConv2dNativeConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/DepthwiseConv2dNative.js";
import { erfConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Erf.js";
import { expConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Exp.js";
import { expandDimsConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/ExpandDims.js";
import { fusedConv2DConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/FusedConv2D.js";
import { fusedDepthwiseConv2DConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/FusedDepthwiseConv2D.js";
import { identityConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Identity.js";
import { maxConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Max.js";
import { meanConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Mean.js";
import { multiplyConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Multiply.js";
import { negConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Neg.js";
import { packConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Pack.js";
import { padV2Config } from "@tensorflow/tfjs-backend-wasm/dist/kernels/PadV2.js";
import { realDivConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/RealDiv.js";
import { reluConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Relu.js";
import { reshapeConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Reshape.js";
import { reverseConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Reverse.js";
import { rsqrtConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Rsqrt.js";
import { sigmoidConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Sigmoid.js";
import { sliceConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Slice.js";
import { softmaxConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Softmax.js";
import { splitVConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/SplitV.js";
import { sqrtConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Sqrt.js";
import { squareConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Square.js";
import { stridedSliceConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/StridedSlice.js";
import { subConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Sub.js";
import { sumConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Sum.js";
import { tileConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Tile.js";
import { transposeConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Transpose.js";
import { _fusedMatMulConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/_FusedMatMul.js";

export { setWasmPaths } from "@tensorflow/tfjs-backend-wasm/dist/base.js";

/** tfjs's kernels for WebAssembly that the networks of this package use when they run, of some hundred and fifty. */
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

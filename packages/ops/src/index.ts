/**
 * @prewitt/ops: what convolutional networks are made of. Images are [N, C, H, W], weights [O, I, KH, KW].
 */

import type { Op } from "@prewitt/core";
import { geluOp } from "./activation/gelu.ts";
import { leakyReluOp } from "./activation/leaky-relu.ts";
import { logSigmoidOp } from "./activation/log-sigmoid.ts";
import { reluOp } from "./activation/relu.ts";
import { siluOp } from "./activation/silu.ts";
import { softplusOp } from "./activation/softplus.ts";
import { conv2dInputGradientOp, conv2dOp, conv2dWeightGradientOp } from "./conv/conv2d.ts";
import { dropoutOp } from "./dropout.ts";
import { bceWithLogitsOp } from "./loss/bce-with-logits.ts";
import { crossEntropyOp } from "./loss/cross-entropy.ts";
import { mseOp } from "./loss/mse.ts";
import { batchNormOp } from "./norm/batch-norm.ts";
import { centredSumsOp } from "./norm/centred-sums.ts";
import { groupNormOp } from "./norm/group-norm.ts";
import { layerNormOp } from "./norm/layer-norm.ts";
import { standardizeOp } from "./norm/standardize.ts";
import { avgPool2dOp, avgPoolGradOp } from "./pool/avg-pool2d.ts";
import { maxPool2dOp, maxPoolGradOp, maxPoolTakeOp } from "./pool/max-pool2d.ts";
import { logSoftmaxOp } from "./softmax/log-softmax.ts";
import { logSumExpOp } from "./softmax/log-sum-exp.ts";
import { softmaxOp } from "./softmax/softmax.ts";

export { oneHot, sigmoid, tanh } from "@prewitt/core";
export { type GeluOptions, gelu, geluOp } from "./activation/gelu.ts";
export { type LeakyReluOptions, leakyRelu, leakyReluOp } from "./activation/leaky-relu.ts";
export { logSigmoid, logSigmoidOp } from "./activation/log-sigmoid.ts";
export { relu, reluOp } from "./activation/relu.ts";
export { silu, siluOp } from "./activation/silu.ts";
export { softplus, softplusOp } from "./activation/softplus.ts";
export type { ConvOptions } from "./conv/attributes.ts";
export { type ConvTranspose2dOptions, convTranspose2d } from "./conv/conv-transpose2d.ts";
export {
  type Conv2dInputGradientOptions,
  type Conv2dOptions,
  type Conv2dWeightGradientOptions,
  conv2d,
  conv2dInputGradient,
  conv2dInputGradientOp,
  conv2dOp,
  conv2dWeightGradient,
  conv2dWeightGradientOp,
} from "./conv/conv2d.ts";
export { flipKernel } from "./conv/flip-kernel.ts";
export { type DropoutOptions, dropout, dropoutOp } from "./dropout.ts";
export { type FlattenOptions, flatten } from "./flatten.ts";
export { type BceWithLogitsOptions, bceWithLogits, bceWithLogitsOp } from "./loss/bce-with-logits.ts";
export { type CrossEntropyOptions, crossEntropy, crossEntropyOp } from "./loss/cross-entropy.ts";
export { type MseOptions, mse, mseOp } from "./loss/mse.ts";
export type { Reduction } from "./loss/reduction.ts";
export type { AffineOptions } from "./norm/affine.ts";
export {
  type BatchNormInferenceOptions,
  type BatchNormOptions,
  type BatchNormResult,
  batchNorm,
  batchNormInference,
  batchNormOp,
} from "./norm/batch-norm.ts";
export { centredSumsOp } from "./norm/centred-sums.ts";
export { type GroupNormOptions, groupNorm, groupNormOp } from "./norm/group-norm.ts";
export { type LayerNormOptions, layerNorm, layerNormOp } from "./norm/layer-norm.ts";
export { standardizeOp } from "./norm/standardize.ts";
export { type Pad2dOptions, type PadMode, pad2d } from "./pad2d.ts";
export type { PoolOptions } from "./pool/attributes.ts";
export { type AvgPool2dOptions, avgPool2d, avgPool2dOp, avgPoolGradOp } from "./pool/avg-pool2d.ts";
export { type GlobalAvgPool2dOptions, globalAvgPool2d } from "./pool/global-avg-pool2d.ts";
export {
  type MaxPool2dOptions,
  type MaxPool2dResult,
  maxPool2d,
  maxPool2dOp,
  maxPool2dWithIndex,
  maxPoolGrad,
  maxPoolGradOp,
  maxPoolTake,
  maxPoolTakeOp,
  type UnpoolOptions,
} from "./pool/max-pool2d.ts";
export type { AxisOptions } from "./softmax/axis.ts";
export { logSoftmax, logSoftmaxOp } from "./softmax/log-softmax.ts";
export { logSumExp, logSumExpOp } from "./softmax/log-sum-exp.ts";
export { softmax, softmaxOp } from "./softmax/softmax.ts";
export type { PaddingOption, Pair, PairOption, Sides } from "./window/options.ts";

/** Every op of this package, by name. Each has samples, which `samples.ts` collects. */
// biome-ignore lint/suspicious/noExplicitAny: ops of any attributes
export const allOps: readonly Op<any>[] = [
  avgPool2dOp,
  avgPoolGradOp,
  batchNormOp,
  bceWithLogitsOp,
  centredSumsOp,
  conv2dOp,
  conv2dInputGradientOp,
  conv2dWeightGradientOp,
  crossEntropyOp,
  dropoutOp,
  geluOp,
  groupNormOp,
  layerNormOp,
  leakyReluOp,
  logSigmoidOp,
  logSoftmaxOp,
  logSumExpOp,
  maxPool2dOp,
  maxPoolGradOp,
  maxPoolTakeOp,
  mseOp,
  reluOp,
  siluOp,
  softmaxOp,
  softplusOp,
  standardizeOp,
];

/**
 * @prewitt/ops: what convolutional networks are made of. Images are [N, C, H, W], weights [O, I, KH, KW].
 */

import type { Op } from "@prewitt/core";
import { eluOp } from "./activation/elu.ts";
import { geluOp } from "./activation/gelu.ts";
import { hardSigmoidOp } from "./activation/hard-sigmoid.ts";
import { hardSwishOp } from "./activation/hard-swish.ts";
import { hardTanhOp } from "./activation/hard-tanh.ts";
import { leakyReluOp } from "./activation/leaky-relu.ts";
import { logSigmoidOp } from "./activation/log-sigmoid.ts";
import { mishOp } from "./activation/mish.ts";
import { reluOp } from "./activation/relu.ts";
import { relu6Op } from "./activation/relu6.ts";
import { seluOp } from "./activation/selu.ts";
import { siluOp } from "./activation/silu.ts";
import { softplusOp } from "./activation/softplus.ts";
import { softsignOp } from "./activation/softsign.ts";
import { iouLossOp } from "./boxes/iou-loss.ts";
import { conv2dInputGradientOp, conv2dOp, conv2dWeightGradientOp } from "./conv/conv2d.ts";
import { dropoutOp } from "./dropout.ts";
import { arcFaceOp } from "./embedding/arc-face.ts";
import { cosineSimilarityOp } from "./embedding/cosine-similarity.ts";
import { l2NormalizeOp } from "./embedding/l2-normalize.ts";
import { pairwiseDistanceOp } from "./embedding/pairwise-distance.ts";
import { bceWithLogitsOp } from "./loss/bce-with-logits.ts";
import { crossEntropyOp } from "./loss/cross-entropy.ts";
import { diceLossOp } from "./loss/dice-loss.ts";
import { focalLossOp } from "./loss/focal-loss.ts";
import { huberOp } from "./loss/huber.ts";
import { klDivergenceOp } from "./loss/kl-divergence.ts";
import { l1LossOp } from "./loss/l1-loss.ts";
import { mseOp } from "./loss/mse.ts";
import { nllLossOp } from "./loss/nll-loss.ts";
import { smoothL1Op } from "./loss/smooth-l1.ts";
import { tripletLossOp } from "./loss/triplet-loss.ts";
import { batchNormOp } from "./norm/batch-norm.ts";
import { centredSumsOp } from "./norm/centred-sums.ts";
import { groupNormOp } from "./norm/group-norm.ts";
import { layerNormOp } from "./norm/layer-norm.ts";
import { localResponseNormOp } from "./norm/local-response-norm.ts";
import { standardizeOp } from "./norm/standardize.ts";
import { pixelShuffleOp, pixelUnshuffleOp } from "./pixel-shuffle.ts";
import { adaptiveAvgPool2dOp } from "./pool/adaptive-avg-pool2d.ts";
import { adaptiveMaxPool2dOp } from "./pool/adaptive-max-pool2d.ts";
import { avgPool2dOp, avgPoolGradOp } from "./pool/avg-pool2d.ts";
import { maxPool2dOp, maxPoolGradOp, maxPoolTakeOp } from "./pool/max-pool2d.ts";
import { poolIndexOp } from "./pool/pool-index.ts";
import { resize2dOp } from "./resize/resize2d.ts";
import { logSoftmaxOp } from "./softmax/log-softmax.ts";
import { logSumExpOp } from "./softmax/log-sum-exp.ts";
import { softmaxOp } from "./softmax/softmax.ts";

export { oneHot, sigmoid, tanh } from "@prewitt/core";
export { type EluOptions, elu, eluOp } from "./activation/elu.ts";
export { type GeluOptions, gelu, geluOp } from "./activation/gelu.ts";
export { hardSigmoid, hardSigmoidOp } from "./activation/hard-sigmoid.ts";
export { hardSwish, hardSwishOp } from "./activation/hard-swish.ts";
export { type HardTanhOptions, hardTanh, hardTanhOp } from "./activation/hard-tanh.ts";
export { type LeakyReluOptions, leakyRelu, leakyReluOp } from "./activation/leaky-relu.ts";
export { logSigmoid, logSigmoidOp } from "./activation/log-sigmoid.ts";
export { mish, mishOp } from "./activation/mish.ts";
export { relu, reluOp } from "./activation/relu.ts";
export { relu6, relu6Op } from "./activation/relu6.ts";
export { selu, seluOp } from "./activation/selu.ts";
export { silu, siluOp } from "./activation/silu.ts";
export { softplus, softplusOp } from "./activation/softplus.ts";
export { softsign, softsignOp } from "./activation/softsign.ts";
export { boxArea } from "./boxes/box-area.ts";
export { type BoxConvertOptions, type BoxFormat, boxConvert } from "./boxes/box-convert.ts";
export { boxIou } from "./boxes/box-iou.ts";
export { type ClipBoxesOptions, clipBoxes } from "./boxes/clip-boxes.ts";
export { type IouKind, type IouLossOptions, iouLoss, iouLossOp } from "./boxes/iou-loss.ts";
export { type NmsOptions, type Numbers, nms } from "./boxes/nms.ts";
export { channelDropout, type StochasticDepthOptions, stochasticDepth } from "./channel-dropout.ts";
export type { ConvOptions } from "./conv/attributes.ts";
export { type ConvTranspose2dOptions, convTranspose2d } from "./conv/conv-transpose2d.ts";
export { type Conv1dOptions, conv1d } from "./conv/conv1d.ts";
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
export { type ArcFaceOptions, arcFace, arcFaceOp } from "./embedding/arc-face.ts";
export { type CosineSimilarityOptions, cosineSimilarity, cosineSimilarityOp } from "./embedding/cosine-similarity.ts";
export { type HardTriplets, hardTriplets } from "./embedding/hard-triplets.ts";
export { type L2NormalizeOptions, l2Normalize, l2NormalizeOp } from "./embedding/l2-normalize.ts";
export { type PairwiseDistanceOptions, pairwiseDistance, pairwiseDistanceOp } from "./embedding/pairwise-distance.ts";
export { type FlattenOptions, flatten } from "./flatten.ts";
export { type BceWithLogitsOptions, bceWithLogits, bceWithLogitsOp } from "./loss/bce-with-logits.ts";
export { type CrossEntropyOptions, crossEntropy, crossEntropyOp } from "./loss/cross-entropy.ts";
export { type DiceLossOptions, diceLoss, diceLossOp } from "./loss/dice-loss.ts";
export { type FocalLossOptions, focalLoss, focalLossOp } from "./loss/focal-loss.ts";
export { type HuberOptions, huber, huberOp } from "./loss/huber.ts";
export { type KlDivergenceOptions, type KlReduction, klDivergence, klDivergenceOp } from "./loss/kl-divergence.ts";
export { type L1LossOptions, l1Loss, l1LossOp } from "./loss/l1-loss.ts";
export { type MseOptions, mse, mseOp } from "./loss/mse.ts";
export { type NllLossOptions, nllLoss, nllLossOp } from "./loss/nll-loss.ts";
export type { Reduction } from "./loss/reduction.ts";
export { type SmoothL1Options, smoothL1, smoothL1Op } from "./loss/smooth-l1.ts";
export { type TripletLossOptions, tripletLoss, tripletLossOp } from "./loss/triplet-loss.ts";
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
export { type LocalResponseNormOptions, localResponseNorm, localResponseNormOp } from "./norm/local-response-norm.ts";
export { standardizeOp } from "./norm/standardize.ts";
export { type Pad2dOptions, type PadMode, pad2d } from "./pad2d.ts";
export {
  type PixelShuffleOptions,
  pixelShuffle,
  pixelShuffleOp,
  pixelUnshuffle,
  pixelUnshuffleOp,
} from "./pixel-shuffle.ts";
export type { AdaptivePoolOptions, AdaptiveSize } from "./pool/adaptive.ts";
export { adaptiveAvgPool2d, adaptiveAvgPool2dOp } from "./pool/adaptive-avg-pool2d.ts";
export { adaptiveMaxPool2d, adaptiveMaxPool2dOp } from "./pool/adaptive-max-pool2d.ts";
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
export {
  type Resize2dOptions,
  type ResizeAttributes,
  type ResizeMode,
  resize2d,
  resize2dOp,
} from "./resize/resize2d.ts";
export type { AxisOptions } from "./softmax/axis.ts";
export { logSoftmax, logSoftmaxOp } from "./softmax/log-softmax.ts";
export { logSumExp, logSumExpOp } from "./softmax/log-sum-exp.ts";
export { softmax, softmaxOp } from "./softmax/softmax.ts";
export type { PaddingOption, Pair, PairOption, Sides } from "./window/options.ts";

/** Every op of this package, by name. Each has samples, which `samples.ts` collects. */
// biome-ignore lint/suspicious/noExplicitAny: ops of any attributes
export const allOps: readonly Op<any>[] = [
  adaptiveAvgPool2dOp,
  adaptiveMaxPool2dOp,
  arcFaceOp,
  avgPool2dOp,
  avgPoolGradOp,
  batchNormOp,
  bceWithLogitsOp,
  centredSumsOp,
  conv2dOp,
  conv2dInputGradientOp,
  conv2dWeightGradientOp,
  cosineSimilarityOp,
  crossEntropyOp,
  diceLossOp,
  dropoutOp,
  eluOp,
  focalLossOp,
  geluOp,
  groupNormOp,
  hardSigmoidOp,
  hardSwishOp,
  hardTanhOp,
  huberOp,
  iouLossOp,
  klDivergenceOp,
  l1LossOp,
  l2NormalizeOp,
  layerNormOp,
  leakyReluOp,
  localResponseNormOp,
  logSigmoidOp,
  logSoftmaxOp,
  logSumExpOp,
  maxPool2dOp,
  maxPoolGradOp,
  maxPoolTakeOp,
  mishOp,
  mseOp,
  nllLossOp,
  pairwiseDistanceOp,
  pixelShuffleOp,
  pixelUnshuffleOp,
  poolIndexOp,
  reluOp,
  relu6Op,
  resize2dOp,
  seluOp,
  siluOp,
  smoothL1Op,
  softmaxOp,
  softplusOp,
  softsignOp,
  standardizeOp,
  tripletLossOp,
];

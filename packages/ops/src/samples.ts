/** Samples of every op and function of this package. Only tests load this file. */

import type { OpSamples } from "@prewitt/core";
import { samples as elu } from "./activation/elu.samples.ts";
import { samples as gelu } from "./activation/gelu.samples.ts";
import { samples as hardSigmoid } from "./activation/hard-sigmoid.samples.ts";
import { samples as hardSwish } from "./activation/hard-swish.samples.ts";
import { samples as hardTanh } from "./activation/hard-tanh.samples.ts";
import { samples as leakyRelu } from "./activation/leaky-relu.samples.ts";
import { samples as logSigmoid } from "./activation/log-sigmoid.samples.ts";
import { samples as mish } from "./activation/mish.samples.ts";
import { samples as relu } from "./activation/relu.samples.ts";
import { samples as relu6 } from "./activation/relu6.samples.ts";
import { samples as selu } from "./activation/selu.samples.ts";
import { samples as silu } from "./activation/silu.samples.ts";
import { samples as softplus } from "./activation/softplus.samples.ts";
import { samples as softsign } from "./activation/softsign.samples.ts";
import { samples as boxArea } from "./boxes/box-area.samples.ts";
import { samples as boxConvert } from "./boxes/box-convert.samples.ts";
import { samples as boxIou } from "./boxes/box-iou.samples.ts";
import { samples as clipBoxes } from "./boxes/clip-boxes.samples.ts";
import { samples as iouLoss } from "./boxes/iou-loss.samples.ts";
import { channelDropoutSamples, stochasticDepthSamples } from "./channel-dropout.samples.ts";
import { samples as convTranspose2d } from "./conv/conv-transpose2d.samples.ts";
import { samples as conv1d } from "./conv/conv1d.samples.ts";
import { samples as conv2d } from "./conv/conv2d.samples.ts";
import { samples as conv2dInputGradient } from "./conv/conv2d-input-gradient.samples.ts";
import { samples as conv2dWeightGradient } from "./conv/conv2d-weight-gradient.samples.ts";
import { samples as flipKernel } from "./conv/flip-kernel.samples.ts";
import { samples as dropout } from "./dropout.samples.ts";
import { samples as arcFace } from "./embedding/arc-face.samples.ts";
import { samples as cosineSimilarity } from "./embedding/cosine-similarity.samples.ts";
import { samples as hardTriplets } from "./embedding/hard-triplets.samples.ts";
import { samples as l2Normalize } from "./embedding/l2-normalize.samples.ts";
import { samples as pairwiseDistance } from "./embedding/pairwise-distance.samples.ts";
import { samples as flatten } from "./flatten.samples.ts";
import { samples as bceWithLogits } from "./loss/bce-with-logits.samples.ts";
import { samples as crossEntropy } from "./loss/cross-entropy.samples.ts";
import { samples as diceLoss } from "./loss/dice-loss.samples.ts";
import { samples as focalLoss } from "./loss/focal-loss.samples.ts";
import { samples as huber } from "./loss/huber.samples.ts";
import { samples as klDivergence } from "./loss/kl-divergence.samples.ts";
import { samples as l1Loss } from "./loss/l1-loss.samples.ts";
import { samples as mse } from "./loss/mse.samples.ts";
import { samples as nllLoss } from "./loss/nll-loss.samples.ts";
import { samples as smoothL1 } from "./loss/smooth-l1.samples.ts";
import { samples as tripletLoss } from "./loss/triplet-loss.samples.ts";
import { samples as batchNorm } from "./norm/batch-norm.samples.ts";
import { samples as batchNormInference } from "./norm/batch-norm-inference.samples.ts";
import { samples as centredSums } from "./norm/centred-sums.samples.ts";
import { samples as groupNorm } from "./norm/group-norm.samples.ts";
import { samples as layerNorm } from "./norm/layer-norm.samples.ts";
import { samples as localResponseNorm } from "./norm/local-response-norm.samples.ts";
import { samples as standardize } from "./norm/standardize.samples.ts";
import { samples as pad2d } from "./pad2d.samples.ts";
import { samples as pixelShuffle } from "./pixel-shuffle.samples.ts";
import { samples as pixelUnshuffle } from "./pixel-unshuffle.samples.ts";
import { samples as adaptiveAvgPool2d } from "./pool/adaptive-avg-pool2d.samples.ts";
import { samples as adaptiveMaxPool2d } from "./pool/adaptive-max-pool2d.samples.ts";
import { samples as avgPoolGrad } from "./pool/avg-pool-grad.samples.ts";
import { samples as avgPool2d } from "./pool/avg-pool2d.samples.ts";
import { samples as globalAvgPool2d } from "./pool/global-avg-pool2d.samples.ts";
import { samples as maxPoolGrad } from "./pool/max-pool-grad.samples.ts";
import { samples as maxPoolTake } from "./pool/max-pool-take.samples.ts";
import { samples as maxPool2d } from "./pool/max-pool2d.samples.ts";
import { samples as poolIndex } from "./pool/pool-index.samples.ts";
import { samples as resize2d } from "./resize/resize2d.samples.ts";
import { samples as logSoftmax } from "./softmax/log-softmax.samples.ts";
import { samples as logSumExp } from "./softmax/log-sum-exp.samples.ts";
import { samples as softmax } from "./softmax/softmax.samples.ts";

export const allSamples: readonly OpSamples[] = [
  adaptiveAvgPool2d,
  adaptiveMaxPool2d,
  arcFace,
  avgPool2d,
  avgPoolGrad,
  batchNorm,
  batchNormInference,
  bceWithLogits,
  boxArea,
  boxConvert,
  boxIou,
  centredSums,
  channelDropoutSamples,
  clipBoxes,
  conv1d,
  conv2d,
  conv2dInputGradient,
  conv2dWeightGradient,
  convTranspose2d,
  cosineSimilarity,
  crossEntropy,
  diceLoss,
  dropout,
  elu,
  flatten,
  flipKernel,
  focalLoss,
  gelu,
  globalAvgPool2d,
  groupNorm,
  hardSigmoid,
  hardSwish,
  hardTanh,
  hardTriplets,
  huber,
  iouLoss,
  klDivergence,
  l1Loss,
  l2Normalize,
  layerNorm,
  leakyRelu,
  localResponseNorm,
  logSigmoid,
  logSoftmax,
  logSumExp,
  maxPool2d,
  maxPoolGrad,
  maxPoolTake,
  mish,
  mse,
  nllLoss,
  pad2d,
  pairwiseDistance,
  pixelShuffle,
  pixelUnshuffle,
  poolIndex,
  relu,
  relu6,
  resize2d,
  selu,
  silu,
  smoothL1,
  softmax,
  softplus,
  softsign,
  standardize,
  stochasticDepthSamples,
  tripletLoss,
];

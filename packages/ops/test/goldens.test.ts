// Golden cases of the ops, in float32 and in float64.

import { abs, matmul, max, mean, min, moments, sqrt, sum, type Tensor, tensor, variance } from "@prewitt/core";
import {
  arcFace,
  avgPool2d,
  batchNorm,
  batchNormInference,
  bceWithLogits,
  boxIou,
  conv2d,
  cosineSimilarity,
  crossEntropy,
  diceLoss,
  focalLoss,
  gelu,
  huber,
  iouLoss,
  klDivergence,
  l1Loss,
  l2Normalize,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  logSumExp,
  maxPool2dWithIndex,
  mse,
  nllLoss,
  nms,
  pairwiseDistance,
  relu,
  sigmoid,
  silu,
  smoothL1,
  softmax,
  softplus,
  tanh,
  tripletLoss,
} from "@prewitt/ops";
import { describe, test } from "vitest";
import { type CaseFamily, type GoldenCase, type GoldenOptions, goldenCases } from "../../../test/goldens/load.ts";
import { checkGolden, type Float, type Named, withTensors } from "./golden-check.ts";

function runBatchNorm(c: GoldenCase<"batchNorm">, t: Named): Named {
  const { training, momentum, eps } = c.options;
  const x = t.x as Tensor;
  const affine = { weight: t.weight, bias: t.bias, eps };
  if (!training) {
    return { y: batchNormInference(x, { ...affine, mean: t.runningMean as Tensor, variance: t.runningVar as Tensor }) };
  }
  const { y, mean: m, inverseStd } = batchNorm(x, affine);
  if ("mean" in c.outputs) return { y, mean: m, inverseStd };
  const axis = x.shape.flatMap((_, a) => (a === 1 ? [] : [a]));
  const batch = moments(x, { axis, correction: 1 });
  const factor = momentum ?? 1 / ((c.inputs.numBatchesTracked?.data[0] as number) + 1);
  const blend = (old: Tensor, now: Tensor): Tensor => old.mul(1 - factor).add(now.mul(factor));
  return {
    y,
    runningMean: blend(t.runningMean as Tensor, m),
    runningVar: blend(t.runningVar as Tensor, batch.variance),
    numBatchesTracked: (t.numBatchesTracked as Tensor).add(1),
  };
}

const unary = { abs, sqrt, relu, sigmoid, silu, softplus, logSigmoid, tanh } as const;
const reductions = { sum, mean, max, min } as const;

type LossRun = (inputs: readonly Tensor[], options: Record<string, unknown>) => Tensor;

const ofTwo =
  (loss: (a: Tensor, b: Tensor, options: Record<string, unknown>) => Tensor): LossRun =>
  ([a, b], options) =>
    loss(a as Tensor, b as Tensor, options);

const losses = {
  boxIou: ofTwo((a, b) => boxIou(a, b)),
  iouLoss: ofTwo(iouLoss),
  arcFace: ofTwo(arcFace),
  cosineSimilarity: ofTwo(cosineSimilarity),
  diceLoss: ofTwo(diceLoss),
  focalLoss: ofTwo((x, target, options) =>
    focalLoss(x, target, { ...options, alpha: options.alpha === -1 ? null : (options.alpha as number) }),
  ),
  huber: ofTwo(huber),
  klDivergence: ofTwo(klDivergence),
  l1Loss: ofTwo(l1Loss),
  l2Normalize: ([x]: readonly Tensor[], options: Record<string, unknown>) => l2Normalize(x as Tensor, options),
  nllLoss: ofTwo(nllLoss),
  pairwiseDistance: ofTwo(pairwiseDistance),
  smoothL1: ofTwo(smoothL1),
  tripletLoss: ([a, p, n]: readonly Tensor[], options: Record<string, unknown>) =>
    tripletLoss(a as Tensor, p as Tensor, n as Tensor, options),
} as const satisfies Record<string, LossRun>;

function run(c: GoldenCase, t: Named, float: Float): Named {
  const x = t.x as Tensor;
  switch (c.op) {
    case "conv2d":
      return { y: conv2d(x, t.weight as Tensor, { ...c.options, bias: t.bias }) };
    case "maxPool2d":
      return { ...maxPool2dWithIndex(x, c.options) };
    case "avgPool2d":
      return { y: avgPool2d(x, c.options) };
    case "batchNorm":
      return runBatchNorm(c, t);
    case "crossEntropy":
      return { y: crossEntropy(t.logits as Tensor, t.target as Tensor, withTensors(c.options, float)) };
    case "binaryCrossEntropyWithLogits":
      return { y: bceWithLogits(t.logits as Tensor, t.target as Tensor, withTensors(c.options, float)) };
    case "nms": {
      const [boxes, scores, classes] = [t.boxes as Tensor, t.scores as Tensor, t.classes as Tensor];
      return {
        kept: tensor(nms(boxes, scores, c.options)),
        keptByClass: tensor(nms(boxes, scores, { ...c.options, classes })),
      };
    }
    case "meanSquaredError":
      return { y: mse(x, t.target as Tensor, c.options) };
    case "leakyRelu":
      return { y: leakyRelu(x, c.options) };
    case "gelu":
      return { y: gelu(x, c.options) };
    case "softmax":
      return { y: softmax(x, c.options) };
    case "logSoftmax":
      return { y: logSoftmax(x, c.options) };
    case "logSumExp":
      return { y: logSumExp(x, c.options) };
    case "matmul":
      return { y: matmul(t.a as Tensor, t.b as Tensor) };
    case "variance": {
      const { unbiased, ...options } = c.options as GoldenOptions["variance"];
      return { y: variance(x, { ...options, correction: unbiased ? 1 : 0 }) };
    }
    default:
      if (c.op in losses)
        return { y: losses[c.op as keyof typeof losses](Object.values(t), withTensors(c.options, float)) };
      if (c.op in reductions) {
        const options = c.options as GoldenOptions["sum"];
        return { y: reductions[c.op as keyof typeof reductions](x, options) };
      }
      return { y: unary[c.op as keyof typeof unary](x) };
  }
}

const families: readonly CaseFamily[] = [
  "activations",
  "batch-norm",
  "boxes",
  "conv2d",
  "cross-entropy",
  "hard-points",
  "losses",
  "matmul",
  "more-losses",
  "pool",
  "reduce",
  "softmax",
];

for (const family of families) {
  describe(family, () => {
    for (const float of ["float32", "float64"] as const) {
      for (const c of goldenCases(family)) {
        test(`${c.op}, ${c.name}, ${float}`, () => checkGolden(run, c, float));
      }
    }
  });
}

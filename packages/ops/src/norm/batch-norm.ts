/**
 * Batch normalisation: each channel scaled to mean 0 and variance 1 over batch and space, then by γ and β
 * (Ioffe and Szegedy, 2015).
 *
 *   m_c = mean of x over all axes but C, v_c = its biased variance, s_c = (v_c + ε)^(−½)
 *   y[n, c, …] = γ_c (x[n, c, …] − m_c) s_c + β_c
 *
 * The training op has three outputs: y, m and s. The backward pass reads x and ȳ twice: once for the two sums
 * A_c = Σ ȳ and B_c = Σ ȳ (x − m), once for x̄. With x̂ = (x − m) s: β̄ = A, γ̄ = Σ ȳ x̂ = s B; x̄ stands in `centred-sums.ts`.
 */

import {
  type Attributes,
  checkOptions,
  defineOp,
  moments,
  type Shape,
  sizeOf,
  type Tensor,
  type TensorSpec,
} from "@prewitt/core";
import { channelAxes, demandFloat, named } from "../operands.ts";
import { Problems } from "../problems.ts";
import { type AffineOptions, demandAffine, readAffine, readEps } from "./affine.ts";
import { centredSums, normalisationGradient, onlyAxes } from "./centred-sums.ts";

interface BatchNormAttributes extends Attributes {
  readonly eps: number;
}

/** All axes but the channels'. */
function overChannels(shape: Shape): number[] {
  return shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
}

/** `[C]` as `[1, C, 1, …]` */
function perChannel(t: Tensor, x: Tensor): Tensor {
  return t.reshape(onlyAxes(x.shape, [1]));
}

function demandChannels(problems: Problems, x: TensorSpec): boolean {
  demandFloat(problems, "x", x);
  const rank = x.shape.length;
  if (rank >= 2) return true;
  problems.shape({
    summary: "x must have the axes [N, C, …]",
    detail: `x has rank ${rank}`,
    fix: rank === 1 ? "x.unsqueeze(0) for a batch of one" : "give x the axes [N, C, H, W]",
  });
  return false;
}

export const batchNormOp = defineOp<BatchNormAttributes>({
  name: "batchNorm",
  inputNames: ["x", "weight", "bias"],
  infer: ({ inputs }) => {
    const [x, weight, bias] = inputs as readonly [TensorSpec, TensorSpec | undefined, TensorSpec | undefined];
    const problems = new Problems();
    if (demandChannels(problems, x)) {
      const channels = x.shape[1] as number;
      demandAffine(problems, { weight, bias }, x, [channels], "[C]");
      const values = sizeOf(x.shape) / channels;
      if (channels > 0 && values < 2) {
        problems.shape({
          summary: `batch statistics need more than ${values === 1 ? "one value" : "no values"} a channel`,
          detail: `N × H × W = ${values}: the variance would be ${values === 1 ? "0" : "undefined"}`,
          fix: "use a batch of 2 or more, or the running statistics (evaluation mode)",
        });
      }
    }
    problems.throw([named("x", x, channelAxes(x.shape.length)), ...affineOperands(weight, bias)]);
    const statistic = { shape: [x.shape[1] as number], dtype: x.dtype };
    return [x, statistic, statistic].map(({ shape, dtype }) => ({ shape, dtype }));
  },
  flops: ({ inputs: [x] }) => 8 * sizeOf((x as TensorSpec).shape),
  vjp: ({ inputs, outputs, cotangents, needs }) => {
    const [x, weight] = inputs as readonly [Tensor, Tensor | undefined];
    const [, m, s] = outputs as readonly [Tensor, Tensor, Tensor];
    const [g = null, dMean = null, dInverseStd = null] = cotangents;
    const axes = overChannels(x.shape);
    const mean = perChannel(m, x);
    const inverseStd = perChannel(s, x);
    const sums = g === null ? null : centredSums(g, x, mean, axes);
    const channels = m.shape;
    const dx = (): Tensor | null =>
      normalisationGradient({
        x,
        g,
        sums,
        mean,
        inverseStd,
        gamma: weight === undefined ? undefined : perChannel(weight, x),
        dMean: dMean === null ? null : perChannel(dMean, x),
        dInverseStd: dInverseStd === null ? null : perChannel(dInverseStd, x),
        count: x.size / (channels[0] as number),
      });
    const entries = [needs(0) ? dx() : null];
    if (weight === undefined) return entries;
    const scale = sums === null ? null : sums[1].mul(inverseStd).reshape(channels);
    return [...entries, scale, sums === null ? null : sums[0].reshape(channels)];
  },
  expand: (inputs, { eps }) => {
    const [x, weight, bias] = inputs as readonly [Tensor, Tensor | undefined, Tensor | undefined];
    const { mean, variance } = moments(x, { axis: overChannels(x.shape), keepDims: true });
    const inverseStd = variance.add(eps).sqrt().reciprocal();
    const y = scaleAndShift(x.sub(mean), inverseStd, weight, bias);
    const channels = [x.shape[1] as number];
    return [y, mean.reshape(channels), inverseStd.reshape(channels)];
  },
});

/** centred · (s γ) + β: one multiplication an element. */
function scaleAndShift(
  centred: Tensor,
  inverseStd: Tensor,
  weight: Tensor | undefined,
  bias: Tensor | undefined,
): Tensor {
  const scale = weight === undefined ? inverseStd : inverseStd.mul(perChannel(weight, centred));
  const y = centred.mul(scale);
  return bias === undefined ? y : y.add(perChannel(bias, centred));
}

function affineOperands(weight: TensorSpec | undefined, bias: TensorSpec | undefined) {
  return [
    ...(weight === undefined ? [] : [named("weight", weight, ["C"])]),
    ...(bias === undefined ? [] : [named("bias", bias, ["C"])]),
  ];
}

export interface BatchNormResult {
  /** Normalised x, of its shape. */
  readonly y: Tensor;
  /** Mean of each channel, [C]. */
  readonly mean: Tensor;
  /** (biased variance + eps)^(−½) of each channel, [C]. */
  readonly inverseStd: Tensor;
}

export interface BatchNormOptions extends AffineOptions {}

/**
 * Normalises `x` [N, C, …] (float, rank 2 or more) by the statistics of the batch; `weight` and `bias` are [C]. All
 * three results are differentiable. For running statistics, `moments(x, { axis, keepDims: true })` over the axes but C gives
 * mean and biased variance without another pass: the planner computes them once.
 *
 * Throws `ShapeError` for other shapes and for a batch with fewer than 2 values a channel, `DTypeError`, `OptionError`.
 *
 * @example const { y } = batchNorm(x, { weight: gamma, bias: beta });
 */
export function batchNorm(x: Tensor, options: BatchNormOptions = {}): BatchNormResult {
  checkOptions("batchNorm", options, ["weight", "bias", "eps"]);
  const problems = new Problems();
  const eps = readEps(problems, options.eps);
  problems.throwFrom("batchNorm", [named("x", x, channelAxes(x.rank))]);
  const affine = readAffine(options, [x.shape[1] ?? 0]);
  const [y, mean, inverseStd] = batchNormOp.applyAll([x, ...affine], { eps }) as readonly [Tensor, Tensor, Tensor];
  return { y, mean, inverseStd };
}

export interface BatchNormInferenceOptions extends AffineOptions {
  /** Mean of each channel, [C]. */
  readonly mean: Tensor;
  /** Variance of each channel, [C]. */
  readonly variance: Tensor;
}

/**
 * Normalises `x` [N, C, …] by given statistics [C]: y = γ (x − mean) (variance + eps)^(−½) + β, as a batch norm does in
 * evaluation mode. Differentiable in x, weight, bias and the statistics.
 * Throws `ShapeError`, `DTypeError`, `OptionError`.
 */
export function batchNormInference(x: Tensor, options: BatchNormInferenceOptions): Tensor {
  const op = "batchNormInference";
  checkOptions(op, options, ["mean", "variance", "weight", "bias", "eps"]);
  const problems = new Problems();
  const eps = readEps(problems, options.eps);
  const { mean, variance, weight, bias } = options;
  if (mean === undefined || variance === undefined) {
    problems.option({
      summary: "mean and variance are needed",
      detail: `missing: ${mean === undefined ? "mean" : "variance"}`,
      fix: "pass the running statistics, or use batchNorm for those of the batch",
    });
  } else if (demandChannels(problems, x)) {
    demandAffine(problems, { mean, variance, weight, bias }, x, [x.shape[1] as number], "[C]");
  }
  problems.throwFrom(op, [named("x", x, channelAxes(x.rank))]);
  const inverseStd = perChannel(variance, x).add(eps).sqrt().reciprocal();
  return scaleAndShift(x.sub(perChannel(mean, x)), inverseStd, weight, bias);
}

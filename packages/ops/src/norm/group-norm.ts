/**
 * Group normalisation: the channels of each image in groups, each group standardised over its channels and space, then
 * scaled by γ and shifted by β per channel (Wu and He, 2018). One group is layer norm, a group a channel is instance norm.
 */

import { type Attributes, checkOptions, defineOp, derive, sizeOf, type Tensor, type TensorSpec } from "@prewitt/core";
import { channelAxes, demandFloat, named } from "../operands.ts";
import { Problems, plural } from "../problems.ts";
import { show } from "../window/options.ts";
import { type AffineOptions, demandAffine, readAffine, readEps } from "./affine.ts";
import { onlyAxes } from "./centred-sums.ts";
import { standardize } from "./standardize.ts";

interface GroupNormAttributes extends Attributes {
  readonly groups: number;
  readonly eps: number;
}

// Derived from the expansion, in which `standardize` has a rule of its own.
export const groupNormOp = defineOp<GroupNormAttributes>({
  name: "groupNorm",
  inputNames: ["x", "weight", "bias"],
  infer: ({ inputs, attributes: { groups } }) => {
    const [x, weight, bias] = inputs as readonly [TensorSpec, TensorSpec | undefined, TensorSpec | undefined];
    const problems = new Problems();
    demandFloat(problems, "x", x);
    const rank = x.shape.length;
    if (rank < 2) {
      problems.shape({
        summary: "x must have the axes [N, C, …]",
        detail: `x has rank ${rank}`,
        fix: rank === 1 ? "x.unsqueeze(0) for a batch of one" : "give x the axes [N, C, H, W]",
      });
    } else {
      const channels = x.shape[1] as number;
      if (channels % groups !== 0 || sizeOf(x.shape.slice(1)) === 0) {
        problems.shape({
          summary: `groups = ${groups} does not divide ${plural(channels, "channel")} evenly`,
          detail: `C = ${channels} is not a positive multiple of groups = ${groups}`,
          fix: `use C = ${Math.max(1, Math.ceil(channels / groups)) * groups}, or groups: 1`,
        });
      }
      demandAffine(problems, { weight, bias }, x, [channels], "[C]");
    }
    problems.throw([named("x", x, channelAxes(rank))]);
    return { shape: x.shape, dtype: x.dtype };
  },
  flops: ({ inputs: [x] }) => 8 * sizeOf((x as TensorSpec).shape),
  vjp: derive,
  expand: (inputs, { groups, eps }) => {
    const [x, weight, bias] = inputs as readonly [Tensor, Tensor | undefined, Tensor | undefined];
    const [n, ...rest] = x.shape as [number, ...number[]];
    const y = standardize(x.reshape([n, groups, sizeOf(rest) / groups]), [2], eps).reshape(x.shape);
    if (weight === undefined || bias === undefined) return y;
    const shape = onlyAxes(x.shape, [1]);
    return y.mul(weight.reshape(shape)).add(bias.reshape(shape));
  },
});

export interface GroupNormOptions extends AffineOptions {
  /** Number of groups; divides the number of channels. */
  readonly groups: number;
}

/**
 * Normalises `x` [N, C, …] (float) over each group of C / groups channels and all axes behind them; `weight` and `bias` are
 * [C]. Throws `ShapeError`, `DTypeError`, `OptionError`.
 *
 * @example groupNorm(x, { groups: 8, weight, bias }) // [N, 64, H, W]
 */
export function groupNorm(x: Tensor, options: GroupNormOptions): Tensor {
  checkOptions("groupNorm", options, ["groups", "weight", "bias", "eps"]);
  const problems = new Problems();
  const groups: unknown = options?.groups;
  if (!Number.isSafeInteger(groups) || (groups as number) < 1) {
    problems.option({
      summary: "groups must be a positive integer",
      detail: `groups is ${show(groups)}`,
      fix: "write groups: 1",
    });
  }
  const eps = readEps(problems, options?.eps);
  problems.throwFrom("groupNorm", [named("x", x, channelAxes(x.rank))]);
  return groupNormOp.apply([x, ...readAffine(options, [x.shape[1] ?? 0])], { groups: groups as number, eps });
}

/**
 * Dropout of whole parts: of channels (J. Tompson et al., "Efficient object localization using convolutional networks",
 * CVPR 2015), and of all of a residual branch for a sample (G. Huang et al., "Deep networks with stochastic depth",
 * ECCV 2016). A mask of one number a part is drawn as `dropout` draws it, and multiplied.
 */

import { checkOptions, scalarNode, type Tensor } from "@prewitt/core";
import { type DropoutOptions, dropout } from "./dropout.ts";
import { channelAxes, demandFloat, named } from "./operands.ts";
import { Problems } from "./problems.ts";
import { show } from "./window/options.ts";

function demandAxes(op: string, x: Tensor, least: number, more: (problems: Problems) => void = () => {}): void {
  const problems = new Problems();
  demandFloat(problems, "x", x);
  if (x.rank < least) {
    problems.shape({
      summary: `x must have the axes ${least === 2 ? "[N, C, …]" : "[N, …]"}`,
      detail: `x has rank ${x.rank}`,
      fix: "x.unsqueeze(0) for a batch of one",
    });
  }
  more(problems);
  problems.throwFrom(op, [named("x", x, channelAxes(x.rank))]);
}

function masked(x: Tensor, kept: (axis: number) => boolean, options: DropoutOptions): Tensor {
  const shape = x.shape.map((n, axis) => (kept(axis) ? n : 1));
  return x.mul(dropout(scalarNode(1, x.dtype).broadcastTo(shape), options));
}

/**
 * `x` [N, C, …] (float) with channels of samples set to 0 with probability `rate`, the others divided by 1 − rate.
 * Throws as `dropout`, and `ShapeError` below rank 2.
 *
 * @example channelDropout(x, { rate: 0.2, key: tensor([seed, step], { dtype: "int32" }) })
 */
export function channelDropout(x: Tensor, options: DropoutOptions): Tensor {
  checkOptions("channelDropout", options, ["rate", "key"]);
  demandAxes("channelDropout", x, 2);
  return masked(x, (axis) => axis < 2, options);
}

export interface StochasticDepthOptions extends DropoutOptions {
  /** "row" (default) draws for each sample, "batch" for all of them at once. */
  readonly mode?: "row" | "batch" | undefined;
}

/**
 * `x` [N, …] (float), a residual branch, with samples set to 0 with probability `rate` and the others divided by 1 − rate.
 * Throws as `dropout`, `ShapeError` for a scalar, `OptionError` for another mode.
 *
 * @example x.add(stochasticDepth(branch, { rate: 0.1, key }))
 */
export function stochasticDepth(x: Tensor, options: StochasticDepthOptions): Tensor {
  checkOptions("stochasticDepth", options, ["rate", "key", "mode"]);
  const { mode = "row", ...rest } = options ?? ({} as StochasticDepthOptions);
  demandAxes("stochasticDepth", x, 1, (problems) => {
    if (mode === "row" || mode === "batch") return;
    problems.option({
      summary: 'mode must be "row" or "batch"',
      detail: `mode is ${show(mode)}`,
      fix: 'write mode: "row"',
    });
  });
  return masked(x, (axis) => axis === 0 && mode === "row", rest);
}

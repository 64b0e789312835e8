/** How a loss is reduced: "mean" (default), "sum" or "none". */

import { type Shape, sizeOf, type Tensor } from "@prewitt/core";
import type { Problems } from "../problems.ts";
import { show } from "../window/options.ts";

export type Reduction = "mean" | "sum" | "none";

export function readReduction(problems: Problems, value: unknown): Reduction {
  if (value === undefined) return "mean";
  if (value === "mean" || value === "sum" || value === "none") return value;
  problems.option({
    summary: 'reduction must be "mean", "sum" or "none"',
    detail: `reduction is ${show(value)}`,
    fix: 'write reduction: "mean"',
  });
  return "mean";
}

/** Shape of the loss of elements of `shape`. */
export function lossShape(shape: Shape, reduction: Reduction): Shape {
  return reduction === "none" ? shape : [];
}

/** Elementwise losses to the loss. */
export function reduceLoss(losses: Tensor, reduction: Reduction): Tensor {
  if (reduction === "none") return losses;
  return reduction === "sum" ? losses.sum() : losses.mean();
}

/** Cotangent of every elementwise loss, from that of the loss; a scalar where it is the same for all of them. */
export function spreadCotangent(dy: Tensor, shape: Shape, reduction: Reduction): Tensor {
  return reduction === "mean" ? dy.div(sizeOf(shape)) : dy;
}

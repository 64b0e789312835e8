/**
 * Adaptive average pooling: the mean of m windows an axis, whatever the extent (`adaptive.ts` has the windows).
 *
 * Windows of one length and distance are ordinary average pooling, and one window is a mean. Others are a product with a
 * matrix of 1 / length for each axis: the mean over a window of both axes is the mean of the means.
 */

import { defineOp, derive, type Op, type Shape, type Tensor, type TensorSpec } from "@prewitt/core";
import { demandCells, demandFloat, IMAGE_AXES, named } from "../operands.ts";
import { Problems } from "../problems.ts";
import { alongAxis } from "../resize/along-axis.ts";
import {
  type AdaptivePoolAttributes,
  type AdaptivePoolOptions,
  type AdaptiveSize,
  adaptiveWindows,
  readAdaptive,
  uniformWindows,
} from "./adaptive.ts";
import { avgPool2dOp } from "./avg-pool2d.ts";

export const adaptiveAvgPool2dOp: Op<AdaptivePoolAttributes> = defineOp<AdaptivePoolAttributes>({
  name: "adaptiveAvgPool2d",
  inputNames: ["x"],
  infer: ({ inputs, attributes: { size } }) => {
    const x = inputs[0] as TensorSpec;
    const problems = new Problems();
    demandFloat(problems, "x", x);
    demandCells(problems, x);
    problems.throw([named("x", x, IMAGE_AXES)]);
    return { shape: [...x.shape.slice(0, 2), ...size], dtype: x.dtype };
  },
  flops: ({ inputs: [x] }) => (x as TensorSpec).shape.reduce((product, n) => product * n, 1),
  vjp: derive,
  expand: ([input], { size }) => {
    const x = input as Tensor;
    const extents = x.shape.slice(2) as Shape as readonly [number, number];
    if (size[0] === 1 && size[1] === 1) return x.mean({ axis: [2, 3], keepDims: true });
    const [rows, columns] = [uniformWindows(extents[0], size[0]), uniformWindows(extents[1], size[1])];
    if (rows !== undefined && columns !== undefined) {
      return avgPool2dOp.apply([x], {
        kernel: [rows.kernel, columns.kernel],
        stride: [rows.stride, columns.stride],
        padding: "valid",
        dilation: [1, 1],
        ceilMode: false,
        countIncludePad: true,
      });
    }
    return means(means(x, 3, size[1]), 2, size[0]);
  },
});

/** Means of the windows along one axis. */
function means(x: Tensor, axis: 2 | 3, size: number): Tensor {
  const extent = x.shape[axis] as number;
  if (extent === size) return x;
  const rows = adaptiveWindows(extent, size).map(([from, to]) =>
    Array.from({ length: to - from }, (_, k) => [from + k, 1 / (to - from)] as const),
  );
  return alongAxis(x, axis, { inputs: extent, rows });
}

/**
 * `x` [N, C, H, W], float → [N, C, ...size]: output cell p of m along an axis is the mean of input cells
 * ⌊p n / m⌋ … ⌈(p + 1) n / m⌉ − 1. A size alone may stand for the options; `null` in it keeps an extent.
 *
 * Throws `ShapeError` unless x has 4 axes and is not empty, `DTypeError` for integers, `OptionError`.
 *
 * @example
 * adaptiveAvgPool2d(x, 7)         // [N, C, 10, 13] → [N, C, 7, 7]
 * adaptiveAvgPool2d(x, [1, null]) // [N, C, 10, 13] → [N, C, 1, 13]
 */
export function adaptiveAvgPool2d(x: Tensor, options: AdaptivePoolOptions | AdaptiveSize): Tensor {
  return adaptiveAvgPool2dOp.apply([x], readAdaptive("adaptiveAvgPool2d", x, options));
}

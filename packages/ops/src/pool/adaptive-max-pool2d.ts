/**
 * Adaptive max pooling: the maximum of m windows an axis, whatever the extent (`adaptive.ts` has the windows).
 *
 * Windows of one length and distance are ordinary max pooling. Others are laid out one after another first, each made as long as
 * the longest by its last cell again, which changes neither the maximum nor which cell comes first among equals.
 */

import { constantNode, defineOp, derive, type Op, type Shape, type Tensor, type TensorSpec } from "@prewitt/core";
import { demandCells, IMAGE_AXES, named } from "../operands.ts";
import { Problems } from "../problems.ts";
import {
  type AdaptivePoolAttributes,
  type AdaptivePoolOptions,
  type AdaptiveSize,
  adaptiveWindows,
  readAdaptive,
  uniformWindows,
} from "./adaptive.ts";
import { maxPool2dOp } from "./max-pool2d.ts";

export const adaptiveMaxPool2dOp: Op<AdaptivePoolAttributes> = defineOp<AdaptivePoolAttributes>({
  name: "adaptiveMaxPool2d",
  inputNames: ["x"],
  infer: ({ inputs, attributes: { size } }) => {
    const x = inputs[0] as TensorSpec;
    const problems = new Problems();
    if (x.dtype === "bool") {
      problems.dtype({
        summary: "adaptiveMaxPool2d does not take bool",
        detail: "x is bool",
        fix: 'x.cast("float32")',
      });
    }
    demandCells(problems, x);
    problems.throw([named("x", x, IMAGE_AXES)]);
    return { shape: [...x.shape.slice(0, 2), ...size], dtype: x.dtype };
  },
  flops: ({ inputs: [x] }) => (x as TensorSpec).shape.reduce((product, n) => product * n, 1),
  vjp: derive,
  expand: ([input], { size }) => {
    let x = input as Tensor;
    const extents = x.shape.slice(2) as Shape as readonly [number, number];
    const windows = ([0, 1] as const).map((i) => {
      const regular = uniformWindows(extents[i], size[i]);
      if (regular !== undefined) return regular;
      const laid = layOut(x, (2 + i) as 2 | 3, size[i]);
      x = laid.x;
      return { kernel: laid.longest, stride: laid.longest };
    }) as [{ kernel: number; stride: number }, { kernel: number; stride: number }];
    return maxPool2dOp.apply([x], {
      kernel: [windows[0].kernel, windows[1].kernel],
      stride: [windows[0].stride, windows[1].stride],
      padding: "valid",
      dilation: [1, 1],
      ceilMode: false,
    });
  },
});

/** The windows along one axis one after another, all as long as the longest. */
function layOut(x: Tensor, axis: 2 | 3, size: number): { x: Tensor; longest: number } {
  const windows = adaptiveWindows(x.shape[axis] as number, size);
  const longest = Math.max(...windows.map(([from, to]) => to - from));
  const index = windows.flatMap(([from, to]) => Array.from({ length: longest }, (_, k) => Math.min(from + k, to - 1)));
  return { x: x.take(constantNode(Int32Array.from(index), [index.length], "int32"), axis), longest };
}

/**
 * `x` [N, C, H, W] of any dtype but bool → [N, C, ...size]: output cell p of m along an axis is the maximum of input
 * cells ⌊p n / m⌋ … ⌈(p + 1) n / m⌉ − 1; at ties the gradient goes to the first in row-major order. A size alone may stand
 * for the options; `null` in it keeps an extent.
 *
 * Throws `ShapeError` unless x has 4 axes and is not empty, `DTypeError` for bool, `OptionError`.
 *
 * @example adaptiveMaxPool2d(x, 1) // [N, C, H, W] → [N, C, 1, 1]
 */
export function adaptiveMaxPool2d(x: Tensor, options: AdaptivePoolOptions | AdaptiveSize): Tensor {
  return adaptiveMaxPool2dOp.apply([x], readAdaptive("adaptiveMaxPool2d", x, options));
}

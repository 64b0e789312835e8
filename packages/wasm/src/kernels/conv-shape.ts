/**
 * The shape of a convolution as kernels see it: everything but the batch, which is a run-time extent. A core
 * `ConvGeometry` is one. Activations lie channels-last (N, H, W, groups·channels), weights logically (O, I, kh, kw).
 */

import type { ConvGeometry, WindowAxis } from "@prewitt/core";

/** One spatial axis: position p of the output reads input indices p·stride − padBefore + k·dilation. */
export type ConvAxis = WindowAxis;

export type ConvShape = Omit<ConvGeometry, "batch">;

const axisKey = ({ input, kernel, stride, padBefore, dilation, output }: ConvAxis): string =>
  `${input}→${output} k${kernel}${stride > 1 ? ` s${stride}` : ""} p${padBefore}${dilation > 1 ? ` d${dilation}` : ""}`;

/** Names the shape for keys: two shapes with one key need the same code. */
export const shapeKey = ({ groups, channels, filters, axes }: ConvShape): string =>
  `${channels}→${filters}${groups > 1 ? ` g${groups}` : ""} ${axisKey(axes[0])} × ${axisKey(axes[1])}`;

/** Multiply-adds counted as two, padding included, as is usual. */
export function convFlops({ groups, channels, filters, axes: [y, x] }: ConvShape, batch: number): number {
  return 2 * batch * groups * channels * filters * y.output * x.output * y.kernel * x.kernel;
}

/**
 * The convolution that computes the input gradient of a stride-1 convolution from dy: dy takes the input's part,
 * kernels are flipped and their channel axes swapped. From y[p] = Σ_k x[p − pad + k·dil] w[k] follows
 * dx[i] = Σ_k dy[i + pad − k·dil] w[k]; with j = kernel − 1 − k the index is i − (dil·(kernel − 1) − pad) + j·dil.
 */
export function transposedShape(shape: ConvShape): ConvShape {
  const flip = (axis: ConvAxis): ConvAxis => {
    const reach = axis.dilation * (axis.kernel - 1);
    return {
      ...axis,
      input: axis.output,
      output: axis.input,
      padBefore: reach - axis.padBefore,
      padAfter: reach - axis.padAfter,
    };
  };
  return {
    groups: shape.groups,
    channels: shape.filters,
    filters: shape.channels,
    axes: [flip(shape.axes[0]), flip(shape.axes[1])],
  };
}

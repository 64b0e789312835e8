/**
 * Average pooling and its transpose.
 *
 *   y[n, c, p, q]  = 1/m[p, q] · Σ over the window's cells (i, j) inside the input of x[n, c, i, j]
 *   x̄[n, c, i, j]  = Σ_{p, q: the window reads (i, j)} ȳ[n, c, p, q] / m[p, q]
 *
 * m counts the window's cells inside input and padding (`countIncludePad`), or inside the input alone; cells that ceil mode
 * adds beyond the padding never count. The map is linear, so the two are each other's rule at every order.
 */

import { type Attributes, defineOp, type Op, type Shape, type Tensor, type TensorSpec } from "@prewitt/core";
import { demandFloat, IMAGE_AXES, named } from "../operands.ts";
import { Problems } from "../problems.ts";
import { demandInside } from "../window/axes.ts";
import { type PairOption, readFlag } from "../window/options.ts";
import {
  demandPool,
  demandPooled,
  POOL_OPTIONS,
  type PoolAttributes,
  type PoolOptions,
  pooledShape,
  poolFlops,
  poolGeometry,
  poolOptions,
  poolOutput,
  readPoolOptions,
  type UnpoolAttributes,
  unpoolAttributes,
} from "./attributes.ts";

interface AverageAttributes extends PoolAttributes, Attributes {
  readonly countIncludePad: boolean;
}

interface AverageGradientAttributes extends UnpoolAttributes, AverageAttributes, Attributes {}

export const avgPool2dOp: Op<AverageAttributes> = defineOp<AverageAttributes>({
  name: "avgPool2d",
  inputNames: ["x"],
  infer: ({ inputs, attributes }) => {
    const x = inputs[0] as TensorSpec;
    const problems = new Problems();
    demandFloat(problems, "x", x);
    const geometry = demandPool(problems, x, attributes);
    if (geometry !== undefined && !attributes.countIncludePad) demandInside(problems, geometry.axes);
    problems.throw([named("x", x, IMAGE_AXES)]);
    return { shape: poolOutput(poolGeometry(x.shape, attributes)), dtype: x.dtype };
  },
  flops: ({ inputs: [x], attributes }) => poolFlops(poolGeometry((x as TensorSpec).shape, attributes)),
  vjp: ({ inputs: [x], dy, attributes }) => [
    avgPoolGradOp.apply([dy], unpoolAttributes((x as Tensor).shape, attributes)),
  ],
  lower: ({ inputs, outputs, attributes }) => ({
    kind: "pool",
    mode: "average",
    geometry: poolGeometry(inputs[0]?.shape as Shape, attributes),
    countIncludePad: attributes.countIncludePad,
    reads: inputs,
    writes: outputs,
  }),
});

export const avgPoolGradOp: Op<AverageGradientAttributes> = defineOp<AverageGradientAttributes>({
  name: "avgPoolGrad",
  inputNames: ["dy"],
  infer: ({ inputs, attributes }) => {
    const dy = inputs[0] as TensorSpec;
    const problems = new Problems();
    demandFloat(problems, "dy", dy);
    demandPooled(problems, "dy", dy, attributes);
    problems.throw([named("dy", dy, IMAGE_AXES)]);
    return { shape: pooledShape(dy.shape, attributes), dtype: dy.dtype };
  },
  flops: ({ inputs: [dy], attributes }) =>
    poolFlops(poolGeometry(pooledShape((dy as TensorSpec).shape, attributes), attributes)),
  vjp: ({ dy: u, attributes: { inputSize: _, ...attributes } }) => [avgPool2dOp.apply([u], attributes)],
  lower: ({ inputs, outputs, attributes }) => ({
    kind: "pool",
    mode: "averageGradient",
    geometry: poolGeometry(outputs[0]?.shape as Shape, attributes),
    countIncludePad: attributes.countIncludePad,
    reads: inputs,
    writes: outputs,
  }),
});

export interface AvgPool2dOptions extends PoolOptions {
  /** Whether padding counts as zeros that were averaged. Default true. */
  readonly countIncludePad?: boolean | undefined;
}

/**
 * Mean of each window: `x` [N, C, H, W], float → [N, C, H', W'],
 * H' = ⌊(H + padding − dilation · (KH − 1) − 1) / stride⌋ + 1. A kernel alone may stand for the options.
 *
 * Throws `ShapeError` when x has not 4 axes or a window does not fit (and, without `countIncludePad`, when one lies in the
 * padding alone), `DTypeError` for integers, `OptionError`.
 *
 * @example avgPool2d(x, { kernel: 3, stride: 2, padding: 1, countIncludePad: false })
 */
export function avgPool2d(x: Tensor, options: AvgPool2dOptions | PairOption): Tensor {
  const read = poolOptions<AvgPool2dOptions>("avgPool2d", options, [...POOL_OPTIONS, "countIncludePad"]);
  const problems = new Problems();
  const attributes = readPoolOptions(problems, read);
  const countIncludePad = readFlag(problems, "countIncludePad", read.countIncludePad ?? true);
  problems.throwFrom("avgPool2d", [named("x", x, IMAGE_AXES)]);
  return avgPool2dOp.apply([x], { ...attributes, countIncludePad });
}

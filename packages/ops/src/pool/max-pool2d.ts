/**
 * Max pooling, and the two linear maps that its gradients are made of.
 *
 *   y[n, c, p, q]      = max over the window of x, at the place index[n, c, p, q] of its H×W plane (row-major, int32)
 *   maxPoolGrad(ȳ, index)[n, c, i]    = Σ_{p, q} [index[n, c, p, q] = i] · ȳ[n, c, p, q]
 *   maxPoolTake(x, index)[n, c, p, q] = x[n, c, index[n, c, p, q]]
 *
 * Where the index does not change, y = maxPoolTake(x, index): so x̄ = maxPoolGrad(ȳ, index). The two maps are each
 * other's transpose, hence each other's rule, at every order. At ties the index is that of the first maximum in row-major
 * order. An index of −1 stands for no place: maxPoolTake gives 0 there and maxPoolGrad drops the cotangent, which keeps
 * them transposes of each other. Shape rules keep windows out that would see padding alone, so maxPool2d never makes one.
 */

import { checkOptions, defineOp, type Op, type Shape, sameShape, type Tensor, type TensorSpec } from "@prewitt/core";
import { demandFloat, demandImages, IMAGE_AXES, named } from "../operands.ts";
import { Problems } from "../problems.ts";
import { demandInside } from "../window/axes.ts";
import { type Pair, type PairOption, readPair } from "../window/options.ts";
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
  readPool,
  readPoolOptions,
  type UnpoolAttributes,
  unpoolAttributes,
} from "./attributes.ts";
import { checkedIndex } from "./pool-index.ts";

export const maxPool2dOp: Op<PoolAttributes> = defineOp<PoolAttributes>({
  name: "maxPool2d",
  inputNames: ["x"],
  infer: ({ inputs, attributes }) => {
    const x = inputs[0] as TensorSpec;
    const problems = new Problems();
    if (x.dtype === "bool") {
      problems.dtype({ summary: "maxPool2d does not take bool", detail: "x is bool", fix: 'x.cast("float32")' });
    }
    const geometry = demandPool(problems, x, attributes);
    if (geometry !== undefined) demandInside(problems, geometry.axes);
    problems.throw([named("x", x, IMAGE_AXES)]);
    const shape = poolOutput(poolGeometry(x.shape, attributes));
    return [
      { shape, dtype: x.dtype },
      { shape, dtype: "int32" },
    ];
  },
  flops: ({ inputs: [x], attributes }) => poolFlops(poolGeometry((x as TensorSpec).shape, attributes)),
  vjp: ({ inputs: [x], outputs: [, index], dy, attributes }) => [
    maxPoolGradOp.apply([dy, index as Tensor], unpoolAttributes((x as Tensor).shape, attributes)),
  ],
  lower: ({ inputs, outputs, attributes }) => ({
    kind: "pool",
    mode: "max",
    geometry: poolGeometry(inputs[0]?.shape as Shape, attributes),
    countIncludePad: false,
    reads: inputs,
    writes: outputs,
  }),
});

function demandIndex(problems: Problems, index: TensorSpec, wanted: Shape): void {
  if (index.dtype !== "int32") {
    problems.dtype({
      summary: "index must be the int32 index of maxPool2dWithIndex",
      detail: `index is ${index.dtype}`,
      fix: "pass the index of maxPool2dWithIndex",
    });
  }
  if (sameShape(index.shape, wanted)) return;
  problems.shape({
    summary: "the index does not fit",
    detail: `index has the shape [${index.shape.join(", ")}], [${wanted.join(", ")}] is needed`,
    fix: "pass the index that the same pooling gave",
  });
}

export const maxPoolGradOp: Op<UnpoolAttributes> = defineOp<UnpoolAttributes>({
  name: "maxPoolGrad",
  inputNames: ["dy", "index"],
  infer: ({ inputs, attributes }) => {
    const [dy, index] = inputs as readonly [TensorSpec, TensorSpec];
    const problems = new Problems();
    demandFloat(problems, "dy", dy);
    demandPooled(problems, "dy", dy, attributes);
    demandIndex(problems, index, dy.shape);
    problems.throw([named("dy", dy, IMAGE_AXES), named("index", index, IMAGE_AXES)]);
    return { shape: pooledShape(dy.shape, attributes), dtype: dy.dtype };
  },
  vjp: ({ inputs: [, index], dy: u, attributes }) => [maxPoolTakeOp.apply([u, index as Tensor], attributes), null],
  lower: ({ inputs, outputs, attributes }) => ({
    kind: "pool",
    mode: "maxGradient",
    geometry: poolGeometry(outputs[0]?.shape as Shape, attributes),
    countIncludePad: false,
    reads: inputs,
    writes: outputs,
  }),
});

export const maxPoolTakeOp: Op<UnpoolAttributes> = defineOp<UnpoolAttributes>({
  name: "maxPoolTake",
  inputNames: ["x", "index"],
  infer: ({ inputs, attributes }) => {
    const [x, index] = inputs as readonly [TensorSpec, TensorSpec];
    const problems = new Problems();
    demandFloat(problems, "x", x);
    if (demandImages(problems, "x", x)) {
      const [h, w] = attributes.inputSize;
      if (x.shape[2] !== h || x.shape[3] !== w) {
        problems.shape({
          summary: "x does not have the size that was pooled",
          detail: `x has [H, W] = [${x.shape[2]}, ${x.shape[3]}], inputSize is [${h}, ${w}]`,
          fix: `write inputSize: [${x.shape[2]}, ${x.shape[3]}]`,
        });
      }
      demandIndex(problems, index, poolOutput(poolGeometry(x.shape, attributes)));
    }
    problems.throw([named("x", x, IMAGE_AXES), named("index", index, IMAGE_AXES)]);
    return { shape: index.shape, dtype: x.dtype };
  },
  vjp: ({ inputs: [, index], dy: u, attributes }) => [maxPoolGradOp.apply([u, index as Tensor], attributes), null],
  lower: ({ inputs, outputs, attributes }) => ({
    kind: "pool",
    mode: "maxTake",
    geometry: poolGeometry(inputs[0]?.shape as Shape, attributes),
    countIncludePad: false,
    reads: inputs,
    writes: outputs,
  }),
});

export interface MaxPool2dOptions extends PoolOptions {}

/**
 * Maximum of each window: `x` [N, C, H, W] of any dtype but bool → [N, C, H', W'],
 * H' = ⌊(H + padding − dilation · (KH − 1) − 1) / stride⌋ + 1. Padding never wins; NaN does. At ties the gradient goes to
 * the first maximum in row-major order. A kernel alone may stand for the options.
 *
 * Throws `ShapeError` when x has not 4 axes, a window does not fit, or one lies in the padding alone; `OptionError`.
 *
 * @example
 * maxPool2d(x, 2)                                      // [N, C, 28, 28] → [N, C, 14, 14]
 * maxPool2d(x, { kernel: 3, stride: 2, padding: 1 })
 */
export function maxPool2d(x: Tensor, options: MaxPool2dOptions | PairOption): Tensor {
  return apply("maxPool2d", x, options).y;
}

/** Values and the places they came from. */
export interface MaxPool2dResult {
  readonly y: Tensor;
  /** int32, row-major inside each H×W plane. */
  readonly index: Tensor;
}

function apply(op: string, x: Tensor, options: MaxPool2dOptions | PairOption): MaxPool2dResult {
  const attributes = readPool(op, x, poolOptions(op, options, POOL_OPTIONS));
  const [y, index] = maxPool2dOp.applyAll([x], attributes) as readonly [Tensor, Tensor];
  return { y, index };
}

/**
 * `maxPool2d` together with the int32 index of each maximum inside its H×W plane, row-major: what `maxPoolGrad` and
 * `maxPoolTake` (unpooling, and reading another image at the same places) need.
 */
export function maxPool2dWithIndex(x: Tensor, options: MaxPool2dOptions | PairOption): MaxPool2dResult {
  return apply("maxPool2dWithIndex", x, options);
}

export interface UnpoolOptions extends PoolOptions {
  /** Height and width of the pooled image. */
  readonly inputSize: number | Pair;
}

function readUnpool(op: string, options: UnpoolOptions): UnpoolAttributes {
  checkOptions(op, options, [...POOL_OPTIONS, "inputSize"]);
  const problems = new Problems();
  const attributes = readPoolOptions(problems, options);
  const inputSize = readPair(problems, "inputSize", options.inputSize, 1);
  problems.throwFrom(op);
  return { ...attributes, inputSize };
}

/** Shapes and dtypes are checked before the values of the index are given an op of their own. */
function unpool(name: string, op: Op<UnpoolAttributes>, value: Tensor, index: Tensor, options: UnpoolOptions): Tensor {
  const attributes = readUnpool(name, options);
  const direct = op.apply([value, index], attributes);
  const checked = checkedIndex(name, index, attributes.inputSize);
  return checked === index ? direct : op.apply([value, checked], attributes);
}

/**
 * Adds each element of `dy` [N, C, H', W'] (float) at its `index` into zeros [N, C, H, W], [H, W] = `inputSize`: the
 * gradient of `maxPool2d`, and max unpooling. Takes the options of the pooling that made the index.
 *
 * Throws `ShapeError` and `DTypeError` when the operands do not fit, `IndexError` when it runs with an index of one's own
 * that is neither −1 nor inside its plane.
 */
export function maxPoolGrad(dy: Tensor, index: Tensor, options: UnpoolOptions): Tensor {
  return unpool("maxPoolGrad", maxPoolGradOp, dy, index, options);
}

/**
 * Reads `x` [N, C, H, W] (float) at each `index` [N, C, H', W']; 0 where the index is −1. The transpose of `maxPoolGrad`,
 * with its errors.
 */
export function maxPoolTake(x: Tensor, index: Tensor, options: UnpoolOptions): Tensor {
  return unpool("maxPoolTake", maxPoolTakeOp, x, index, options);
}

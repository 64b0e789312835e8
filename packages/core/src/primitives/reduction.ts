/**
 * The factory of reductions: shape rule and lowering to one `reduce` kernel; each op adds its gradient.
 *
 * Every accumulator takes the element itself. Their results pass through an epilogue that gives the outputs.
 */

import { DTypeError, ShapeError } from "../errors/errors.ts";
import { type Attributes, defineOp, type NotDifferentiable, type Op, type VjpRule } from "../graph/op.ts";
import type { Accumulator } from "../program/kernels.ts";
import type { Operand } from "../program/operand.ts";
import { identityExpression, ScalarBuilder } from "../program/scalar.ts";
import type { DType } from "../tensor/dtype.ts";
import { type Shape, sizeOf } from "../tensor/shape.ts";
import type { Tensor, TensorSpec } from "../tensor/tensor.ts";
import { reducedShape } from "./axes.ts";
import { accepted, wanted } from "./elementwise.ts";

export interface ReductionAttributes extends Attributes {
  /** Rising, wrapped. */
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

export interface ReductionInit<A extends ReductionAttributes> {
  readonly name: string;
  readonly accumulators: readonly Accumulator["kind"][];
  readonly accepts: "number" | "float";
  /**
   * Outputs from the accumulators' results, which come in order (`moments` gives two); `count` elements were reduced.
   * When absent, the results are the outputs.
   */
  epilogue?(builder: ScalarBuilder, results: readonly number[], count: number, attributes: A): readonly number[];
  /** Throws where the reduction has no value, e.g. over no elements. */
  check?(shape: Shape, attributes: A): void;
  readonly vjp: VjpRule<A> | NotDifferentiable;
}

export function reduction<A extends ReductionAttributes = ReductionAttributes>(init: ReductionInit<A>): Op<A> {
  return defineOp<A>({
    name: init.name,
    inputNames: ["x"],
    infer: ({ inputs, attributes }) => {
      const x = inputs[0] as TensorSpec;
      if (!accepted(init.accepts, x.dtype)) {
        throw new DTypeError({
          summary: "the dtype does not fit",
          problems: [`x is ${x.dtype}, but ${init.name} takes ${wanted[init.accepts]}`],
          fix: `x.cast("${init.accepts === "float" ? "float32" : "int32"}")`,
        });
      }
      init.check?.(x.shape, attributes);
      const shape = reducedShape(x.shape, attributes.axes, attributes.keepDims);
      return epilogueOf(init, x.dtype, 1, attributes).dtypes.map((dtype) => ({ shape, dtype }));
    },
    flops: ({ inputs }) => sizeOf((inputs[0] as TensorSpec).shape),
    vjp: init.vjp,
    lower: ({ inputs, outputs, attributes, dtypes }) => {
      const x = inputs[0] as Operand;
      const dtype = dtypes[0] as DType;
      const { axes, keepDims } = attributes;
      return {
        kind: "reduce",
        shape: x.shape,
        axes,
        reads: [x],
        writes: outputs.map((operand) => spreadOverAxes(operand, x.shape, axes, keepDims)),
        prologue: identityExpression(dtype),
        accumulators: init.accumulators.map((kind) => ({ kind, value: 0 })),
        epilogue: epilogueOf(init, dtype, reducedCount(x.shape, axes), attributes).expression,
        epilogueReads: [],
      };
    },
  });
}

function epilogueOf<A extends ReductionAttributes>(init: ReductionInit<A>, dtype: DType, count: number, attributes: A) {
  const builder = new ScalarBuilder();
  const results = init.accumulators.flatMap((kind) => resultTypes(kind, dtype)).map((type, i) => builder.read(i, type));
  const outputs = init.epilogue?.(builder, results, count, attributes) ?? results;
  return { expression: builder.build(outputs), dtypes: outputs.map((value) => builder.dtypeOf(value)) };
}

function resultTypes(kind: Accumulator["kind"], dtype: DType): readonly DType[] {
  if (kind === "moments") return [dtype, dtype];
  return kind === "argmin" || kind === "argmax" ? ["int32"] : [dtype];
}

/** Number of elements that fall on one output. */
export function reducedCount(shape: Shape, axes: readonly number[]): number {
  return axes.reduce((count, axis) => count * (shape[axis] as number), 1);
}

/** The check of reductions without a neutral element. */
export function rejectEmpty(shape: Shape, { axes }: ReductionAttributes): void {
  const empty = axes.filter((axis) => shape[axis] === 0);
  if (empty.length === 0) return;
  throw new ShapeError({
    summary: "there is nothing to reduce",
    problems: empty.map((axis) => `axis ${axis} has extent 0`),
    fix: "reduce axes with at least one element",
  });
}

/** An operand of the reduced shape, addressed over the whole index space: stride 0 along the reduced axes. */
export function spreadOverAxes(operand: Operand, shape: Shape, axes: readonly number[], keepDims: boolean): Operand {
  let next = 0;
  const strides = shape.map((_, i) => {
    if (axes.includes(i)) {
      if (keepDims) next++;
      return 0;
    }
    return operand.strides[next++] as number;
  });
  return { ...operand, shape: shape.map((n, i) => (axes.includes(i) ? 1 : n)), strides };
}

/** A tensor of the reduced shape with the reduced axes put back as size 1, so that it broadcasts over `shape`. */
export function restoreAxes(reduced: Tensor, shape: Shape, attributes: ReductionAttributes): Tensor {
  return attributes.keepDims ? reduced : reduced.reshape(reducedShape(shape, attributes.axes, true));
}

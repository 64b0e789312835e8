/**
 * Matrix product over the last two axes, batched over the leading ones.
 *
 * c[b…, i, j] = Σ_k a[b…, i, k] · b[b…, k, j]; batch axes broadcast at equal rank, or one operand is a matrix.
 */

import { DTypeError, ShapeError } from "../errors/errors.ts";
import { defineOp } from "../graph/op.ts";
import { broadcastOperand, type Operand } from "../program/operand.ts";
import { isFloat } from "../tensor/dtype.ts";
import { broadcastShapes, formatShape, type Shape, sizeOf } from "../tensor/shape.ts";
import type { Tensor, TensorSpec } from "../tensor/tensor.ts";

const batchOf = (shape: Shape): Shape => shape.slice(0, -2);

/** Swaps the last two axes. */
function swap(x: Tensor): Tensor {
  const order = x.shape.map((_, i) => i);
  const last = order.length - 1;
  order[last] = last - 1;
  order[last - 1] = last;
  return x.transpose(order);
}

/** Cotangents of a matrix that was used for every batch are summed over the batch axes. */
function sumBatch(g: Tensor, target: Tensor): Tensor {
  return target.rank === 2 && g.rank > 2 ? g.sum({ axis: g.shape.map((_, i) => i).slice(0, -2) }) : g;
}

export const matmulOp = defineOp<Record<never, never>>({
  name: "matmul",
  inputNames: ["a", "b"],
  infer: ({ inputs }) => {
    const [a, b] = inputs as readonly [TensorSpec, TensorSpec];
    if (a.dtype !== b.dtype || !isFloat(a.dtype)) {
      throw new DTypeError({
        summary: "operands must have the same float dtype",
        problems: [`a is ${a.dtype}, b is ${b.dtype}`],
        fix: isFloat(a.dtype) ? `b.cast("${a.dtype}")` : `a.cast("float32")`,
      });
    }
    const problems: string[] = [];
    if (a.shape.length < 2) problems.push(`a has rank ${a.shape.length}, at least 2 is needed`);
    if (b.shape.length < 2) problems.push(`b has rank ${b.shape.length}, at least 2 is needed`);
    const k = a.shape.at(-1);
    const other = b.shape.at(-2);
    let fix: string | undefined = problems.length > 0 ? "add an axis of size 1 with unsqueeze" : undefined;
    if (problems.length === 0 && k !== other) {
      problems.push(`a has ${k} columns, b has ${other} rows`);
      fix = b.shape.at(-1) === k ? "transpose b" : `give b ${k} rows`;
    }
    const batch = broadcastShapes(batchOf(a.shape), batchOf(b.shape));
    if (problems.length === 0 && batch === undefined) {
      problems.push(`batch axes ${formatShape(batchOf(a.shape))} against ${formatShape(batchOf(b.shape))}`);
      fix = "make the batch axes equal, or one operand a matrix";
    }
    if (problems.length > 0 || batch === undefined)
      throw new ShapeError({ summary: "shapes do not fit", problems, fix });
    return { shape: [...batch, a.shape.at(-2) as number, b.shape.at(-1) as number], dtype: a.dtype };
  },
  flops: ({ inputs }) => {
    const [a, b] = inputs as readonly [TensorSpec, TensorSpec];
    const batch = broadcastShapes(batchOf(a.shape), batchOf(b.shape)) ?? [];
    return 2 * sizeOf(batch) * (a.shape.at(-2) as number) * (a.shape.at(-1) as number) * (b.shape.at(-1) as number);
  },
  // c = a b: ā = c̄ bᵀ, b̄ = aᵀ c̄.
  vjp: ({ inputs, dy, needs }) => {
    const [a, b] = inputs as readonly [Tensor, Tensor];
    return [needs(0) ? sumBatch(dy.matmul(swap(b)), a) : null, needs(1) ? sumBatch(swap(a).matmul(dy), b) : null];
  },
  lower: ({ inputs, outputs }) => {
    const [a, b] = inputs as readonly [Operand, Operand];
    const c = outputs[0] as Operand;
    const batch = batchOf(c.shape);
    return {
      kind: "contract",
      batch,
      m: c.shape.at(-2) as number,
      n: c.shape.at(-1) as number,
      k: a.shape.at(-1) as number,
      reads: [
        broadcastOperand(a, [...batch, ...a.shape.slice(-2)]),
        broadcastOperand(b, [...batch, ...b.shape.slice(-2)]),
      ],
      writes: outputs,
    };
  },
});

/**
 * Matrix product of `a` [B…, M, K] and `b` [B…, K, N] giving [B…, M, N].
 * Throws `ShapeError` when the inner sizes or the batch axes do not fit, `DTypeError` for other dtypes than one float type.
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  return matmulOp.apply([a, b], {});
}

/** Joining tensors along an existing axis. */

import { DTypeError, ShapeError } from "../errors/errors.ts";
import { locate } from "../graph/locate.ts";
import { type Attributes, defineOp } from "../graph/op.ts";
import type { SliceRange } from "../tensor/methods-type.ts";
import type { Tensor, TensorSpec } from "../tensor/tensor.ts";
import { resolveAxis } from "./axes.ts";

interface ConcatAttributes extends Attributes {
  readonly axis: number;
}

/** Where each input begins along the axis. */
function startsOf(inputs: readonly { readonly shape: readonly number[] }[], axis: number): number[] {
  let next = 0;
  return inputs.map(({ shape }) => {
    const start = next;
    next += shape[axis] as number;
    return start;
  });
}

function check(inputs: readonly TensorSpec[], axis: number): void {
  const first = inputs[0] as TensorSpec;
  const odd = inputs.flatMap((x, i) =>
    x.dtype === first.dtype ? [] : [`input ${i} is ${x.dtype}, but input 0 is ${first.dtype}`],
  );
  if (odd.length > 0)
    throw new DTypeError({ summary: "dtypes do not fit", problems: odd, fix: "cast them to one dtype" });
  const problems = inputs.flatMap((x, i) => {
    if (x.shape.length !== first.shape.length)
      return [`input ${i} has rank ${x.shape.length}, input 0 has ${first.shape.length}`];
    return x.shape.flatMap((n, a) =>
      a === axis || n === first.shape[a] ? [] : [`input ${i}, axis ${a}: ${n} against ${first.shape[a]}`],
    );
  });
  if (problems.length > 0) {
    throw new ShapeError({
      summary: `shapes may differ along axis ${axis} only`,
      problems,
      fix: "make the other extents equal",
    });
  }
}

export const concatOp = defineOp<ConcatAttributes>({
  name: "concat",
  infer: ({ inputs, attributes: { axis } }) => {
    check(inputs, axis);
    const first = inputs[0] as TensorSpec;
    const total = inputs.reduce((sum, x) => sum + (x.shape[axis] as number), 0);
    return { shape: first.shape.map((n, a) => (a === axis ? total : n)), dtype: first.dtype };
  },
  flops: () => 0,
  // Each input is a range of y: its cotangent is that range of ȳ.
  vjp: ({ inputs, dy, attributes: { axis }, needs }) => {
    const starts = startsOf(inputs, axis);
    return inputs.map((x, i) => {
      if (!needs(i)) return null;
      const start = starts[i] as number;
      const range: SliceRange = [start, start + (x.shape[axis] as number)];
      return dy.slice(...dy.shape.map((_, a) => (a === axis ? range : null)));
    });
  },
  lower: ({ inputs, outputs, attributes: { axis } }) => ({
    kind: "copy",
    reads: inputs,
    writes: outputs,
    starts: startsOf(inputs, axis).map((start, i) => inputs[i]?.shape.map((_, a) => (a === axis ? start : 0)) ?? []),
  }),
});

/**
 * `tensors` one after another along `axis` (default 0). They have one dtype, and one shape but for that axis.
 *
 * @example concat([skip, up], 1) // [N, C₁, H, W] and [N, C₂, H, W] → [N, C₁ + C₂, H, W]
 */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  const [first] = tensors;
  if (first === undefined) {
    throw locate(
      new ShapeError({ op: "concat", summary: "there is nothing to join", fix: "pass at least one tensor" }),
    );
  }
  if (first.rank === 0) {
    throw locate(new ShapeError({ op: "concat", summary: "scalars have no axis to join along", fix: "use stack" }));
  }
  const at = resolveAxis("concat", axis, first.shape);
  return tensors.length === 1 ? first : concatOp.apply(tensors, { axis: at });
}

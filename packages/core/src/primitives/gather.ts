/** Elements picked by index along an axis (torch.gather). */

import { ShapeError } from "../errors/errors.ts";
import { type Attributes, defineOp } from "../graph/op.ts";
import type { Operand } from "../program/operand.ts";
import type { Tensor, TensorSpec } from "../tensor/tensor.ts";
import { resolveAxis } from "./axes.ts";
import { checkIndex } from "./indices.ts";
import { scatterInto } from "./scatter-add.ts";

interface GatherAttributes extends Attributes {
  readonly axis: number;
}

// y[p] = x[p with p_axis ← index[p]]: x̄[q] = Σ_p [q = p with p_axis ← index[p]] ȳ[p], a scatter into zeros.
export const gatherOp = defineOp<GatherAttributes>({
  name: "gather",
  inputNames: ["x", "index"],
  infer: ({ inputs, attributes: { axis } }) => {
    const [x, index] = inputs as readonly [TensorSpec, TensorSpec];
    checkIndex(index);
    const problems: string[] = [];
    if (index.shape.length !== x.shape.length)
      problems.push(`index has rank ${index.shape.length}, x has ${x.shape.length}`);
    else {
      index.shape.forEach((n, a) => {
        if (a !== axis && n > (x.shape[a] as number))
          problems.push(`axis ${a}: index has ${n} elements, x has ${x.shape[a]}`);
      });
    }
    if (problems.length > 0) {
      throw new ShapeError({
        summary: "the index does not fit",
        problems,
        fix: "give index the rank of x, and no larger extent but along the axis; to pick whole slices, use take",
      });
    }
    return { shape: index.shape, dtype: x.dtype };
  },
  flops: () => 0,
  vjp: ({ inputs, dy, attributes: { axis } }) => [
    scatterInto((inputs[0] as Tensor).shape, inputs[1] as Tensor, dy, axis),
    null,
  ],
  lower: ({ inputs, outputs, attributes: { axis } }) => {
    const [x, index] = inputs as readonly [Operand, Operand];
    return {
      kind: "gather",
      shape: index.shape,
      axis,
      limit: x.shape[axis] as number,
      reads: [x, index],
      writes: outputs,
    };
  },
});

/**
 * `y[p] = x[p with p[axis] replaced by index[p]]`, p over the shape of `index`: int32, of the rank of `x`, with no larger
 * extent but along `axis`. Reading throws `IndexError` for an index outside the axis.
 *
 * @example logProbabilities.gather(labels.unsqueeze(1), 1) // [N, classes], [N, 1] → [N, 1]
 */
export function gather(x: Tensor, index: Tensor, axis: number): Tensor {
  return gatherOp.apply([x, index], { axis: resolveAxis("gather", axis, x.shape) });
}

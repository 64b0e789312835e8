/**
 * Padding with a constant: around the tensor, and between its elements.
 *
 * y[before_a + p_a · step_a] = x[p] along each axis a, `value` elsewhere. Gaps (step > 1) are what XLA calls interior
 * padding; the gradient of a strided slice needs them.
 */

import { DTypeError, OptionError, ShapeError } from "../errors/errors.ts";
import { checkOptions } from "../errors/options.ts";
import { type Attributes, defineOp } from "../graph/op.ts";
import { misfitOf } from "../tensor/fit.ts";
import type { SliceRange } from "../tensor/methods-type.ts";
import type { Tensor, TensorSpec } from "../tensor/tensor.ts";

export interface PadAttributes extends Attributes {
  /** `[before, after]` an axis. */
  readonly widths: readonly (readonly [number, number])[];
  /** Distance between neighbours of x in y, an axis. */
  readonly steps: readonly number[];
  readonly value: number;
}

function check(x: TensorSpec, { widths, value }: PadAttributes): void {
  const rank = x.shape.length;
  if (widths.length !== rank) {
    throw new ShapeError({
      summary: `${widths.length} ${widths.length === 1 ? "pair" : "pairs"} of widths for ${rank} axes`,
      fix: `give one [before, after] an axis, [0, 0] where nothing is added`,
    });
  }
  const problems = widths.flatMap((pair, axis) =>
    Array.isArray(pair) && pair.length === 2 && pair.every((n) => Number.isInteger(n) && n >= 0)
      ? []
      : [`axis ${axis}: ${Array.isArray(pair) ? `[${pair.join(", ")}]` : String(pair)}`],
  );
  if (problems.length > 0) {
    throw new OptionError({
      summary: "widths must be pairs of integers of 0 or more",
      problems,
      fix: "write [before, after] an axis; use slice to cut",
    });
  }
  const misfit = misfitOf(value, x.dtype);
  if (misfit !== undefined) {
    throw new DTypeError({
      summary: `the value ${value} does not fit ${x.dtype}`,
      problems: [misfit],
      fix: "cast x first",
    });
  }
}

export const padOp = defineOp<PadAttributes>({
  name: "pad",
  inputNames: ["x"],
  infer: ({ inputs, attributes }) => {
    const x = inputs[0] as TensorSpec;
    check(x, attributes);
    const shape = x.shape.map((n, axis) => {
      const [before, after] = attributes.widths[axis] as readonly [number, number];
      return before + after + (n === 0 ? 0 : (n - 1) * (attributes.steps[axis] as number) + 1);
    });
    return { shape, dtype: x.dtype };
  },
  flops: () => 0,
  // Each x lands at one place of y and y is constant elsewhere, so x̄[p] = ȳ[before + p · step].
  vjp: ({ inputs: [x], dy, attributes: { widths, steps } }) => {
    const ranges = (x as Tensor).shape.map((n, axis): SliceRange => {
      const [before] = widths[axis] as readonly [number, number];
      const step = steps[axis] as number;
      return [before, n === 0 ? before : before + (n - 1) * step + 1, step];
    });
    return [dy.slice(...ranges)];
  },
  lower: ({ inputs, outputs, attributes: { widths, steps, value } }) => ({
    kind: "copy",
    reads: inputs,
    writes: outputs,
    starts: [widths.map(([before]) => before)],
    ...(steps.every((step) => step === 1) ? {} : { steps: [steps] }),
    fill: value,
  }),
});

/**
 * `x` with `widths[a] = [before, after]` elements of `value` (default 0) added around axis a.
 * Throws `OptionError` for negative widths, `ShapeError` unless there is one pair an axis.
 *
 * @example image.pad([[0, 0], [0, 0], [1, 1], [1, 1]]) // [N, C, H, W] → [N, C, H + 2, W + 2]
 */
export function pad(
  x: Tensor,
  widths: readonly (readonly [number, number])[],
  options: { readonly value?: number | undefined } = {},
): Tensor {
  checkOptions("pad", options, ["value"]);
  return padOp.apply([x], { widths, steps: widths.map(() => 1), value: options.value ?? 0 });
}

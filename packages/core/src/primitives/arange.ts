/** Evenly spaced numbers. */

import { DTypeError, OptionError } from "../errors/errors.ts";
import { checkOptions } from "../errors/options.ts";
import { locate } from "../graph/locate.ts";
import { type Attributes, defineOp, notDifferentiable } from "../graph/op.ts";
import { ScalarBuilder } from "../program/scalar.ts";
import { type DType, isFloat } from "../tensor/dtype.ts";
import { dtypeFor, misfitOf } from "../tensor/fit.ts";
import type { Tensor } from "../tensor/tensor.ts";

interface ArangeAttributes extends Attributes {
  readonly start: number;
  readonly step: number;
  readonly length: number;
  readonly dtype: DType;
}

export interface ArangeOptions {
  /** Default float32. */
  readonly dtype?: DType | undefined;
}

// start + i · step, never a running sum; for floats in float64 and rounded once, so that float32 values are the nearest.
export const arangeOp = defineOp<ArangeAttributes>({
  name: "arange",
  infer: ({ attributes: { length, dtype } }) => ({ shape: [length], dtype }),
  vjp: notDifferentiable("its values are constants"),
  lower: ({ outputs, attributes: { start, step, length, dtype } }) => {
    const e = new ScalarBuilder();
    const integers = [start, step, start + length * step].every((v) => misfitOf(v, "int32") === undefined);
    const exact: DType = isFloat(dtype) && !integers ? "float64" : "int32";
    const scaled =
      step === 1 ? e.cast(e.index(0), exact) : e.binary("mul", e.cast(e.index(0), exact), e.const(step, exact));
    const value = start === 0 ? scaled : e.binary("add", scaled, e.const(start, exact));
    return { kind: "map", shape: [length], reads: [], writes: outputs, expression: e.build([e.cast(value, dtype)]) };
  },
});

/**
 * `[start, start + step, …]` up to but without `stop`, of rank 1; `arange(n)` counts from 0. float32 unless `dtype` says
 * otherwise. Throws `OptionError` when `step` is 0 or leads away from `stop`, `DTypeError` for values outside the dtype.
 *
 * @example
 * arange(4)                          // [0, 1, 2, 3]
 * arange(2, 10, 3, { dtype: "int32" }) // [2, 5, 8]
 */
export function arange(stop: number, options?: ArangeOptions): Tensor;
export function arange(start: number, stop: number, options?: ArangeOptions): Tensor;
export function arange(start: number, stop: number, step: number, options?: ArangeOptions): Tensor;
export function arange(...given: readonly (number | ArangeOptions | undefined)[]): Tensor {
  const numbers = given.filter((v) => typeof v === "number");
  const options = given.find((v) => typeof v === "object") as ArangeOptions | undefined;
  checkOptions("arange", options, ["dtype"]);
  const [start, stop, step = 1] = numbers.length === 1 ? [0, numbers[0]] : numbers;
  const dtype = options?.dtype ?? "float32";
  if (start === undefined || stop === undefined || ![start, stop, step].every(Number.isFinite)) {
    throw locate(
      new OptionError({
        op: "arange",
        summary: `start, stop and step must be finite numbers, got ${numbers.join(", ")}`,
      }),
    );
  }
  if (step === 0 || (stop - start) / step < 0) {
    throw locate(
      new OptionError({
        op: "arange",
        summary: `steps of ${step} do not lead from ${start} to ${stop}`,
        fix: step === 0 ? "use a step other than 0" : `use a step of ${-step}`,
      }),
    );
  }
  const length = Math.ceil((stop - start) / step);
  const values = length === 0 ? [] : length === 1 ? [start] : [start, start + step, start + (length - 1) * step];
  const odd = values.find((value) => misfitOf(value, dtype) !== undefined);
  if (odd !== undefined) {
    throw locate(
      new DTypeError({
        op: "arange",
        summary: `the values do not fit ${dtype}`,
        problems: [misfitOf(odd, dtype) as string],
        fix: `use { dtype: "${dtypeFor(odd)}" }`,
      }),
    );
  }
  return arangeOp.apply([], { start, step, length, dtype });
}

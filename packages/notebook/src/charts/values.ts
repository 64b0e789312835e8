/**
 * What charts take: arrays of numbers, tensors, or one of these by the name of its series.
 */

import { isTensor, OptionError, type Tensor, Variable } from "@prewitt/core";

/** Numbers: an array, a typed array, or a tensor or variable of any shape, read in row-major order. */
export type Values = ArrayLike<number> | Tensor | Variable;

/** One series, or several by name. */
export type SeriesOf<V = Values> = V | Readonly<Record<string, V>>;

/** Plain numbers. Throws `OptionError` for anything else. */
export function numbersOf(op: string, x: Values): number[] {
  if (x instanceof Variable) return numbersOf(op, x.read());
  if (isTensor(x)) return Array.from(x.dataSync() as ArrayLike<number>);
  if (isArrayLike(x)) {
    const numbers = Array.from(x, Number);
    const wrong = numbers.findIndex((v, i) => Number.isNaN(v) && !Number.isNaN(x[i]));
    if (wrong < 0) return numbers;
    throw new OptionError({ op, summary: `value ${wrong} is ${String(x[wrong])}, and must be a number` });
  }
  throw new OptionError({
    op,
    summary: `${x === null ? "null" : typeof x} is neither numbers nor a tensor`,
    fix: "pass an array, a tensor, or a record of them by name",
  });
}

function isArrayLike(x: unknown): x is ArrayLike<number> {
  return Array.isArray(x) || (ArrayBuffer.isView(x) && !(x instanceof DataView));
}

/** The series by name; one without a name has the name "". */
export function seriesOf(op: string, data: SeriesOf): readonly (readonly [name: string, values: number[]])[] {
  if (isTensor(data) || data instanceof Variable || isArrayLike(data)) return [["", numbersOf(op, data)]];
  const entries = Object.entries((data ?? {}) as Readonly<Record<string, Values>>);
  if (entries.length === 0) throw new OptionError({ op, summary: "there is no series to draw" });
  return entries.map(([name, values]) => [name, numbersOf(`${op} "${name}"`, values)]);
}

/**
 * Comparing what two executors wrote for one kernel, element by element, and saying what differs.
 */

import { DivergenceError } from "../../errors/errors.ts";
import { positionAt } from "../../program/faults.ts";
import { allReads, type Kernel } from "../../program/kernels.ts";
import type { Operand } from "../../program/operand.ts";
import type { Buffer, Program } from "../../program/program.ts";
import { type KernelTolerance, roundingOf } from "../../program/tolerance.ts";
import type { TypedArray } from "../../tensor/dtype.ts";
import { formatShape, sizeOf } from "../../tensor/shape.ts";

/** Places in memory of an operand's elements, in logical order. */
export function placesOf({ shape, strides, offset }: Operand): Int32Array {
  const places = new Int32Array(sizeOf(shape));
  const index = new Array<number>(shape.length).fill(0);
  let at = offset;
  for (let i = 0; i < places.length; i++) {
    places[i] = at;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis] as number;
      if (++(index[axis] as number) < (shape[axis] as number)) break;
      at -= (strides[axis] as number) * (shape[axis] as number);
      index[axis] = 0;
    }
  }
  return places;
}

/** The largest finite magnitude among the elements of operands. */
export function largestOf(operands: readonly Operand[], arrayOf: (buffer: number) => TypedArray): number {
  let largest = 0;
  for (const operand of operands) {
    const array = arrayOf(operand.buffer);
    for (const at of placesOf(operand)) {
      const size = Math.abs(array[at] as number);
      if (size > largest && size < Number.POSITIVE_INFINITY) largest = size;
    }
  }
  return largest;
}

/** Whether an operand holds NaN or an infinity. */
export function holdsNonFinite(operand: Operand, array: TypedArray): boolean {
  return placesOf(operand).some((at) => !Number.isFinite(array[at]));
}

const equal = (a: number, b: number): boolean => a === b || (Number.isNaN(a) && Number.isNaN(b));

/** One result of a kernel on both executors, with the elements that it covers. */
export interface Result {
  readonly operand: Operand;
  readonly places: Int32Array;
  readonly actual: TypedArray;
  readonly expected: TypedArray;
}

export interface Bound extends KernelTolerance {
  /** Largest value that `ofLargest` is taken of. */
  readonly largest: number;
  /** Elements that are NaN or infinite agree, whatever the reference has. */
  readonly spreads?: boolean | undefined;
  /** More, element by element in logical order. */
  readonly slack?: Float64Array | undefined;
}

export const allowedAt = (bound: Bound, expected: number, i: number): number =>
  bound.relative * Math.abs(expected) + bound.ofLargest * bound.largest + (bound.slack?.[i] ?? 0);

/** Numbers of the elements that differ by more than the bound, in logical order. */
export function beyond({ places, actual, expected }: Result, bound: Bound): number[] {
  const found: number[] = [];
  for (let i = 0; i < places.length; i++) {
    const [a, e] = [actual[places[i] as number] as number, expected[places[i] as number] as number];
    if (equal(a, e) || (bound.spreads === true && !Number.isFinite(a))) continue;
    // A slack without end: the result may be anything.
    const allowed = allowedAt(bound, e, i);
    if (Math.abs(a - e) <= allowed || Number.isNaN(allowed)) continue;
    found.push(i);
  }
  return found;
}

/** What is to be said about a kernel whose result is off. */
export interface Finding {
  readonly program: Program;
  readonly kernel: Kernel;
  readonly number: number;
  readonly variant: string;
  readonly executor: string;
  readonly result: Result;
  readonly bound: Bound;
  readonly elements: readonly number[];
}

function nameOf({ kernel, number, program, variant }: Finding): string {
  const mode = "direction" in kernel ? ` ${kernel.direction}` : "mode" in kernel ? ` ${kernel.mode}` : "";
  return `kernel ${number} of ${program.kernels.length} (${kernel.kind}${mode}${variant === "" ? "" : `: ${variant}`})`;
}

/** The first divergence as an error: op, module, operands, values, the error against the bound, the user's line. */
export function divergence(finding: Finding): DivergenceError {
  const { program, kernel, executor, result, bound, elements } = finding;
  const first = elements[0] as number;
  const at = result.places[first] as number;
  const [actual, expected] = [result.actual[at] as number, result.expected[at] as number];
  const { dtype } = program.buffers[result.operand.buffer] as Buffer;
  const allowed = allowedAt(bound, expected, first);
  const parts = [
    `${bound.relative / (roundingOf(dtype) || 1)} roundings of the value`,
    `${bound.ofLargest / (roundingOf(dtype) || 1)} of the largest, ${bound.largest}`,
  ];
  const extra = bound.slack?.[first] ?? 0;
  if (extra > 0) parts.push(`${extra.toExponential(2)} for functions`);
  const origins = kernel.origins ?? [];
  const main = origins[0];
  return new DivergenceError({
    op: main?.partOf ?? main?.op,
    module: main?.scope,
    summary: `${executor} and the reference disagree in ${nameOf(finding)}`,
    operands: [
      ...allReads(kernel).map((o, i) => ({
        name: `read ${i}`,
        shape: o.shape,
        dtype: (program.buffers[o.buffer] as Buffer).dtype,
      })),
      { name: "result", shape: result.operand.shape, dtype },
    ],
    problems: [
      `element ${formatShape(positionAt(result.operand.shape, first))} is ${actual}, the reference has ${expected}`,
      `off by ${Math.abs(actual - expected).toExponential(2)}, ${allowed.toExponential(2)} is allowed (${parts.join(" + ")})`,
      `${elements.length} of ${result.places.length} elements are beyond the bound`,
      ...(origins.length > 1 ? [`the kernel computes ${origins.map((o) => o.op).join(", ")}`] : []),
    ],
    fix: 'report this; useExecutor("reference") computes without that kernel',
    at: main?.at(),
  });
}

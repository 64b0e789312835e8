/**
 * Errors that executors find in values while a program runs, with one wording for all executors.
 */

import { IndexError, NonFiniteError, PrewittError } from "../errors/errors.ts";
import type { DType } from "../tensor/dtype.ts";
import { formatShape, type Shape } from "../tensor/shape.ts";
import type { CheckKernel, GatherKernel, HostArray, HostKernel, Kernel, ScatterKernel } from "./kernels.ts";
import type { Operand } from "./operand.ts";

/** Tells the error which op, module and line the kernel was made for. */
function withOrigin<E extends PrewittError>(error: E, kernel: Kernel): E {
  const origin = kernel.origins?.[0];
  if (origin === undefined) return error;
  return error.fill({ op: origin.partOf ?? origin.op, module: origin.scope, at: origin.at() });
}

/** The index of the `ordinal`-th element of `shape` in row-major order. */
export function positionAt(shape: Shape, ordinal: number): number[] {
  const position = new Array<number>(shape.length).fill(0);
  let rest = ordinal;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const extent = shape[axis] as number;
    position[axis] = rest % extent;
    rest = Math.floor(rest / extent);
  }
  return position;
}

/** An index outside its axis; `position` lies in the kernel's index space. */
export function indexFault(
  kernel: GatherKernel | ScatterKernel,
  value: number,
  position: readonly number[],
): IndexError {
  const { axis, limit } = kernel;
  const error = new IndexError({
    summary: `index ${value} at position ${formatShape(position)} is outside axis ${axis} of extent ${limit}`,
    problems: [`index = ${value}, but 0 ≤ index < ${limit} is demanded`],
    fix: limit === 0 ? "the axis is empty: there is nothing to index" : `keep indices in 0 … ${limit - 1}`,
  });
  return withOrigin(error, kernel);
}

/** A checked value that is NaN or infinite, the `ordinal`-th of its read in row-major order. */
export function nonFiniteFault(
  kernel: CheckKernel,
  read: Operand,
  dtype: DType,
  value: number,
  ordinal: number,
): NonFiniteError {
  const where = read.shape.length === 0 ? "the value" : `element ${formatShape(positionAt(read.shape, ordinal))}`;
  const error = new NonFiniteError({
    summary: `${where} is ${Number.isNaN(value) ? "NaN" : value < 0 ? "−infinity" : "infinity"}`,
    operands: [{ name: "value", shape: read.shape, dtype }],
  });
  return withOrigin(error, kernel);
}

/** Calls the function of a `host` kernel; an error of ours that it throws learns where the kernel comes from. */
export function callHost(kernel: HostKernel, reads: readonly HostArray[], writes: readonly HostArray[]): void {
  try {
    kernel.call(reads, writes);
  } catch (error) {
    throw error instanceof PrewittError ? withOrigin(error, kernel) : error;
  }
}

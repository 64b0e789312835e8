/**
 * Errors found while a program runs: kernels leave a flag, a position and a value in memory, and the executor throws
 * before any variable is written.
 */

import { IndexError, type Kernel, NonFiniteError } from "@prewitt/core";

/** Whether the kernel may find an error in the values. */
export function usesErrors(kernel: Kernel): boolean {
  return kernel.kind === "gather" || kernel.kind === "scatter" || kernel.kind === "check";
}

/** Throws the error that a kernel reported. */
export function raiseError(kernel: Kernel, position: number, value: number): never {
  const origin = kernel.origins?.at(-1);
  const where = { op: origin?.partOf ?? origin?.op, module: origin?.scope, at: origin?.at() };
  if (kernel.kind === "gather" || kernel.kind === "scatter") {
    throw new IndexError({
      ...where,
      summary: `index ${value} at position ${position} is outside the axis`,
      problems: [`axis ${kernel.axis} has ${kernel.limit} entries: 0 to ${kernel.limit - 1}`],
      fix: `use indices from 0 to ${kernel.limit - 1}`,
    });
  }
  throw new NonFiniteError({
    ...where,
    summary: `element ${position} is NaN or infinite`,
    fix: "nothing was assigned",
  });
}

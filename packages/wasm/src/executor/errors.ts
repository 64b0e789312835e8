/**
 * Errors found while a program runs: kernels leave a flag, a position and a value in memory, and the executor throws
 * before any variable is written.
 */

import {
  type Buffer,
  type DType,
  indexFault,
  type Kernel,
  nonFiniteFault,
  type Operand,
  type Program,
  positionAt,
} from "@prewitt/core";

/** Whether the kernel may find an error in the values. */
export function usesErrors(kernel: Kernel): boolean {
  return kernel.kind === "gather" || kernel.kind === "scatter" || kernel.kind === "check";
}

/**
 * Throws the error that a kernel reported in its four words: 1; the ordinal of the element; its value (the bits of a
 * float32 for `check`); for `check`, the number of the read, from 1.
 */
export function raiseError(program: Program, kernel: Kernel, words: Int32Array): never {
  const [, ordinal, value, read] = words as unknown as readonly [number, number, number, number];
  if (kernel.kind === "gather" || kernel.kind === "scatter") {
    throw indexFault(kernel, value, positionAt(kernel.shape, ordinal));
  }
  if (kernel.kind !== "check") throw new Error(`${kernel.kind} kernels report no errors`);
  const operand = kernel.reads[read - 1] as Operand;
  const dtype: DType = (program.buffers[operand.buffer] as Buffer).dtype;
  const number = new Float32Array(Int32Array.of(value).buffer)[0] as number;
  throw nonFiniteFault(kernel, operand, dtype, number, ordinal);
}

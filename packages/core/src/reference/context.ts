/**
 * What the compilers of kernels share: dtypes of buffers, scratch memory, and the generator of loop code.
 */

import type { DType, TypedArray } from "../tensor/dtype.ts";
import type { Generator } from "./loop-text.ts";

/** A compiled kernel; `arrays` holds the array of each buffer, numbered as in the program, scratch buffers after them. */
export type Launch = (arrays: readonly TypedArray[]) => void;

export interface KernelContext {
  /** `undefined` where code may not be generated. */
  readonly generator: Generator | undefined;
  dtypeOf(buffer: number): DType;
  /** A buffer that belongs to the kernel while it runs. Its contents are undefined at the start. */
  scratch(dtype: DType, length: number): number;
}

/**
 * What the compilers of kernels share: dtypes of buffers, scratch memory, and the generator of loop code.
 */

import type { PrewittError } from "../errors/errors.ts";
import type { Kernel } from "../program/kernels.ts";
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

/** Tells the error which op, module and line the kernel was made for. */
export function withOrigin<E extends PrewittError>(error: E, kernel: Kernel): E {
  const origin = kernel.origins?.[0];
  return origin === undefined ? error : error.fill({ op: origin.partOf ?? origin.op, module: origin.scope, at: origin.at() });
}

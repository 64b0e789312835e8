/**
 * Kernels made straight from a program's kernel: which extents are arguments, how parameters are named, and how work is
 * cut. `read0`, `read1`, … are the operands of `allReads(kernel)` in order (epilogue reads last), `write0`, … the
 * writes: each the byte address of the operand's element at its offset, so that strides may be negative.
 */

import type { DType, Operand } from "@prewitt/core";
import { i32, type Local } from "../assembler/index.ts";
import type { Emitter, Index } from "./emitter.ts";
import type { Extents, Kernel, Parameter } from "./kernel.ts";

export interface DTypes {
  /** Of `allReads(kernel)`. */
  readonly reads: readonly DType[];
  readonly writes: readonly DType[];
}

/** A kernel with the run-time extents of the program's kernel it was made from. */
export interface ShapedKernel extends Kernel {
  readonly extents: Extents;
}

export const readName = (i: number): string => `read${i}`;
export const writeName = (i: number): string => `write${i}`;

export function operandPointers(reads: number, writes: number): Parameter[] {
  const named = (count: number, name: (i: number) => string): Parameter[] =>
    Array.from({ length: count }, (_, i) => ({ name: name(i), type: "i32" }));
  return [...named(reads, readName), ...named(writes, writeName)];
}

export const argument = (name: string): Parameter => ({ name, type: "i32" });

/** Parameters of a generated function, all i32, by name. */
export type Arguments = Readonly<Record<string, Local<"i32">>>;

export const stridesOfAll = (operands: readonly Operand[]): (readonly number[])[] => operands.map((o) => o.strides);

/** Elements of work that a task should have, so that handing it out costs little and many threads find some. */
export const TASK_WORK = 1 << 16;

export const ceilDiv = (a: number, b: number): number => Math.ceil(a / b);

/** min(a, b) of unsigned byte or element counts below 2³¹. */
export function smaller(e: Emitter, a: Index, b: Index): Local<"i32"> {
  const [x, y] = [e.let(a), e.let(b)];
  return e.variable(i32.minS(x, y));
}

/**
 * The interface between planner and executors.
 *
 * An executor sees programs only: kernel kinds, operands and buffers. It prepares a program once and runs it
 * many times with different bindings.
 */

import type { Kernel, KernelKind } from "../program/kernels.ts";
import type { Operand } from "../program/operand.ts";
import type { Program } from "../program/program.ts";
import type { ScalarExpression } from "../program/scalar.ts";
import type { DType, TypedArray } from "../tensor/dtype.ts";

/** The value of an evaluated output. */
export interface Value {
  readonly dtype: DType;
  readonly length: number;
  /** A typed array that the caller must not write to. */
  read(): Promise<TypedArray>;
  readSync?(): TypedArray;
}

/** Memory of a variable, owned by an executor. */
export interface Storage extends Value {
  readonly owner: Executor;
  write(data: TypedArray): void;
  /** Gives the memory back. */
  free?(): void;
}

/** What an executor can do; planner passes read it and never ask which executor it is. */
export interface ExecutorTraits {
  /** Kinds whose reads may have any strides; others get contiguous operands. */
  readonly stridedReads: ReadonlySet<KernelKind>;
  /** Kinds that take a scalar expression on their results before the store. */
  readonly epilogues: ReadonlySet<KernelKind>;
  /** Whether a kernel of such a kind takes this expression and what it reads; yes to all when absent. */
  acceptsEpilogue?(
    kernel: Kernel,
    expression: ScalarExpression,
    reads: readonly Operand[],
    dtypeOf: (operand: Operand) => DType,
  ): boolean;
  /** Kinds that take a scalar expression on what they read. */
  readonly prologues: ReadonlySet<KernelKind>;
  /** Join maps with maps. */
  readonly fuseMaps: boolean;
  /** Most scalar instructions in one fused expression. */
  readonly maxExpression: number;
  /** Physical order of activations with 4 axes that convolutions want. */
  readonly layout: "channels-first" | "channels-last";
  /** Alignment of buffers in the arena, in bytes. */
  readonly alignment: number;
  /** Most bytes that a plan may need. */
  readonly memoryLimit: number;
  readonly threads: number;
}

/** What a run needs from outside. */
export interface Bindings {
  /** One array per entry of `program.inputs`, in order. */
  readonly inputs: readonly TypedArray[];
  /** One storage per entry of `program.variables`, in order. */
  readonly variables: readonly Storage[];
}

export interface PreparedProgram {
  readonly program: Program;
  /** What the executor calls the code of each kernel, in order, where it has a choice. */
  readonly variants?: readonly string[] | undefined;
  /**
   * Runs (CPU) or enqueues (GPU) the kernels, then the assignments; returns the outputs, copied out of the arena, as
   * they are after the last kernel and before the assignments.
   * Throws `IndexError` or `NonFiniteError` from `gather`, `scatter` and `check` kernels before any variable is written.
   */
  run(bindings: Bindings): readonly Value[];
  /** Gives back what the program keeps between runs to be faster; it can still run. */
  release?(): void;
}

export interface Executor {
  readonly name: string;
  readonly traits: ExecutorTraits;
  prepare(program: Program): PreparedProgram;
  /** Memory for a variable. */
  createStorage(dtype: DType, length: number): Storage;
}

/** A value in a typed array of the host. */
export class HostValue implements Value {
  readonly dtype: DType;
  readonly array: TypedArray;

  constructor(dtype: DType, array: TypedArray) {
    this.dtype = dtype;
    this.array = array;
  }
  get length(): number {
    return this.array.length;
  }
  read(): Promise<TypedArray> {
    return Promise.resolve(this.array);
  }
  readSync(): TypedArray {
    return this.array;
  }
}

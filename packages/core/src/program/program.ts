/**
 * `Program`: kernels in order over numbered buffers. Plain data; readable as text (`text.ts`).
 */

import type { DType, TypedArray } from "../tensor/dtype.ts";
import type { Shape } from "../tensor/shape.ts";
import type { Kernel } from "./kernels.ts";
import type { Operand } from "./operand.ts";

/**
 * - `input`: bound anew at each run: `program.inputs[index]`
 * - `variable`: the memory of a variable: `program.variables[index]`
 * - `temporary`: lives in the arena between its first write and its last read
 */
export type BufferRole = "input" | "variable" | "temporary";

export interface Buffer {
  readonly id: number;
  readonly role: BufferRole;
  /** Number in `program.inputs` or `program.variables`; −1 for temporaries. */
  readonly index: number;
  readonly dtype: DType;
  /** Logical shape. */
  readonly shape: Shape;
  /**
   * Axes from the slowest to the fastest in memory, when not row-major: `[0, 2, 3, 1]` is channels-last.
   * Operands carry the strides that follow from it.
   */
  readonly order?: readonly number[] | undefined;
  /** Byte offset in the arena; −1 before memory is planned and for inputs and variables. */
  readonly offset: number;
  /** First and last kernel that touches it; a program output lives to the end. */
  readonly first: number;
  readonly last: number;
}

/** What is bound to an input buffer at each run. */
export interface ProgramInput {
  readonly buffer: number;
  readonly dtype: DType;
  readonly shape: Shape;
  /** `argument`: changes at each call; `constant`: the same array again and again; `scalar`: one number. */
  readonly source: "argument" | "constant" | "scalar";
  /** Which leaf of the planned graph is bound here; −1 for a constant that the planner made. */
  readonly leaf: number;
  /** The value, when the planner made it or when it is a literal that the program is keyed by. */
  readonly data?: TypedArray | undefined;
}

export interface ProgramVariable {
  /** Number of the variable; stable for the life of the process. */
  readonly id: number;
  readonly name: string;
  readonly buffer: number;
  readonly dtype: DType;
  readonly shape: Shape;
}

export interface Program {
  readonly buffers: readonly Buffer[];
  readonly kernels: readonly Kernel[];
  readonly inputs: readonly ProgramInput[];
  readonly variables: readonly ProgramVariable[];
  /** Read after the last kernel; contiguous in logical order. */
  readonly outputs: readonly Operand[];
  /** New values of variables. A kernel that writes the variable's buffer itself needs no entry. */
  readonly assigns: readonly Assign[];
  /** Bytes of the arena. */
  readonly arena: number;
}

/** `variables[variable]` takes the value of `value` when all kernels have run. */
export interface Assign {
  readonly variable: number;
  readonly value: Operand;
}

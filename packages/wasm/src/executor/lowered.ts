/**
 * What a kernel of the program language becomes: generated stages, and the operands and extents that their parameters
 * stand for.
 */

import type { DType, Operand, Kernel as ProgramKernel } from "@prewitt/core";
import type { CodeOptions, Extents, Kernel } from "../kernels/kernel.ts";

export interface LoweredKernel {
  readonly kernel: Kernel;
  /** Operands by parameter name. */
  readonly operands: Readonly<Record<string, Operand>>;
  readonly extents: Extents;
  readonly packing?: LoweredPacking | undefined;
  /** Other kernels that compute the same bits: which is fastest only time can tell. */
  readonly alternatives?: readonly Alternative[] | undefined;
}

export interface Alternative {
  /** What is different, for plans and profiles. */
  readonly label: string;
  make(): LoweredKernel;
}

/** The first stage of a kernel copies an operand into another form, which holds until the operand changes. */
export interface LoweredPacking {
  /** What is read; contiguous forms of the same operand made by the same stage are equal. */
  readonly source: Operand;
  /** The shared scratch buffer that the stage writes, by parameter name. */
  readonly target: string;
}

export interface LoweringContext {
  readonly options: CodeOptions;
  /** "strict" keeps to kernels that sum in plain order. */
  readonly precision: "fast" | "strict";
  dtypeOf(operand: Operand): DType;
  /** The kernel that computes an operand's buffer; `undefined` for inputs and variables. */
  writerOf(operand: Operand): ProgramKernel | undefined;
  /** Whether the operand's value outlives a run: a constant, or a variable that the program does not write. */
  isLasting(operand: Operand): boolean;
}

/** Chooses and generates the code of one kernel kind. */
export type Lowering<K extends ProgramKernel> = (kernel: K, context: LoweringContext) => LoweredKernel;

/**
 * Copies of operands: kinds that only walk through contiguous memory stage strided operands in scratch buffers, and
 * epilogues run over staged results.
 */

import type { ContractKernel, ConvKernel } from "../program/kernels.ts";
import { broadcastOperand, isContiguous, type Operand, wholeBuffer } from "../program/operand.ts";
import { identityExpression } from "../program/scalar.ts";
import type { DType } from "../tensor/dtype.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { KernelContext, Launch } from "./context.ts";
import { compileMap } from "./map.ts";

export interface Staged {
  /** What the kernel works on. */
  readonly operand: Operand;
  /** Fills the staged copy before the kernel, or empties it after; `undefined` where nothing is staged. */
  readonly copy: Launch | undefined;
}

/** Copies one operand to another of the same dtype and shape. */
export function compileCopy(from: Operand, to: Operand, context: KernelContext): Launch {
  const expression = identityExpression(context.dtypeOf(from.buffer));
  return compileMap({ shape: to.shape, expression, reads: [from], writes: [to] }, context);
}

function scratchLike(operand: Operand, dtype: DType, context: KernelContext): Operand {
  return wholeBuffer(context.scratch(dtype, sizeOf(operand.shape)), operand.shape);
}

/** The operand itself where it is contiguous, else a contiguous copy and what fills it. */
export function stageRead(operand: Operand, context: KernelContext): Staged {
  if (isContiguous(operand)) return { operand, copy: undefined };
  const staged = scratchLike(operand, context.dtypeOf(operand.buffer), context);
  return { operand: staged, copy: compileCopy(operand, staged, context) };
}

/** The operand itself where it is contiguous, else scratch to write to and what copies it to its place. */
export function stageWrite(operand: Operand, context: KernelContext): Staged {
  if (isContiguous(operand)) return { operand, copy: undefined };
  const staged = scratchLike(operand, context.dtypeOf(operand.buffer), context);
  return { operand: staged, copy: compileCopy(staged, operand, context) };
}

/** Where a kernel stores its results, and its epilogue, which reads the results once they are rounded. */
export function stageEpilogue(kernel: ContractKernel | ConvKernel, context: KernelContext): Staged {
  const write = kernel.writes[0]!;
  const { epilogue, epilogueReads = [] } = kernel;
  if (epilogue === undefined) return { operand: write, copy: undefined };
  const result = epilogue.instructions.find((i) => i.op === "read" && i.operand === 0);
  const operand = scratchLike(write, result?.dtype ?? context.dtypeOf(write.buffer), context);
  const reads = [operand, ...epilogueReads.map((r) => broadcastOperand(r, write.shape))];
  return { operand, copy: compileMap({ shape: write.shape, expression: epilogue, reads, writes: [write] }, context) };
}

/** Runs the launches in order; `undefined` ones are left out. */
export function inOrder(...launches: readonly (Launch | undefined)[]): Launch {
  const present = launches.filter((l) => l !== undefined);
  if (present.length === 1) return present[0]!;
  return (arrays) => {
    for (const launch of present) launch(arrays);
  };
}

/** Scalar expressions behind convolutions and matrix products, where the planner has fused one. */

import type {
  ContractKernel,
  ConvKernel,
  DType,
  Operand,
  Kernel as ProgramKernel,
  ScalarExpression,
} from "@prewitt/core";
import type { Epilogue } from "../kernels/epilogue.ts";
import { type EpilogueRead, expressionEpilogue, fitsEpilogue } from "../kernels/epilogue-expression.ts";
import type { LoweringContext } from "./lowered.ts";

export interface LoweredEpilogue {
  readonly epilogue: Epilogue | undefined;
  /** The operands that it reads, by parameter name. */
  readonly operands: Readonly<Record<string, Operand>>;
}

/** How an operand walks beside the result, or `undefined` where an epilogue cannot follow it. */
function walkOf(read: Operand, write: Operand, channelAxis: number): EpilogueRead["walks"] | undefined {
  const moves = (axis: number): boolean => write.shape[axis] !== 1 && read.strides[axis] !== 0;
  const axes = write.shape.map((_, axis) => axis).filter(moves);
  if (axes.length === 0) return "scalar";
  if (write.shape.every((n, axis) => n === 1 || read.strides[axis] === write.strides[axis])) return "full";
  return axes.length === 1 && axes[0] === channelAxis && read.strides[channelAxis] === 1 ? "channel" : undefined;
}

const channelAxisOf = (kernel: ProgramKernel, write: Operand): number =>
  kernel.kind === "conv" ? 1 : write.shape.length - 1;

/** Whether a kernel can take the expression behind its result. */
export function acceptsEpilogue(
  kernel: ProgramKernel,
  expression: ScalarExpression,
  reads: readonly Operand[],
  dtypeOf: (operand: Operand) => DType,
): boolean {
  const write = kernel.writes[0] as Operand;
  if (kernel.kind === "conv" && kernel.direction === "weightGradient") return false;
  if (dtypeOf(write) !== "float32" || !fitsEpilogue(expression)) return false;
  const channel = channelAxisOf(kernel, write);
  return reads.every((r) => ["float32", "bool"].includes(dtypeOf(r)) && walkOf(r, write, channel) !== undefined);
}

export function lowerEpilogue(kernel: ConvKernel | ContractKernel, context: LoweringContext): LoweredEpilogue {
  if (kernel.epilogue === undefined) return { epilogue: undefined, operands: {} };
  const write = kernel.writes[0] as Operand;
  const channel = channelAxisOf(kernel, write);
  const reads = kernel.epilogueReads ?? [];
  const forms = reads.map(
    (r): EpilogueRead => ({ dtype: context.dtypeOf(r), walks: walkOf(r, write, channel) as EpilogueRead["walks"] }),
  );
  return {
    epilogue: expressionEpilogue(kernel.epilogue, forms),
    operands: Object.fromEntries(reads.map((r, i) => [`e${i + 1}`, r])),
  };
}

/** Scalar expressions behind convolutions and matrix products, where the planner has fused one. */

import type { ContractKernel, ConvKernel, Operand } from "@prewitt/core";
import type { Epilogue } from "../kernels/epilogue.ts";
import type { LoweringContext } from "./lowered.ts";

export interface LoweredEpilogue {
  readonly epilogue: Epilogue | undefined;
  /** The operands that it reads, by parameter name. */
  readonly operands: Readonly<Record<string, Operand>>;
}

export function lowerEpilogue(kernel: ConvKernel | ContractKernel, _context: LoweringContext): LoweredEpilogue {
  if (kernel.epilogue === undefined) return { epilogue: undefined, operands: {} };
  throw new Error("epilogues are not generated yet");
}

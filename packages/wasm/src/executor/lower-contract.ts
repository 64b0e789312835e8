/** Matrix products. */

import type { ContractKernel, Operand } from "@prewitt/core";
import { contractKernel, type ContractKernel as MatrixProduct } from "../kernels/contract.ts";
import { lowerEpilogue } from "./lower-epilogue.ts";
import type { LoweredPacking, Lowering } from "./lowered.ts";

export const packingOf = (made: MatrixProduct, b: Operand): LoweredPacking | undefined =>
  made.packs ? { source: b, target: "packedB" } : undefined;

export const lowerContract: Lowering<ContractKernel> = (kernel, context) => {
  const [a, b] = kernel.reads as readonly [Operand, Operand];
  const c = kernel.writes[0] as Operand;
  const { epilogue, operands } = lowerEpilogue(kernel, context);
  const made = contractKernel({
    dtype: context.dtypeOf(c) as "float32" | "float64",
    m: kernel.m,
    n: kernel.n,
    k: kernel.k,
    batch: kernel.batch,
    aStrides: a.strides,
    bStrides: b.strides,
    cStrides: c.strides,
    relaxed: context.options.relaxed,
    keepsB: context.isLasting(b),
    epilogue,
  });
  return { kernel: made, operands: { a, b, c, ...operands }, extents: made.extents, packing: packingOf(made, b) };
};

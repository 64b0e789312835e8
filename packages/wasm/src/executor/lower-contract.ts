/** Matrix products. */

import type { ContractKernel, Operand } from "@prewitt/core";
import {
  type ContractSpec,
  type ContractVariant,
  contractKernel,
  type ContractKernel as MatrixProduct,
} from "../kernels/contract.ts";
import { alternativesOf } from "./alternatives.ts";
import { lowerEpilogue } from "./lower-epilogue.ts";
import type { LoweredKernel, LoweredPacking, Lowering } from "./lowered.ts";

const packingOf = (made: MatrixProduct, b: Operand): LoweredPacking | undefined =>
  made.packs ? { source: b, target: "packedB" } : undefined;

/**
 * Register tiles, unrolling and copies that leave the order of summation alone. Unrolled code that does not fuse
 * multiplications with additions spills on some engines, so there is nothing to gain without relaxed SIMD.
 */
const choices: readonly ContractVariant[] = [
  { tileRows: 4 },
  { unroll: 2 },
  { unroll: 8 },
  { packA: true },
  { tileRows: 4, packA: true },
  { packA: false },
];

/** A product, and other ways to the same bits. */
export function lowerProduct(spec: ContractSpec, operands: Readonly<Record<string, Operand>>): LoweredKernel {
  const lowered = (variant?: ContractVariant): LoweredKernel => {
    const made = contractKernel({ ...spec, variant });
    return { kernel: made, operands, extents: made.extents, packing: packingOf(made, operands.b as Operand) };
  };
  if (!spec.relaxed) return lowered();
  return { ...lowered(), alternatives: alternativesOf(choices, lowered) };
}

export const lowerContract: Lowering<ContractKernel> = (kernel, context) => {
  const [a, b] = kernel.reads as readonly [Operand, Operand];
  const c = kernel.writes[0] as Operand;
  const { epilogue, operands } = lowerEpilogue(kernel, context);
  const spec = {
    dtype: context.dtypeOf(c) as "float32" | "float64",
    m: kernel.m,
    n: kernel.n,
    k: kernel.k,
    batch: kernel.batch,
    aStrides: a.strides,
    bStrides: b.strides,
    cStrides: c.strides,
    ...context.options,
    keepsB: context.isLasting(b),
    epilogue,
  };
  return lowerProduct(spec, { a, b, c, ...operands });
};

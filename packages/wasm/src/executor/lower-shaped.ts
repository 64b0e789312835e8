/** Kinds that are generated straight from the program's kernel: operands by number, extents with the kernel. */

import { allReads, type Operand, type Kernel as ProgramKernel } from "@prewitt/core";
import type { CodeOptions } from "../kernels/kernel.ts";
import { type DTypes, readName, type ShapedKernel, writeName } from "../kernels/shaped.ts";
import type { Lowering } from "./lowered.ts";

type Generate<K extends ProgramKernel> = (kernel: K, dtypes: DTypes, options: CodeOptions) => ShapedKernel;

export function lowerShaped<K extends ProgramKernel>(generate: Generate<K>): Lowering<K> {
  return (kernel, context) => {
    const reads = allReads(kernel);
    const dtypes = { reads: reads.map(context.dtypeOf), writes: kernel.writes.map(context.dtypeOf) };
    const made = generate(kernel, dtypes, context.options);
    const operands: Record<string, Operand> = {};
    reads.forEach((o, i) => {
      operands[readName(i)] = o;
    });
    kernel.writes.forEach((o, i) => {
      operands[writeName(i)] = o;
    });
    return { kernel: made, operands, extents: made.extents };
  };
}

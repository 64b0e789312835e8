/** The kernel kinds and who generates them: the one place that lists them all. `host` is the executor's own. */

import type { HostKernel, Operand, PoolKernel, Kernel as ProgramKernel } from "@prewitt/core";
import { checkKernel } from "../kernels/check.ts";
import { copyKernel } from "../kernels/copy.ts";
import { gatherKernel } from "../kernels/gather.ts";
import { mapKernel } from "../kernels/map.ts";
import { poolKernel } from "../kernels/pool.ts";
import { randomKernel } from "../kernels/random.ts";
import { reduceKernel } from "../kernels/reduce.ts";
import { scanKernel } from "../kernels/scan.ts";
import { scatterKernel } from "../kernels/scatter.ts";
import { sortKernel } from "../kernels/sort.ts";
import { lowerContract } from "./lower-contract.ts";
import { lowerConv } from "./lower-conv.ts";
import { lowerShaped } from "./lower-shaped.ts";
import type { LoweredKernel, Lowering, LoweringContext } from "./lowered.ts";

const lowerPool: Lowering<PoolKernel> = (kernel, context) => {
  const index = kernel.mode === "maxGradient" ? context.writerOf(kernel.reads[1] as Operand) : undefined;
  const inWindow = index?.kind === "pool" && JSON.stringify(index.geometry) === JSON.stringify(kernel.geometry);
  return lowerShaped<PoolKernel>((k, dtypes, options) => poolKernel(k, dtypes, options, inWindow))(kernel, context);
};

export type GeneratedKernel = Exclude<ProgramKernel, HostKernel>;

const lowerings: { readonly [K in GeneratedKernel["kind"]]: Lowering<Extract<GeneratedKernel, { kind: K }>> } = {
  map: lowerShaped(mapKernel),
  reduce: lowerShaped(reduceKernel),
  scan: lowerShaped(scanKernel),
  sort: lowerShaped(sortKernel),
  contract: lowerContract,
  conv: lowerConv,
  pool: lowerPool,
  gather: lowerShaped(gatherKernel),
  scatter: lowerShaped(scatterKernel),
  random: lowerShaped(randomKernel),
  copy: lowerShaped(copyKernel),
  check: lowerShaped(checkKernel),
};

/** Generates the code of a kernel and says what its parameters stand for. */
export function lowerKernel(kernel: GeneratedKernel, context: LoweringContext): LoweredKernel {
  return (lowerings[kernel.kind] as Lowering<GeneratedKernel>)(kernel, context);
}

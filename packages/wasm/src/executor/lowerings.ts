/** The kernel kinds and who generates them: the one place that lists them all. `host` is the executor's own. */

import type { HostKernel, Kernel as ProgramKernel } from "@prewitt/core";
import { copyKernel } from "../kernels/copy.ts";
import { mapKernel } from "../kernels/map.ts";
import { poolKernel } from "../kernels/pool.ts";
import { lowerContract } from "./lower-contract.ts";
import { lowerConv } from "./lower-conv.ts";
import { lowerShaped } from "./lower-shaped.ts";
import type { LoweredKernel, Lowering, LoweringContext } from "./lowered.ts";

type Generated = Exclude<ProgramKernel, HostKernel>;
type Lowerings = { readonly [K in Generated["kind"]]: Lowering<Extract<Generated, { kind: K }>> };

const lowerings: Partial<Lowerings> = {
  map: lowerShaped(mapKernel),
  contract: lowerContract,
  conv: lowerConv,
  pool: lowerShaped(poolKernel),
  copy: lowerShaped(copyKernel),
};

export function lowerKernel(kernel: Generated, context: LoweringContext): LoweredKernel {
  const l = lowerings[kernel.kind];
  if (l === undefined) throw new Error(`no lowering of ${kernel.kind}`);
  return (l as Lowering<Generated>)(kernel, context);
}

/**
 * One compiled function for each kernel of a program.
 */

import type { Kernel } from "../program/kernels.ts";
import { compileCheck } from "./check.ts";
import type { KernelContext, Launch } from "./context.ts";
import { compileContract } from "./contract.ts";
import { compileConv } from "./conv.ts";
import { compileCopyParts } from "./copy.ts";
import { compileGather } from "./gather.ts";
import { compileHost } from "./host.ts";
import { compileMap } from "./map.ts";
import { compilePool } from "./pool.ts";
import { compileRandom } from "./random.ts";
import { compileReduce } from "./reduce.ts";
import { compileScan } from "./scan.ts";
import { compileScatter } from "./scatter.ts";
import { compileSort } from "./sort.ts";

export function compileKernel(kernel: Kernel, context: KernelContext): Launch {
  switch (kernel.kind) {
    case "map":
      return compileMap(kernel, context);
    case "reduce":
      return compileReduce(kernel, context);
    case "scan":
      return compileScan(kernel, context);
    case "sort":
      return compileSort(kernel, context);
    case "contract":
      return compileContract(kernel, context);
    case "conv":
      return compileConv(kernel, context);
    case "pool":
      return compilePool(kernel, context);
    case "gather":
      return compileGather(kernel);
    case "scatter":
      return compileScatter(kernel, context);
    case "random":
      return compileRandom(kernel, context);
    case "copy":
      return compileCopyParts(kernel, context);
    case "check":
      return compileCheck(kernel, context);
    case "host":
      return compileHost(kernel, context);
  }
}

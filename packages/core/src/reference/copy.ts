/**
 * `copy`: fills the write, then copies each read to its place, element by element or with gaps.
 */

import type { CopyKernel } from "../program/kernels.ts";
import type { Operand } from "../program/operand.ts";
import type { KernelContext, Launch } from "./context.ts";
import { compileMap } from "./map.ts";
import { compileCopy, inOrder } from "./stage.ts";

export function compileCopyParts(kernel: CopyKernel, context: KernelContext): Launch {
  const write = kernel.writes[0]!;
  const launches: Launch[] = [];
  if (kernel.fill !== undefined) {
    const dtype = context.dtypeOf(write.buffer);
    const expression = { instructions: [{ op: "const", value: kernel.fill, dtype }], results: [0] } as const;
    launches.push(compileMap({ shape: write.shape, expression, reads: [], writes: [write] }, context));
  }
  kernel.reads.forEach((part, i) => {
    const start = kernel.starts[i]!;
    const offset = start.reduce((at, s, axis) => at + s * write.strides[axis]!, write.offset);
    const steps = kernel.steps?.[i];
    const strides = write.strides.map((s, axis) => s * (steps?.[axis] ?? 1));
    const place: Operand = { buffer: write.buffer, shape: part.shape, strides, offset };
    launches.push(compileCopy(part, place, context));
  });
  return inOrder(...launches);
}

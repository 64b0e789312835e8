/**
 * `random`: word i of the write is word i mod 2 of Threefry-2x32-20 at counter (⌊i / 2⌋, 0).
 */

import type { RandomKernel } from "../program/kernels.ts";
import { threefryInto } from "../random/threefry.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { KernelContext, Launch } from "./context.ts";
import { inOrder, stageWrite } from "./stage.ts";

export function compileRandom(kernel: RandomKernel, context: KernelContext): Launch {
  const key = kernel.reads[0]!;
  const { operand, copy } = stageWrite(kernel.writes[0]!, context);
  const size = sizeOf(operand.shape);
  const stride = key.strides[0] ?? 0;
  const run: Launch = (arrays) => {
    const keys = arrays[key.buffer]!;
    const key0 = keys[key.offset]!;
    const key1 = keys[key.offset + stride]!;
    const bits = arrays[operand.buffer] as Int32Array;
    const even = size - (size % 2);
    for (let i = 0; i < even; i += 2) threefryInto(key0, key1, i / 2, 0, bits, operand.offset + i);
    if (even < size) {
      const pair = new Int32Array(2);
      threefryInto(key0, key1, even / 2, 0, pair, 0);
      bits[operand.offset + even] = pair[0]!;
    }
  };
  return inOrder(run, copy);
}

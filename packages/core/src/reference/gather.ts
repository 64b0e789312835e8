/**
 * `gather`: writes[p] = x[p with p[axis] replaced by index[p]].
 */

import type { GatherKernel } from "../program/kernels.ts";
import type { Operand } from "../program/operand.ts";
import type { Launch } from "./context.ts";
import { compileIndexCheck } from "./indexing.ts";
import { forEachRow, innerStride, makeNest } from "./nest.ts";
import { inOrder } from "./stage.ts";

export function compileGather(kernel: GatherKernel): Launch {
  const { shape, axis } = kernel;
  const [x, index] = kernel.reads as [Operand, Operand];
  const write = kernel.writes[0]!;
  const xStep = x.strides[axis]!;
  const axes = shape.map((_, a) => a);
  // The position along `axis` comes from the index, so x itself does not move along it.
  const xStrides = x.strides.map((s, a) => (a === axis ? 0 : s));
  const nest = makeNest({ shape, outerAxes: axes, strides: [xStrides, index.strides, write.strides] });
  const [xInner, indexInner, writeInner] = [innerStride(nest, 0), innerStride(nest, 1), innerStride(nest, 2)];
  const run: Launch = (arrays) => {
    const source = arrays[x.buffer]!;
    const indices = arrays[index.buffer]!;
    const target = arrays[write.buffer]!;
    const offsets = [x.offset, index.offset, write.offset];
    forEachRow(nest, offsets, (count) => {
      let from = offsets[0]!;
      let at = offsets[1]!;
      let to = offsets[2]!;
      for (let i = 0; i < count; i++, from += xInner, at += indexInner, to += writeInner) {
        target[to] = source[from + indices[at]! * xStep]!;
      }
    });
  };
  return inOrder(compileIndexCheck(kernel), run);
}

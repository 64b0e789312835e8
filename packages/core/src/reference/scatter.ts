/**
 * `scatter`: x copied, then writes[p with p[axis] replaced by index[p]] += source[p] in row-major order of p.
 * Sums are taken in a float64 copy of the target and rounded once; integers wrap.
 */

import type { ScatterKernel } from "../program/kernels.ts";
import { type Operand, wholeBuffer } from "../program/operand.ts";
import { isFloat } from "../tensor/dtype.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { KernelContext, Launch } from "./context.ts";
import { compileIndexCheck } from "./indexing.ts";
import { compileMap } from "./map.ts";
import { forEachRow, innerStride, makeNest } from "./nest.ts";
import { inOrder } from "./stage.ts";

export function compileScatter(kernel: ScatterKernel, context: KernelContext): Launch {
  const { shape, axis } = kernel;
  const [x, index, source] = kernel.reads as [Operand, Operand, Operand];
  const write = kernel.writes[0]!;
  const dtype = context.dtypeOf(x.buffer);
  const sumDType = isFloat(dtype) ? "float64" : "int32";
  const sums = wholeBuffer(context.scratch(sumDType, sizeOf(write.shape)), write.shape);
  const widen = { instructions: [{ op: "read", operand: 0, dtype }], results: [0] } as const;
  const step = sums.strides[axis]!;
  const axes = shape.map((_, a) => a);
  const sumStrides = sums.strides.map((s, a) => (a === axis ? 0 : s));
  const nest = makeNest({ shape, outerAxes: axes, strides: [sumStrides, index.strides, source.strides] });
  const [sumInner, indexInner, sourceInner] = [innerStride(nest, 0), innerStride(nest, 1), innerStride(nest, 2)];
  const add: Launch = (arrays) => {
    const target = arrays[sums.buffer]!;
    const indices = arrays[index.buffer]!;
    const terms = arrays[source.buffer]!;
    const offsets = [0, index.offset, source.offset];
    forEachRow(nest, offsets, (count) => {
      let to = offsets[0]!;
      let at = offsets[1]!;
      let from = offsets[2]!;
      for (let i = 0; i < count; i++, to += sumInner, at += indexInner, from += sourceInner) {
        target[to + indices[at]! * step]! += terms[from]!;
      }
    });
  };
  const copyIn = compileMap({ shape: write.shape, expression: widen, reads: [x], writes: [sums] }, context);
  // Storing into the narrower array rounds, or wraps.
  const copyOut = compileMap({ shape: write.shape, expression: widen, reads: [sums], writes: [write] }, context);
  return inOrder(compileIndexCheck(kernel), copyIn, add, copyOut);
}

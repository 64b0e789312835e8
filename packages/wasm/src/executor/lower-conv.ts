/** Convolutions: float32 by the algorithm that suits the shape, weights packed first; float64 by plain loops. */

import type { ConvKernel, Operand } from "@prewitt/core";
import { chain } from "../kernels/chain.ts";
import { convKernel } from "../kernels/conv.ts";
import { convPlain } from "../kernels/conv-plain.ts";
import { lowerEpilogue } from "./lower-epilogue.ts";
import type { LoweredKernel, Lowering, LoweringContext } from "./lowered.ts";

export const lowerConv: Lowering<ConvKernel> = (kernel, context) => {
  const [first, second] = kernel.reads as readonly [Operand, Operand];
  const write = kernel.writes[0] as Operand;
  if (context.dtypeOf(write) !== "float32") return plainConv(kernel, context);
  const { geometry, direction } = kernel;
  const { epilogue, operands } = lowerEpilogue(kernel, context);
  const { relaxed } = context.options;
  const { batch } = geometry;
  const made = convKernel({ direction, shape: geometry, batch, precision: context.precision, relaxed, epilogue });
  const extents = { batch };
  if (direction === "weightGradient") return { kernel: made, operands: { x: first, dy: second, dw: write }, extents };
  const named = { x: first, w: second, y: write, ...operands };
  if (made.packing === undefined) return { kernel: made, operands: named, extents };
  return { kernel: chain([made.packing.kernel, made], { packed: made.packing.bytes }), operands: named, extents };
};

function plainConv(kernel: ConvKernel, context: LoweringContext): LoweredKernel {
  const [first, second] = kernel.reads as readonly [Operand, Operand];
  const result = kernel.writes[0] as Operand;
  const dtype = context.dtypeOf(result) as "float32" | "float64";
  const { direction, geometry } = kernel;
  const spec = { direction, geometry, dtype, first: first.strides, second: second.strides, result: result.strides };
  return { kernel: convPlain(spec), operands: { first, second, result }, extents: { batch: geometry.batch } };
}

/**
 * Convolutions: which algorithm computes which shape, and the kernels that do it, weights included.
 *
 * The choice follows from the shape alone, never from timing, since algorithms round differently.
 */

import type { ConvKernel, Operand } from "@prewitt/core";
import { chain } from "../kernels/chain.ts";
import { convDirect } from "../kernels/conv-direct.ts";
import { convPlain } from "../kernels/conv-plain.ts";
import { transposedShape } from "../kernels/conv-shape.ts";
import { packedBytes } from "../kernels/direct-plan.ts";
import { winogradFused } from "../kernels/winograd-forward.ts";
import { filterBytes, winogradFits } from "../kernels/winograd-plan.ts";
import { winogradWeightGradient } from "../kernels/winograd-weight-gradient.ts";
import { winogradWeights } from "../kernels/winograd-weights.ts";
import { lowerEpilogue } from "./lower-epilogue.ts";
import type { LoweredKernel, Lowering, LoweringContext } from "./lowered.ts";

/** Whether tiles and channels are full enough for Winograd to win. */
function prefersWinograd(kernel: ConvKernel, context: LoweringContext): boolean {
  const { geometry: g } = kernel;
  return context.precision === "fast" && winogradFits(g) && g.channels >= 32 && g.filters >= 32;
}

export const lowerConv: Lowering<ConvKernel> = (kernel, context) => {
  const [first, second] = kernel.reads as readonly [Operand, Operand];
  const write = kernel.writes[0] as Operand;
  const extents = { batch: kernel.geometry.batch };
  if (context.dtypeOf(write) !== "float32") return plainConv(kernel, context);
  const { geometry: shape, direction } = kernel;
  const { relaxed } = context.options;
  if (direction === "weightGradient") {
    if (!prefersWinograd(kernel, context)) return plainConv(kernel, context);
    const arrangement = shape.channels * shape.filters > 128 * 128 ? "staged" : "chunked";
    return { kernel: winogradWeightGradient({ shape, arrangement, relaxed }), operands: { x: first, dy: second, dw: write }, extents };
  }
  const { epilogue, operands } = lowerEpilogue(kernel, context);
  const named = { x: first, w: second, y: write, ...operands };
  if (prefersWinograd(kernel, context)) {
    const computed = direction === "forward" ? shape : transposedShape(shape);
    const main = winogradFused({ shape: computed, relaxed, ...(epilogue === undefined ? {} : { epilogue }) });
    const weights = winogradWeights({ shape, direction, relaxed });
    return { kernel: chain([weights, main], { u: filterBytes(computed.channels, computed.filters) }), operands: named, extents };
  }
  const main = convDirect({ shape, direction, relaxed, ...(epilogue === undefined ? {} : { epilogue }) });
  return { kernel: chain([main.weights, main], { packed: packedBytes(main.plan) }), operands: named, extents };
};

function plainConv(kernel: ConvKernel, context: LoweringContext): LoweredKernel {
  const [first, second] = kernel.reads as readonly [Operand, Operand];
  const result = kernel.writes[0] as Operand;
  const dtype = context.dtypeOf(result) as "float32" | "float64";
  const { direction, geometry } = kernel;
  const spec = { direction, geometry, dtype, first: first.strides, second: second.strides, result: result.strides };
  return { kernel: convPlain(spec), operands: { first, second, result }, extents: { batch: geometry.batch } };
}

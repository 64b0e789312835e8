/** Convolutions: float32 by the algorithm that suits the shape, 1×1 as matrix products; float64 by plain loops. */

import type { ConvKernel, Operand } from "@prewitt/core";
import { chain } from "../kernels/chain.ts";
import { contractKernel } from "../kernels/contract.ts";
import { convKernel } from "../kernels/conv.ts";
import { convPlain } from "../kernels/conv-plain.ts";
import { packingOf } from "./lower-contract.ts";
import { lowerEpilogue } from "./lower-epilogue.ts";
import type { LoweredKernel, Lowering, LoweringContext } from "./lowered.ts";

export const lowerConv: Lowering<ConvKernel> = (kernel, context) => {
  const [first, second] = kernel.reads as readonly [Operand, Operand];
  const write = kernel.writes[0] as Operand;
  if (context.dtypeOf(write) !== "float32") return plainConv(kernel, context);
  if (isPointwise(kernel)) return pointwiseConv(kernel, context);
  const { geometry, direction } = kernel;
  const { epilogue, operands } = lowerEpilogue(kernel, context);
  const { relaxed } = context.options;
  const { batch } = geometry;
  const made = convKernel({ direction, shape: geometry, batch, precision: context.precision, relaxed, epilogue });
  const extents = { batch };
  if (direction === "weightGradient") return { kernel: made, operands: { x: first, dy: second, dw: write }, extents };
  const named = { x: first, w: second, y: write, ...operands };
  if (made.packing === undefined) return { kernel: made, operands: named, extents };
  const kernelAndPacking = chain([made.packing.kernel, made], { packed: made.packing.bytes });
  const packing = { source: second, target: "packed" };
  return { kernel: kernelAndPacking, operands: named, extents, packing };
};

/** Whether every output reads the one input at its own place: then channels-last images are rows of a matrix. */
function isPointwise({ geometry: { groups, axes } }: ConvKernel): boolean {
  return groups === 1 && axes.every((a) => a.kernel === 1 && a.stride === 1 && a.padBefore === 0 && a.padAfter === 0);
}

/**
 * 1×1 convolutions as products: y = x wᵀ, dx = dy w, dw = dyᵀ x, with one row a pixel. x: [pixels, I], dy: [pixels, O],
 * w: [O, I].
 */
function pointwiseConv(kernel: ConvKernel, context: LoweringContext): LoweredKernel {
  const [a, b] = kernel.reads as readonly [Operand, Operand];
  const c = kernel.writes[0] as Operand;
  const { batch, channels, filters, axes } = kernel.geometry;
  const pixels = batch * axes[0].output * axes[1].output;
  const { epilogue, operands } = lowerEpilogue(kernel, context);
  const common = { relaxed: context.options.relaxed, epilogue };
  if (kernel.direction === "weightGradient") {
    const sizes = { m: filters, n: channels, k: pixels };
    const made = contractKernel({
      ...common,
      ...sizes,
      aStrides: [1, filters],
      bStrides: [channels, 1],
      cStrides: [channels, 1],
    });
    return { kernel: made, operands: { a: b, b: a, c }, extents: made.extents };
  }
  const forward = kernel.direction === "forward";
  const [n, k] = forward ? [filters, channels] : [channels, filters];
  const bStrides = forward ? [1, channels] : [channels, 1];
  const sizes = { m: pixels, n, k };
  const keepsB = context.isLasting(b);
  const made = contractKernel({ ...common, ...sizes, keepsB, aStrides: [k, 1], bStrides, cStrides: [n, 1] });
  return { kernel: made, operands: { a, b, c, ...operands }, extents: made.extents, packing: packingOf(made, b) };
}

function plainConv(kernel: ConvKernel, context: LoweringContext): LoweredKernel {
  const [first, second] = kernel.reads as readonly [Operand, Operand];
  const result = kernel.writes[0] as Operand;
  const dtype = context.dtypeOf(result) as "float32" | "float64";
  const { direction, geometry } = kernel;
  const spec = { direction, geometry, dtype, first: first.strides, second: second.strides, result: result.strides };
  return { kernel: convPlain(spec), operands: { first, second, result }, extents: { batch: geometry.batch } };
}

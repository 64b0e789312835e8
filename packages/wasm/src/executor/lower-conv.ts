/** Convolutions: float32 by the algorithm that suits the shape, 1×1 as matrix products; float64 by plain loops. */

import type { ConvKernel, Operand } from "@prewitt/core";
import { chain } from "../kernels/chain.ts";
import { type ConvVariant, convKernel, type ConvKernel as MadeConv } from "../kernels/conv.ts";
import type { ConvAlgorithm, ConvDirection } from "../kernels/conv-choice.ts";
import { convPlain } from "../kernels/conv-plain.ts";
import { alternativesOf } from "./alternatives.ts";
import { lowerProduct } from "./lower-contract.ts";
import { lowerEpilogue } from "./lower-epilogue.ts";
import type { LoweredKernel, Lowering, LoweringContext } from "./lowered.ts";

export const lowerConv: Lowering<ConvKernel> = (kernel, context) => {
  const [first, second] = kernel.reads as readonly [Operand, Operand];
  const write = kernel.writes[0] as Operand;
  if (context.dtypeOf(write) !== "float32") return plainConv(kernel, context);
  if (isPointwise(kernel)) return pointwiseConv(kernel, context);
  const { geometry, direction } = kernel;
  const { epilogue, operands } = lowerEpilogue(kernel, context);
  const { options } = context;
  const { batch } = geometry;
  const extents = { batch };
  const spec = { direction, shape: geometry, batch, precision: context.precision, ...options, epilogue };
  const lowered = (made: MadeConv): LoweredKernel => {
    if (direction === "weightGradient") return { kernel: made, operands: { x: first, dy: second, dw: write }, extents };
    const named = { x: first, w: second, y: write, ...operands };
    if (made.packing === undefined) return { kernel: made, operands: named, extents };
    const kernelAndPacking = chain([made.packing.kernel, made], { packed: made.packing.bytes });
    const packing = { source: second, target: "packed" };
    return { kernel: kernelAndPacking, operands: named, extents, packing };
  };
  const made = convKernel(spec);
  const { algorithm } = made;
  const choices = options.relaxed ? convChoices(direction, algorithm, options.wide === true) : [];
  const alternatives = alternativesOf(choices, (variant) =>
    lowered(convKernel({ ...spec, variant: { ...variant, algorithm } })),
  );
  return { ...lowered(made), alternatives };
};

/** Register tiles, unrolling and blocks that leave the order of every sum alone. */
function convChoices(direction: ConvDirection, algorithm: ConvAlgorithm, wide: boolean): readonly ConvVariant[] {
  if (direction === "weightGradient") {
    if (algorithm === "winograd") return [2, 8].map((unroll) => ({ winogradWeightGradient: { unroll } }));
    if (algorithm === "direct")
      return [{ rows: 4 }, { rows: wide ? 5 : 6 }, { unroll: 2 }].map((weightGradient) => ({ weightGradient }));
    return [];
  }
  if (algorithm === "winograd") {
    const blocks = wide ? [{ blockTiles: 32 }, { blockTiles: 64 }] : [{ tileRows: 6 }];
    return [{ tileRows: 4 }, ...blocks, { unroll: 4 }, { groupFilters: 32 }, { groupFilters: 128 }].map((winograd) => ({
      winograd,
    }));
  }
  if (algorithm === "direct")
    return [{ rows: 4 }, { rows: 5 }, { rows: 6 }, { unroll: 2 }, { unroll: 8 }].map((direct) => ({ direct }));
  return [];
}

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
  const common = { ...context.options, epilogue };
  if (kernel.direction === "weightGradient") {
    const sizes = { m: filters, n: channels, k: pixels };
    const strides = { aStrides: [1, filters], bStrides: [channels, 1], cStrides: [channels, 1] };
    return lowerProduct({ ...common, ...sizes, ...strides }, { a: b, b: a, c });
  }
  const forward = kernel.direction === "forward";
  const [n, k] = forward ? [filters, channels] : [channels, filters];
  const bStrides = forward ? [1, channels] : [channels, 1];
  const sizes = { m: pixels, n, k };
  const keepsB = context.isLasting(b);
  const strides = { aStrides: [k, 1], bStrides, cStrides: [n, 1] };
  return lowerProduct({ ...common, ...sizes, keepsB, ...strides }, { a, b, c, ...operands });
}

function plainConv(kernel: ConvKernel, context: LoweringContext): LoweredKernel {
  const [first, second] = kernel.reads as readonly [Operand, Operand];
  const result = kernel.writes[0] as Operand;
  const dtype = context.dtypeOf(result) as "float32" | "float64";
  const { direction, geometry } = kernel;
  const spec = { direction, geometry, dtype, first: first.strides, second: second.strides, result: result.strides };
  return { kernel: convPlain(spec), operands: { first, second, result }, extents: { batch: geometry.batch } };
}

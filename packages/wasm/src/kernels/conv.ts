/**
 * Convolution kernels of float32, all directions and geometries: one way in for every algorithm.
 *
 * Activations lie channels-last without gaps (N, H, W, groups · channels), weights and their gradient logically
 * (groups · O, I, kh, kw) without gaps. Forward and input gradient read weights packed for the algorithm: `packing` makes
 * them from parameter `w` into `packed`, once per change of the weights.
 */

import {
  type ConvAlgorithm,
  type ConvDirection,
  chooseConv,
  weightGradientArrangement,
  winogradArrangement,
} from "./conv-choice.ts";
import { convDepthwise, type DepthwiseVariant } from "./conv-depthwise.ts";
import { convDirect } from "./conv-direct.ts";
import { type ConvShape, transposedShape } from "./conv-shape.ts";
import { convWeightGradient } from "./conv-weight-gradient.ts";
import { zeroWeightGradient } from "./conv-zero.ts";
import { depthwiseWeightGradient } from "./depthwise-weight-gradient.ts";
import { type DirectVariant, packedBytes } from "./direct-plan.ts";
import type { Epilogue } from "./epilogue.ts";
import type { CodeOptions, Kernel } from "./kernel.ts";
import type { WeightGradientVariant } from "./weight-gradient-plan.ts";
import { type Arrangement, winogradConv } from "./winograd-forward.ts";
import { filterBytes, type WinogradVariant, winogradFits } from "./winograd-plan.ts";
import { type WinogradWeightGradientVariant, winogradWeightGradient } from "./winograd-weight-gradient.ts";
import { winogradWeights } from "./winograd-weights.ts";

/** Forced choices, for tests and tuning; only those that the algorithm and direction have are looked at. */
export interface ConvVariant {
  readonly algorithm?: ConvAlgorithm;
  readonly winograd?: WinogradVariant & { readonly arrangement?: Arrangement };
  readonly winogradWeightGradient?: WinogradWeightGradientVariant & { readonly arrangement?: "chunked" | "staged" };
  readonly direct?: DirectVariant;
  readonly weightGradient?: WeightGradientVariant;
  readonly depthwise?: DepthwiseVariant & { readonly chunks?: number };
}

export interface ConvSpec extends CodeOptions {
  readonly direction: ConvDirection;
  /** The shape of the forward convolution, whatever the direction. */
  readonly shape: ConvShape;
  /** Decides the cut into tasks; code runs at any batch. */
  readonly batch: number;
  readonly precision?: "fast" | "strict";
  /** Forward and input gradient only. */
  readonly epilogue?: Epilogue | undefined;
  readonly variant?: ConvVariant | undefined;
}

export interface ConvKernel extends Kernel {
  readonly algorithm: ConvAlgorithm;
  /** Parameters `w` (read) and `packed` (written, so many bytes). Absent from the weight gradient. */
  readonly packing?: { readonly kernel: Kernel; readonly bytes: number };
}

/**
 * Parameters by name: forward reads `x`, `packed` and writes `y`; the input gradient reads dy as `x` and writes dx as `y`;
 * the weight gradient reads `x`, `dy` and writes `dw`. Extent: `batch`.
 */
export function convKernel(spec: ConvSpec): ConvKernel {
  const { direction, shape, precision = "fast", variant = {} } = spec;
  const algorithm = variant.algorithm ?? chooseConv({ shape, direction, precision });
  if (algorithm === "winograd" && !winogradFits(shape)) throw new Error("Winograd does not compute this convolution");
  const kernel =
    direction === "weightGradient" ? gradientOfWeights(spec, algorithm) : convolution(spec, algorithm, direction);
  return { ...kernel, algorithm };
}

type Packed = Omit<ConvKernel, "algorithm">;

function convolution(spec: ConvSpec, algorithm: ConvAlgorithm, direction: "forward" | "inputGradient"): Packed {
  const { shape, batch, epilogue, variant = {} } = spec;
  const options = codeOptions(spec);
  const [y, x] = shape.axes;
  if (direction === "forward" && (y.output <= 0 || x.output <= 0)) {
    return { variant: "nothing", stages: [], scratch: () => ({ shared: {}, local: 0 }), flops: () => 0 };
  }
  const fusing = epilogue === undefined ? {} : { epilogue };
  if (algorithm === "winograd") {
    const computed = direction === "forward" ? shape : transposedShape(shape);
    const { arrangement, ...cut } = winogradArrangement(computed, batch, options);
    const kernel = winogradConv({
      shape: computed,
      ...options,
      ...fusing,
      arrangement: variant.winograd?.arrangement ?? arrangement,
      variant: { ...cut, ...variant.winograd },
    });
    const bytes = filterBytes(computed.channels, computed.filters);
    return { ...kernel, packing: { kernel: winogradWeights({ shape, direction, ...options }), bytes } };
  }
  if (algorithm === "depthwise") {
    const kernel = convDepthwise({ shape, direction, ...options, ...fusing, variant: variant.depthwise ?? {} });
    return { ...kernel, packing: { kernel: kernel.weights, bytes: kernel.packedBytes } };
  }
  const kernel = convDirect({ shape, direction, ...options, ...fusing, variant: variant.direct ?? {} });
  return { ...kernel, packing: { kernel: kernel.weights, bytes: packedBytes(kernel.plan) } };
}

/** The part of a specification that is about the engine. */
const codeOptions = ({ relaxed, wide = false }: CodeOptions): CodeOptions => ({ relaxed, wide });

function gradientOfWeights(spec: ConvSpec, algorithm: ConvAlgorithm): Kernel {
  const { shape, variant = {} } = spec;
  const options = codeOptions(spec);
  const [y, x] = shape.axes;
  if (y.output <= 0 || x.output <= 0) return zeroWeightGradient(shape);
  if (algorithm === "winograd") {
    const forced = variant.winogradWeightGradient ?? {};
    const arrangement = forced.arrangement ?? weightGradientArrangement(shape);
    return winogradWeightGradient({ shape, ...options, arrangement, variant: forced });
  }
  if (algorithm === "depthwise")
    return depthwiseWeightGradient({ shape, ...options, variant: variant.depthwise ?? {} });
  return convWeightGradient({ shape, ...options, variant: variant.weightGradient ?? {} });
}

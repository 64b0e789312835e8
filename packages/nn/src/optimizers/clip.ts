/** Limiting gradients before a step: by the norm of all of them together, or element by element. */

import { locate, OptionError, type Tensor } from "@prewitt/core";
import type { ParameterGradients } from "./optimizer.ts";

function entriesOf(op: string, gradients: ParameterGradients): readonly (readonly [string, Tensor])[] {
  const entries = Object.entries(gradients);
  if (entries.length > 0) return entries;
  throw locate(new OptionError({ op, summary: "there are no gradients", fix: "pass grad(loss, model.parameters())" }));
}

function demandLimit(op: string, name: string, limit: number | Tensor): void {
  if (typeof limit !== "number" || limit > 0) return;
  throw locate(new OptionError({ op, summary: `${name} must be above 0, got ${limit}`, fix: `write ${name} = 1` }));
}

/**
 * √Σ g² over all elements of all gradients: a scalar, float32 unless all gradients are float64. Infinite where the squares
 * overflow.
 *
 * @example const norm = globalNorm(grad(loss, model.parameters()));
 */
export function globalNorm(gradients: ParameterGradients): Tensor {
  const entries = entriesOf("globalNorm", gradients);
  const dtype = entries.every(([, g]) => g.dtype === "float64") ? "float64" : "float32";
  return entries
    .map(([, g]) => g.square().sum().cast(dtype))
    .reduce((total, part) => total.add(part))
    .sqrt();
}

export interface ClippedGradients {
  readonly gradients: Record<string, Tensor>;
  /** The norm before clipping: return it from a compiled step, so that one that is not finite stops the step. */
  readonly norm: Tensor;
}

/**
 * Gradients times min(1, maxNorm / (norm + 10⁻⁶)), with `norm` that of all of them together, as in PyTorch; directions
 * stay. `maxNorm` is a number or a scalar tensor. Throws `OptionError` for a limit that is not above 0.
 *
 * @example
 * const step = compile((x: Tensor, y: Tensor) => {
 *   const loss = crossEntropy(model.forward(x), y);
 *   const { gradients, norm } = clipByGlobalNorm(grad(loss, model.parameters()), 1);
 *   optimizer.step(gradients);
 *   return { loss, norm };
 * });
 */
export function clipByGlobalNorm(gradients: ParameterGradients, maxNorm: number | Tensor): ClippedGradients {
  demandLimit("clipByGlobalNorm", "maxNorm", maxNorm);
  const norm = globalNorm(gradients);
  const inverse = norm.add(1e-6).reciprocal();
  const limit = typeof maxNorm === "number" ? inverse.mul(maxNorm) : inverse.mul(maxNorm.cast(norm.dtype));
  const factor = limit.minimum(1);
  const clipped = Object.entries(gradients).map(([path, g]) => [path, g.mul(factor.cast(g.dtype))] as const);
  return { gradients: Object.fromEntries(clipped), norm };
}

/** Every element limited to −limit … limit. Throws `OptionError` for a limit that is not above 0. */
export function clipByValue(gradients: ParameterGradients, limit: number): Record<string, Tensor> {
  demandLimit("clipByValue", "limit", limit);
  return Object.fromEntries(entriesOf("clipByValue", gradients).map(([path, g]) => [path, g.clamp(-limit, limit)]));
}

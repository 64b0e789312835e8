/** The scale γ and shift β behind a normalisation: checks, and filling in the one that is missing. */

import { type Shape, sameShape, scalarNode, type Tensor, type TensorSpec } from "@prewitt/core";
import type { Problems } from "../problems.ts";

export interface AffineOptions {
  /** Scale γ. Default: ones. */
  readonly weight?: Tensor | undefined;
  /** Shift β. Default: zeros. */
  readonly bias?: Tensor | undefined;
  /** Added to the variance under the root. Default 1e-5. */
  readonly eps?: number | undefined;
}

/** `[]` when neither is given, else both. */
export function readAffine(options: AffineOptions, shape: Shape): readonly Tensor[] {
  const { weight, bias } = options;
  const given = weight ?? bias;
  if (given === undefined) return [];
  const constant = (value: number): Tensor => scalarNode(value, given.dtype).broadcastTo(shape);
  return [weight ?? constant(1), bias ?? constant(0)];
}

export function readEps(problems: Problems, eps: unknown): number {
  if (eps === undefined) return 1e-5;
  if (typeof eps === "number" && eps >= 0 && Number.isFinite(eps)) return eps;
  problems.option({
    summary: "eps must be a number of 0 or more",
    detail: `eps is ${String(eps)}`,
    fix: "write eps: 1e-5",
  });
  return 1e-5;
}

/** Demands shape and dtype of weight and bias. `axes` says which axes they have, e.g. "[C]". */
export function demandAffine(
  problems: Problems,
  affine: Readonly<Record<string, TensorSpec | undefined>>,
  x: TensorSpec,
  shape: Shape,
  axes: string,
): void {
  for (const [name, spec] of Object.entries(affine)) {
    if (spec === undefined) continue;
    if (!sameShape(spec.shape, shape)) {
      problems.shape({
        summary: `${name} does not fit`,
        detail: `${name} has the shape [${spec.shape.join(", ")}], ${axes} = [${shape.join(", ")}] is needed`,
        fix: `give ${name} the shape [${shape.join(", ")}]`,
      });
    }
    if (spec.dtype !== x.dtype) {
      problems.dtype({
        summary: `${name} must have the dtype of x`,
        detail: `${name} is ${spec.dtype}, x is ${x.dtype}`,
        fix: `${name}.cast("${x.dtype}")`,
      });
    }
  }
}

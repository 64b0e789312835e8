/**
 * Operands with named axes, and the conditions on dtype and rank that most ops of this package share.
 */

import { type DType, isFloat, type OperandInfo, type TensorSpec } from "@prewitt/core";
import type { Problems } from "./problems.ts";

export const IMAGE_AXES = ["N", "C", "H", "W"] as const;
export const WEIGHT_AXES = ["O", "I", "KH", "KW"] as const;

const spatial: readonly (readonly string[])[] = [[], ["L"], ["H", "W"], ["D", "H", "W"]];

/** `["N", "C", "H", "W"]` for rank 4; numbered axes beyond rank 5. */
export function channelAxes(rank: number): readonly string[] | undefined {
  const rest = spatial[rank - 2];
  return rest === undefined ? undefined : ["N", "C", ...rest];
}

export function named(name: string, spec: TensorSpec, axes?: readonly string[]): OperandInfo {
  return { name, shape: spec.shape, dtype: spec.dtype, axes };
}

/** Demands 4 axes. Returns whether there are. */
export function demandImages(problems: Problems, name: string, spec: TensorSpec): boolean {
  const rank = spec.shape.length;
  if (rank === 4) return true;
  const fix =
    rank === 3
      ? `${name}.unsqueeze(0) for a batch of one image, or ${name}.unsqueeze(1) for images of one channel`
      : rank === 2
        ? `${name}.reshape([1, 1, ${spec.shape.join(", ")}]) for one image of one channel`
        : `reshape ${name} to [N, C, H, W]`;
  problems.shape({ summary: `${name} must have 4 axes [N, C, H, W]`, detail: `${name} has rank ${rank}`, fix });
  return false;
}

/** Demands images with at least one cell. */
export function demandCells(problems: Problems, x: TensorSpec): void {
  if (!demandImages(problems, "x", x) || (x.shape[2] !== 0 && x.shape[3] !== 0)) return;
  problems.shape({
    summary: "the image is empty",
    detail: `[H, W] = [${x.shape[2]}, ${x.shape[3]}]`,
    fix: "give the image at least 1 row and 1 column",
  });
}

/** Demands a float dtype. */
export function demandFloat(problems: Problems, name: string, spec: TensorSpec): void {
  if (isFloat(spec.dtype)) return;
  problems.dtype({
    summary: `${name} must be float32 or float64`,
    detail: `${name} is ${spec.dtype}`,
    fix: `${name}.cast("float32")`,
  });
}

/** Demands one float dtype for all. */
export function demandSameFloat(problems: Problems, specs: Readonly<Record<string, TensorSpec>>): void {
  const entries = Object.entries(specs);
  const float = entries.find(([, s]) => isFloat(s.dtype));
  const wanted: DType = float?.[1].dtype ?? "float32";
  const odd = entries.find(([, s]) => s.dtype !== wanted);
  if (odd === undefined) return;
  problems.dtype({
    summary: `${entries.map(([name]) => name).join(" and ")} must have one float dtype`,
    detail: entries.map(([name, s]) => `${name} is ${s.dtype}`).join(", "),
    fix: `${odd[0]}.cast("${wanted}")`,
  });
}

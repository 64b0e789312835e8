/**
 * What the options of all architectures have in common, and how wide a network of another `width` is.
 */

import { checkOptions, locate, OptionError, type Tensor } from "@prewitt/core";

export interface ModelOptions {
  /** Number of logits. Default 1000, those of ImageNet, unless the model says otherwise. */
  readonly classes?: number | undefined;
  /** Channels of the images; inferred by `init` when absent, checked when given. */
  readonly inChannels?: number | undefined;
  /** Factor on the channels of every layer but the last, rounded, at least 1 channel. Default 1: the published widths. */
  readonly width?: number | undefined;
}

/** Values between the stages of a network by name, in the order of the stages. */
export type FeatureMaps = Readonly<Record<string, Tensor>>;

/** Names under which other libraries know our options, for suggestions in errors. */
export const OTHER_NAMES: Readonly<Record<string, string>> = {
  num_classes: "classes",
  numClasses: "classes",
  n_classes: "classes",
  out: "classes",
  in: "inChannels",
  in_channels: "inChannels",
  n_channels: "inChannels",
  width_mult: "width",
  widthMult: "width",
  alpha: "width",
  batch_norm: "batchNorm",
  bn: "batchNorm",
  aux_logits: "auxLogits",
  aux: "auxLogits",
  transform_input: "transformInput",
  zero_init_residual: "zeroInitResidual",
  levels: "depth",
  bilinear: "upsampling",
  embedding: "dimensions",
  embeddingSize: "dimensions",
};

const COMMON = ["classes", "inChannels", "width"] as const;

/** Throws `OptionError` for unknown options, sizes that are no positive integers, and a width that is not positive. */
export function checkModelOptions(name: string, options: ModelOptions, own: readonly string[] = []): void {
  checkOptions(name, options, [...COMMON, ...own], OTHER_NAMES);
  demandCount(name, "classes", options.classes ?? 1, 10);
  demandCount(name, "inChannels", options.inChannels ?? 1, 3);
  const { width = 1 } = options;
  if (Number.isFinite(width) && width > 0) return;
  throw locate(
    new OptionError({
      op: name,
      summary: `width must be a positive factor, got ${String(width)}`,
      fix: "write width: 1 for the published widths, or width: 0.5 for half of them",
    }),
  );
}

/** Throws `OptionError` unless `value` is a positive integer. */
export function demandCount(name: string, option: string, value: unknown, example: number): void {
  if (Number.isSafeInteger(value) && (value as number) >= 1) return;
  throw locate(
    new OptionError({
      op: name,
      summary: `${option} must be a positive integer, got ${String(value)}`,
      fix: `write ${option}: ${example}`,
    }),
  );
}

/** Throws `OptionError` unless `value` is one of `allowed`. */
export function demandOneOf<T extends string>(name: string, option: string, value: T, allowed: readonly T[]): void {
  if (allowed.includes(value)) return;
  const words = allowed.map((word) => `"${word}"`);
  throw locate(
    new OptionError({
      op: name,
      summary: `unknown ${option} ${typeof value === "string" ? `"${value}"` : String(value)}`,
      fix: `pass ${words.slice(0, -1).join(", ")} or ${words.at(-1)}`,
    }),
  );
}

/** The function from published channels to those of a network of this width. */
export function scaledBy(width = 1): (channels: number) => number {
  return (channels) => Math.max(1, Math.round(channels * width));
}

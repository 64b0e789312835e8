/**
 * What the layers of convolutions share: checks of channels and groups, given and found, the bound of first values, and
 * the line that describes them.
 */

import { locate, OptionError, type TensorSpec } from "@prewitt/core";
import type { PairOption } from "@prewitt/ops";
import { constant, type Initializer, uniform } from "../initializers/initializers.ts";
import { demandPair, demandSize, inputSize, optionText, pairText } from "./sizes.ts";

interface Channels {
  readonly out: number;
  readonly in?: number | undefined;
  readonly groups?: number | undefined;
}

/** Throws `OptionError` unless `out`, `in` and `groups` are sizes and groups divides both. */
export function demandConvChannels(op: string, options: Channels, example: string): void {
  demandSize(op, "out", options?.out, example);
  if (options.in !== undefined) demandSize(op, "in", options.in, "in: 3, or leave it out");
  const groups = demandSize(op, "groups", options.groups ?? 1, "groups: 1");
  const problems = [
    ...(options.out % groups === 0 ? [] : [`out = ${options.out} is no multiple of groups = ${groups}`]),
    ...((options.in ?? 0) % groups === 0 ? [] : [`in = ${options.in} is no multiple of groups = ${groups}`]),
  ];
  if (problems.length === 0) return;
  throw locate(
    new OptionError({
      op,
      summary: "groups must divide the channels",
      problems,
      fix: `write groups: 1, or out: ${Math.ceil(options.out / groups) * groups}`,
    }),
  );
}

/** The input channels, of images or (`axes` given) of something else; a multiple of groups. Throws as `inputSize`. */
export function convChannels(
  op: string,
  { in: given, out, groups = 1 }: Channels,
  inputs: readonly TensorSpec[] | undefined,
  axes: readonly string[] = ["N", "C", "H", "W"],
): number {
  const rankFix =
    axes.length === 4
      ? "images are [N, C, H, W]: give init the shape [channels, height, width]"
      : "signals are [N, C, L]: give init the shape [channels, length]";
  const channels = inputSize({ op, what: "channels", given, option: "in", axes, axis: 1, rankFix }, inputs);
  if (channels % groups === 0) return channels;
  throw locate(
    new OptionError({
      op,
      summary: `the input has ${channels} channels, no multiple of groups = ${groups}`,
      fix: `write groups: 1${channels === out ? ` or groups: ${channels}` : ""}`,
    }),
  );
}

/** Uniform in ±bound; zeros where there is nothing to bound it by. */
export function biasInitializer(bound: number): Initializer {
  return Number.isFinite(bound) ? uniform(-bound, bound) : constant(0);
}

/** `3 → 32, kernel 3×3, stride 2, no bias` */
export function describeConv(
  channels: number | undefined,
  options: Channels & { readonly kernel: PairOption; readonly bias?: boolean | undefined },
  named: Readonly<Record<string, unknown>>,
): string {
  const parts = [
    `${channels ?? options.in ?? "?"} → ${options.out}`,
    `kernel ${pairText(demandPair("", "kernel", options.kernel, ""))}`,
  ];
  for (const [name, value] of Object.entries(named)) {
    if (value !== undefined) parts.push(`${name} ${optionText(value)}`);
  }
  if (options.bias === false) parts.push("no bias");
  return parts.join(", ");
}

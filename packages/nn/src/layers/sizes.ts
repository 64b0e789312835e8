/**
 * Checks that layers share: sizes given as options, and sizes found in the input.
 */

import { DTypeError, isFloat, locate, OptionError, ShapeError, StateError, type TensorSpec } from "@prewitt/core";

/** Throws `OptionError` unless `value` is a positive integer. */
export function demandSize(op: string, name: string, value: unknown, example: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 1) return value as number;
  throw locate(
    new OptionError({
      op,
      summary: `${name} must be a positive integer, got ${typeof value === "string" ? `"${value}"` : String(value)}`,
      fix: `write ${example}`,
    }),
  );
}

/** One number an axis. Throws `OptionError` unless it is a positive integer, or two. */
export function demandPair(op: string, name: string, value: unknown, example: string): readonly [number, number] {
  const fits = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 1;
  if (fits(value)) return [value, value];
  if (Array.isArray(value) && value.length === 2 && value.every(fits)) return [value[0] as number, value[1] as number];
  const shown = Array.isArray(value) ? `[${value.join(", ")}]` : String(value);
  throw locate(
    new OptionError({
      op,
      summary: `${name} must be a positive integer, or two, got ${shown}`,
      fix: `write ${example}`,
    }),
  );
}

export interface SizeRequest {
  readonly op: string;
  /** What the layer counts along the axis: `channels`, `features`. */
  readonly what: string;
  /** The size given as an option. */
  readonly given: number | undefined;
  /** The option's name. */
  readonly option: string;
  /** Whether the layer has weights already, for which `given` is the size. */
  readonly built?: boolean | undefined;
  readonly axes: readonly string[];
  /** Which axis; negative ones count from the end. */
  readonly axis: number;
  /** Allowed ranks; the length of `axes` when absent. */
  readonly ranks?: readonly number[] | undefined;
  /** What to do when the rank does not fit. */
  readonly rankFix: string;
}

/**
 * The extent of the input along an axis, from the input or from the option; both must agree.
 * Throws `StateError` when neither is known, `ShapeError` and `DTypeError` when the input does not fit.
 */
export function inputSize(request: SizeRequest, inputs: readonly TensorSpec[] | undefined): number {
  const { op, what, given, option, axes, axis, rankFix } = request;
  const x = inputs?.[0];
  if (x === undefined) {
    if (given !== undefined) return given;
    throw locate(
      new StateError({
        op,
        summary: `the number of input ${what} is not known`,
        fix: `call init(model, inputShape), or give \`${option}\``,
      }),
    );
  }
  const ranks = request.ranks ?? [axes.length];
  const fits = ranks.includes(x.shape.length);
  const operands = [
    { name: "x", shape: x.shape, dtype: x.dtype, axes: x.shape.length === axes.length ? axes : undefined },
  ];
  if (!fits) {
    throw locate(
      new ShapeError({
        op,
        summary: `the input has ${x.shape.length} axes, the layer takes ${ranks.join(" or ")}: [${axes.join(", ")}]`,
        operands,
        fix: rankFix,
      }),
    );
  }
  if (!isFloat(x.dtype)) {
    throw locate(
      new DTypeError({
        op,
        summary: `the input is ${x.dtype}, the layer takes floats`,
        operands,
        fix: 'x.cast("float32")',
      }),
    );
  }
  const size = x.shape.at(axis) as number;
  if (given === undefined || given === size) return size;
  throw locate(
    new ShapeError({
      op,
      summary: `${request.built ? "the layer was initialised for" : `${option} is`} ${given}${request.built ? ` ${what}` : ""}, but the input has ${size}${request.built ? "" : ` ${what}`}`,
      operands,
      fix: request.built
        ? `give it ${given} ${what}, or initialise a new model with the shape of these inputs`
        : `write ${option}: ${size}, leave ${option} out, or give the layer ${given} ${what}`,
    }),
  );
}

/** `3×3`, or `3×1`. */
export function pairText([a, b]: readonly [number, number]): string {
  return `${a}×${b}`;
}

/** A value of an option as text: `2`, `same`, `[[0, 1], [0, 1]]`. */
export function optionText(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(optionText).join(", ")}]` : String(value);
}

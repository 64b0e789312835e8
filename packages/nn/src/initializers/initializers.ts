/**
 * Initialisers: functions from a parameter's shape and a random stream to its first values.
 *
 * Kaiming: K. He, X. Zhang, S. Ren, J. Sun, "Delving deep into rectifiers", ICCV 2015. Xavier: X. Glorot, Y. Bengio,
 * "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010. Gains as in PyTorch.
 * Weights are [out, in] or [out, in, kernel…]: fan-in is in × kernel, fan-out is out × kernel.
 */

import { checkOptions, formatShape, locate, OptionError, type Shape, ShapeError, sizeOf } from "@prewitt/core";
import type { Draw } from "./draw.ts";

/** First values of a parameter in row-major order. */
export type Initializer = (shape: Shape, draw: Draw) => Float64Array;

export interface KaimingOptions {
  /** Which fan the variance is divided by: `in` keeps it forward, `out` backward. Default "in". */
  readonly fan?: "in" | "out" | undefined;
  /** What follows the layer; default "leakyRelu" with `negativeSlope` 0, which is relu. */
  readonly nonlinearity?: "linear" | "relu" | "leakyRelu" | "tanh" | undefined;
  /** Of leaky relu. Default 0. */
  readonly negativeSlope?: number | undefined;
}

export interface XavierOptions {
  /** Factor on the standard deviation. Default 1. */
  readonly gain?: number | undefined;
}

interface Fans {
  readonly in: number;
  readonly out: number;
}

/** Fan-in and fan-out of a weight. Throws `ShapeError` below rank 2. */
export function fansOf(name: string, shape: Shape): Fans {
  const [out, channels, ...kernel] = shape;
  if (out === undefined || channels === undefined) {
    throw locate(
      new ShapeError({
        op: name,
        summary: `a parameter of shape ${formatShape(shape)} has no fan-in and fan-out`,
        fix: "use uniform, normal or constant for parameters of rank 0 and 1",
      }),
    );
  }
  return { in: channels * sizeOf(kernel), out: out * sizeOf(kernel) };
}

function gainOf(name: string, options: KaimingOptions): number {
  const { nonlinearity = "leakyRelu", negativeSlope = 0 } = options;
  switch (nonlinearity) {
    case "linear":
      return 1;
    case "relu":
      return Math.SQRT2;
    case "leakyRelu":
      return Math.sqrt(2 / (1 + negativeSlope ** 2));
    case "tanh":
      return 5 / 3;
    default:
      throw locate(
        new OptionError({
          op: name,
          summary: `unknown nonlinearity "${String(nonlinearity)}"`,
          fix: 'pass "linear", "relu", "leakyRelu" or "tanh"',
        }),
      );
  }
}

function kaimingDeviation(name: string, shape: Shape, options: KaimingOptions): number {
  return gainOf(name, options) / Math.sqrt(fansOf(name, shape)[options.fan ?? "in"]);
}

function checkKaiming(name: string, options: KaimingOptions): void {
  checkOptions(name, options, ["fan", "nonlinearity", "negativeSlope"]);
  gainOf(name, options);
  const { fan = "in" } = options;
  if (fan === "in" || fan === "out") return;
  throw locate(new OptionError({ op: name, summary: `unknown fan "${String(fan)}"`, fix: 'pass "in" or "out"' }));
}

/**
 * Uniform in ±√3 · gain / √fan: variance gain² / fan.
 *
 * @example new Conv2d({ out: 32, kernel: 3, weightInitializer: initializers.kaimingUniform() })
 */
export function kaimingUniform(options: KaimingOptions = {}): Initializer {
  checkKaiming("kaimingUniform", options);
  return (shape, draw) => {
    const bound = Math.sqrt(3) * kaimingDeviation("kaimingUniform", shape, options);
    return draw.uniform(sizeOf(shape), -bound, bound);
  };
}

/** Normal with standard deviation gain / √fan. */
export function kaimingNormal(options: KaimingOptions = {}): Initializer {
  checkKaiming("kaimingNormal", options);
  return (shape, draw) => draw.normal(sizeOf(shape), 0, kaimingDeviation("kaimingNormal", shape, options));
}

function xavierDeviation(name: string, shape: Shape, gain: number): number {
  const fans = fansOf(name, shape);
  return gain * Math.sqrt(2 / (fans.in + fans.out));
}

/** Uniform in ±gain · √(6 / (fan-in + fan-out)). */
export function xavierUniform(options: XavierOptions = {}): Initializer {
  checkOptions("xavierUniform", options, ["gain"]);
  return (shape, draw) => {
    const bound = Math.sqrt(3) * xavierDeviation("xavierUniform", shape, options.gain ?? 1);
    return draw.uniform(sizeOf(shape), -bound, bound);
  };
}

/** Normal with standard deviation gain · √(2 / (fan-in + fan-out)). */
export function xavierNormal(options: XavierOptions = {}): Initializer {
  checkOptions("xavierNormal", options, ["gain"]);
  return (shape, draw) => draw.normal(sizeOf(shape), 0, xavierDeviation("xavierNormal", shape, options.gain ?? 1));
}

/** Uniform in [low, high). */
export function uniform(low: number, high: number): Initializer {
  if (!(Number.isFinite(low) && Number.isFinite(high) && low <= high)) {
    throw locate(
      new OptionError({ op: "uniform", summary: `${low} … ${high} is no interval`, fix: "pass low ≤ high" }),
    );
  }
  return (shape, draw) => draw.uniform(sizeOf(shape), low, high);
}

/** Normal with a mean and a standard deviation. */
export function normal(mean = 0, standardDeviation = 1): Initializer {
  if (!(Number.isFinite(mean) && standardDeviation >= 0)) {
    throw locate(
      new OptionError({
        op: "normal",
        summary: `mean ${mean} and standard deviation ${standardDeviation} are no normal distribution`,
        fix: "pass a finite mean and a standard deviation of 0 or more",
      }),
    );
  }
  return (shape, draw) => draw.normal(sizeOf(shape), mean, standardDeviation);
}

/** Every element `value`. */
export function constant(value: number): Initializer {
  return (shape) => new Float64Array(sizeOf(shape)).fill(value);
}

/** All zeros. */
export function zeros(): Initializer {
  return constant(0);
}

/** All ones. */
export function ones(): Initializer {
  return constant(1);
}

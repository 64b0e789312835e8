/**
 * Convolution and pooling kernels as operators, from their normalised geometry.
 *
 * Padding is written in numbers: what `ceilMode` adds lies behind the last row, and rows that no window reaches are not
 * padded, so that every implementation agrees on the size of the result.
 */

import { type ConvKernel, type PoolKernel, type WindowAxis, windowExtent } from "@prewitt/core";
import type { AttributeValue } from "./graph-writer.ts";
import type { Plan, RuleContext } from "./rule.ts";
import type { Twin } from "./twin.ts";

type Axes = readonly [WindowAxis, WindowAxis];

const both = (axes: Axes, of: (axis: WindowAxis) => number): number[] => axes.map(of);

/** Padding behind the input that the last window needs. */
const after = (a: WindowAxis): number =>
  Math.max(0, (a.output - 1) * a.stride + windowExtent(a.kernel, a.dilation) - a.input - a.padBefore);

const pads = (axes: Axes): number[] => [...both(axes, (a) => a.padBefore), ...both(axes, after)];

function windowAttributes(axes: Axes): Record<string, AttributeValue | undefined> {
  const dilations = both(axes, (a) => a.dilation);
  return {
    kernel_shape: both(axes, (a) => a.kernel),
    strides: both(axes, (a) => a.stride),
    dilations: dilations.every((d) => d === 1) ? undefined : dilations,
  };
}

/** Conv or ConvTranspose, with the bias that is added behind it, if there is one. */
export function convPlan(context: RuleContext, kernel: ConvKernel, operands: readonly Twin[], bias?: Twin): Plan {
  const { writer } = context;
  const { axes, groups } = kernel.geometry;
  const inputs = bias === undefined ? operands : [...operands, bias];
  if (kernel.direction === "weightGradient")
    return context.fail({
      summary: "ONNX has no operator for the gradient of a weight",
      fix: "export the forward pass",
    });
  const attributes = { ...windowAttributes(axes), group: groups === 1 ? undefined : groups };
  if (kernel.direction === "forward")
    return { inputs, emit: (names) => [writer.op("Conv", names, { ...attributes, pads: pads(axes) })] };
  const given = axes.flatMap((a) => [a.padBefore]);
  const sides = [...given, ...both(axes, (a) => a.padAfter)];
  const rest = both(
    axes,
    (a) => a.input + a.padBefore + a.padAfter - (a.output - 1) * a.stride - windowExtent(a.kernel, a.dilation),
  );
  const output_padding = rest.every((n) => n === 0) ? undefined : rest;
  return {
    inputs,
    emit: (names) => [writer.op("ConvTranspose", names, { ...attributes, pads: sides, output_padding })],
  };
}

/** Pads images by `value` with an operator of its own. */
function padImages(context: RuleContext, x: string, axes: Axes, value: number): string {
  const { writer, node } = context;
  const [top, left, bottom, right] = pads(axes) as [number, number, number, number];
  const dtype = node.inputs[0]?.dtype ?? "float32";
  return writer.op("Pad", [x, writer.ints([0, 0, top, left, 0, 0, bottom, right]), writer.scalar(value, dtype)]);
}

/** Operators demand padding below the kernel's own extent. */
const padsFit = (axes: Axes): boolean => axes.every((a) => a.padBefore < a.kernel && after(a) < a.kernel);

export function poolPlan(context: RuleContext, kernel: PoolKernel): Plan {
  if (kernel.mode === "max") return maxPlan(context, kernel);
  if (kernel.mode === "average")
    return { inputs: context.inputs, emit: ([x]) => [average(context, kernel, x as string)] };
  return context.fail({ summary: "ONNX has no operator for the gradient of pooling", fix: "export the forward pass" });
}

function maxPlan(context: RuleContext, kernel: PoolKernel): Plan {
  const { writer, node } = context;
  const { axes } = kernel.geometry;
  const dtype = node.inputs[0]?.dtype;
  const indexed = context.isRead(1);
  return {
    inputs: context.inputs,
    emit: ([given]) => {
      const wide = dtype === "int32";
      let x = wide ? writer.op("Cast", [given as string], { to: 11 }) : (given as string);
      const fit = padsFit(axes);
      if (!fit && (indexed || wide || dtype === "uint8"))
        context.fail({
          summary: "padding as wide as the kernel has no operator here",
          fix: "pad by less than the kernel",
        });
      if (!fit) x = padImages(context, x, axes, Number.NEGATIVE_INFINITY);
      const attributes = { ...windowAttributes(axes), pads: fit ? pads(axes) : undefined };
      const [y, places] = writer.add("MaxPool", [x], attributes, indexed ? 2 : 1) as [string, string | undefined];
      const result = wide ? writer.op("Cast", [y], { to: 6 }) : y;
      if (places === undefined) return [result, ""];
      // ONNX counts places through the whole tensor, the index counts inside its plane.
      const plane = writer.op("Mod", [places, writer.constant([axes[0].input * axes[1].input], "int64", [])]);
      return [result, writer.op("Cast", [plane], { to: 6 })];
    },
  };
}

/** How many cells each window of an axis divides by. */
function counts(a: WindowAxis, countIncludePad: boolean): number[] {
  return Array.from({ length: a.output }, (_, p) => {
    const [low, high] = countIncludePad ? [-a.padBefore, a.input + a.padAfter] : [0, a.input];
    let n = 0;
    for (let k = 0; k < a.kernel; k++) {
      const at = p * a.stride - a.padBefore + k * a.dilation;
      if (at >= low && at < high) n++;
    }
    return n;
  });
}

function average(context: RuleContext, kernel: PoolKernel, x: string): string {
  const { writer, node } = context;
  const { axes, channels } = kernel.geometry;
  const dtype = node.inputs[0]?.dtype ?? "float32";
  const attributes = windowAttributes(axes);
  const plain = axes.every((a) => a.dilation === 1);
  const [rows, columns] = axes.map((a) => counts(a, kernel.countIncludePad)) as [number[], number[]];
  const area = axes[0].kernel * axes[1].kernel;
  const divisors = rows.flatMap((r) => columns.map((c) => Math.max(1, r * c)));
  const whole = divisors.every((d) => d === area);
  if (plain && padsFit(axes) && (whole || !kernel.countIncludePad)) {
    const padded = pads(axes).some((n) => n > 0);
    return writer.op("AveragePool", [x], {
      ...attributes,
      ...(padded ? { pads: pads(axes), count_include_pad: whole ? 1 : 0 } : {}),
    });
  }
  const wide = padImages(context, x, axes, 0);
  if (plain) {
    const means = writer.op("AveragePool", [wide], attributes);
    const factors = writer.constant(
      divisors.map((d) => area / d),
      dtype,
      [1, 1, rows.length, columns.length],
    );
    return writer.op("Mul", [means, factors]);
  }
  // AveragePool has dilations from opset 19 only: a depthwise convolution with ones sums the windows.
  const taps = [channels, 1, axes[0].kernel, axes[1].kernel];
  const ones = writer.constant(new Array<number>(channels * area).fill(1), dtype, taps);
  const sums = writer.op("Conv", [wide, ones], { ...attributes, group: channels });
  const shares = writer.constant(
    divisors.map((d) => 1 / d),
    dtype,
    [1, 1, rows.length, columns.length],
  );
  return writer.op("Mul", [sums, shares]);
}

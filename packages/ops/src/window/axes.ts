/**
 * From attributes and extents to the two spatial axes of a window kernel, by core's geometry, and the conditions on them.
 */

import { type WindowAxis, windowAxis, windowExtent } from "@prewitt/core";
import type { Problems } from "../problems.ts";
import { formatSides, type Padding, type Pair, type Sides } from "./options.ts";

export interface WindowAttributes {
  readonly stride: Pair;
  readonly padding: Padding;
  readonly dilation: Pair;
  readonly ceilMode?: boolean | undefined;
}

export type WindowAxes = readonly [WindowAxis, WindowAxis];

/** The two axes for an input and a kernel of the given extents. */
export function windowAxes(input: Pair, kernel: Pair, attributes: WindowAttributes): WindowAxes {
  const { stride, padding, dilation, ceilMode } = attributes;
  const axis = (i: 0 | 1): WindowAxis =>
    windowAxis({
      input: input[i],
      kernel: kernel[i],
      stride: stride[i],
      dilation: dilation[i],
      padding: typeof padding === "string" ? padding : padding[i],
      ceilMode,
    });
  return [axis(0), axis(1)];
}

/** The padding that `"same"` and `"valid"` stand for. */
export function sidesOf(axes: WindowAxes): Sides {
  return [
    [axes[0].padBefore, axes[0].padAfter],
    [axes[1].padBefore, axes[1].padAfter],
  ];
}

/** Demands that a window fits into the padded input. */
export function demandFit(problems: Problems, axes: WindowAxes): void {
  const missing = axes.map((a) => windowExtent(a.kernel, a.dilation) - (a.input + a.padBefore + a.padAfter));
  if (missing.every((n) => n <= 0)) return;
  const padded = sidesOf(axes).map(([before, after], i): [number, number] => {
    const more = Math.max(0, missing[i] as number);
    return [before + Math.floor(more / 2), after + Math.ceil(more / 2)];
  });
  axes.forEach((a, i) => {
    if ((missing[i] as number) <= 0) return;
    const covers =
      a.dilation === 1
        ? `${a.kernel}`
        : `${a.dilation} × (${a.kernel} − 1) + 1 = ${windowExtent(a.kernel, a.dilation)}`;
    problems.shape({
      summary: "the kernel is larger than the padded input",
      detail: `${axisName(i)}: ${paddedExtent(a)}, but the kernel covers ${covers}`,
      fix: `write padding: ${formatSides(padded as unknown as Sides)}, or use a smaller kernel`,
    });
  });
}

function paddedExtent(a: WindowAxis): string {
  const total = a.input + a.padBefore + a.padAfter;
  return a.padBefore + a.padAfter === 0 ? `${a.input}` : `${a.padBefore} + ${a.input} + ${a.padAfter} = ${total}`;
}

/** Demands that every window reads at least one element of the input: a maximum of nothing has no value. */
export function demandInside(problems: Problems, axes: WindowAxes): void {
  axes.forEach((a, i) => {
    const position = firstOutside(a);
    if (position < 0) return;
    const start = position * a.stride - a.padBefore;
    const extent = windowExtent(a.kernel, a.dilation);
    problems.shape({
      summary: "a window lies in the padding alone",
      detail: `${axisName(i)}: window ${position} reads ${start} … ${start + extent - 1}, the input has 0 … ${a.input - 1}`,
      fix: `pad each side of ${axisName(i)} by less than the window's ${extent}`,
    });
  });
}

/** The first window position without a tap inside the input, or −1. */
function firstOutside(a: WindowAxis): number {
  for (let p = 0; p < a.output; p++) {
    const start = p * a.stride - a.padBefore;
    let inside = false;
    for (let k = 0; k < a.kernel && !inside; k++) {
      const at = start + k * a.dilation;
      inside = at >= 0 && at < a.input;
    }
    if (!inside) return p;
  }
  return -1;
}

export function axisName(i: number): string {
  return i === 0 ? "H" : "W";
}

/**
 * One description of what direct kernels compute, for both directions of a convolution.
 *
 * Along an axis, output t of a phase sits at index outputStart + outputStep·t and reads input indices
 * t·step + offset + j·spacing, j = 0 … taps − 1, with kernel element taps[j]. The forward pass is one phase. The input
 * gradient of stride s is one phase for each residue of the index: from y[p] = Σ_k x[p·s − pad + k·dil] w[k],
 *
 *     dx[i] = Σ_k dy[(i + pad − k·dil) / s] w[k]   over the k for which the division is exact,
 *
 * and with i = r + s·t these k, taken downwards, are evenly spaced and read evenly spaced dy: no zeros are stuffed in.
 */

import type { ConvAxis, ConvShape } from "./conv-shape.ts";

export interface TapAxis {
  readonly outputStart: number;
  readonly outputStep: number;
  readonly count: number;
  readonly step: number;
  readonly offset: number;
  readonly spacing: number;
  /** Kernel elements in ascending order of the input they meet. */
  readonly taps: readonly number[];
}

export interface Phase {
  readonly y: TapAxis;
  readonly x: TapAxis;
}

export interface Correlation {
  readonly groups: number;
  /** Channels a group of what is read, and of what is written. */
  readonly contracted: number;
  readonly results: number;
  readonly input: readonly [height: number, width: number];
  readonly output: readonly [height: number, width: number];
  readonly phases: readonly Phase[];
  /** Elements between neighbours in the weights: taps of a row, rows of taps, contracted and result channels, groups. */
  readonly weights: {
    readonly tap: number;
    readonly row: number;
    readonly contracted: number;
    readonly result: number;
    readonly group: number;
    readonly total: number;
  };
}

function forwardAxis(axis: ConvAxis): TapAxis {
  return {
    outputStart: 0,
    outputStep: 1,
    count: axis.output,
    step: axis.stride,
    offset: -axis.padBefore,
    spacing: axis.dilation,
    taps: Array.from({ length: axis.kernel }, (_, k) => k),
  };
}

function gradientAxes(axis: ConvAxis): TapAxis[] {
  const residues = Array.from({ length: Math.min(axis.stride, axis.input) }, (_, r) => r);
  return residues.map((r) => {
    const reach = (k: number): number => r + axis.padBefore - k * axis.dilation;
    const taps = Array.from({ length: axis.kernel }, (_, k) => axis.kernel - 1 - k).filter(
      (k) => reach(k) % axis.stride === 0,
    );
    const [first, second] = taps.map((k) => reach(k) / axis.stride);
    return {
      outputStart: r,
      outputStep: axis.stride,
      count: Math.ceil((axis.input - r) / axis.stride),
      step: 1,
      offset: first ?? 0,
      spacing: second === undefined ? 1 : second - first!,
      taps,
    };
  });
}

export function correlation(shape: ConvShape, direction: "forward" | "inputGradient"): Correlation {
  const { groups, channels, filters, axes } = shape;
  const [y, x] = axes;
  const area = y.kernel * x.kernel;
  const steps = { tap: 1, row: x.kernel, group: filters * channels * area, total: groups * filters * channels * area };
  const small: [number, number] = [y.output, x.output];
  const large: [number, number] = [y.input, x.input];
  if (direction === "forward") {
    return {
      groups,
      contracted: channels,
      results: filters,
      input: large,
      output: small,
      phases: [{ y: forwardAxis(y), x: forwardAxis(x) }],
      weights: { ...steps, contracted: area, result: channels * area },
    };
  }
  return {
    groups,
    contracted: filters,
    results: channels,
    input: small,
    output: large,
    phases: gradientAxes(y).flatMap((py) => gradientAxes(x).map((px) => ({ y: py, x: px }))),
    weights: { ...steps, contracted: channels * area, result: area },
  };
}

/** What inputs the outputs t = 0 … of all phases touch, relative to t·step. */
export function reach(axes: readonly TapAxis[]): { first: number; last: number } {
  const used = axes.filter((axis) => axis.taps.length > 0);
  if (used.length === 0) return { first: 0, last: 0 };
  return {
    first: Math.min(...used.map((axis) => axis.offset)),
    last: Math.max(...used.map((axis) => axis.offset + axis.spacing * (axis.taps.length - 1))),
  };
}

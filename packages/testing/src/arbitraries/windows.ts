/**
 * Arbitraries of window geometry, always valid: size × kernel × stride × asymmetric padding × dilation, with groups for
 * convolution, ceil mode and the two ways to average for pooling.
 */

import { type ConvGeometry, type PoolGeometry, type WindowAxis, windowAxis, windowExtent } from "@prewitt/core";
import fc from "fast-check";

type Pair<T> = readonly [T, T];

export interface WindowConstraints {
  /** Largest height and width of the input. Default 9. */
  readonly maxSize?: number | undefined;
  /** Largest kernel. Default 4. */
  readonly maxKernel?: number | undefined;
  /** Default 3. */
  readonly maxStride?: number | undefined;
  /** Default 3. */
  readonly maxDilation?: number | undefined;
  /** Largest padding of a side. Default 3. */
  readonly maxPadding?: number | undefined;
  /** Default 3. */
  readonly maxBatch?: number | undefined;
  /** Largest number of channels (a group, for convolutions). Default 3. */
  readonly maxChannels?: number | undefined;
  /** Default 3. */
  readonly maxGroups?: number | undefined;
}

/** Options as `conv2d` and the pooling ops take them. */
export interface WindowOptionSet {
  readonly stride: Pair<number>;
  readonly padding: Pair<Pair<number>>;
  readonly dilation: Pair<number>;
}

export interface ConvCase {
  /** [N, groups · channels, H, W] */
  readonly input: readonly [number, number, number, number];
  /** [groups · filters, channels, KH, KW] */
  readonly weight: readonly [number, number, number, number];
  /** [N, groups · filters, H', W'] */
  readonly output: readonly [number, number, number, number];
  readonly options: WindowOptionSet & { readonly groups: number };
  readonly geometry: ConvGeometry;
}

export interface PoolCase {
  /** [N, C, H, W] */
  readonly input: readonly [number, number, number, number];
  /** [N, C, H', W'] */
  readonly output: readonly [number, number, number, number];
  readonly options: WindowOptionSet & { readonly kernel: Pair<number>; readonly ceilMode: boolean };
  /** For average pooling only. */
  readonly countIncludePad: boolean;
  readonly geometry: PoolGeometry;
}

/** One axis on which at least one window fits. */
function windowAxes(c: WindowConstraints, pooling: boolean): fc.Arbitrary<WindowAxis> {
  const { maxSize = 9, maxKernel = 4, maxStride = 3, maxDilation = 3, maxPadding = 3 } = c;
  return fc
    .record({
      kernel: fc.integer({ min: 1, max: maxKernel }),
      dilation: fc.integer({ min: 1, max: maxDilation }),
      stride: fc.integer({ min: 1, max: maxStride }),
    })
    .chain(({ kernel, dilation, stride }) => {
      const extent = windowExtent(kernel, dilation);
      const side = pooling ? Math.min(maxPadding, Math.floor(extent / 2)) : maxPadding;
      return fc
        .tuple(fc.integer({ min: 0, max: side }), fc.integer({ min: 0, max: side }))
        .chain(([before, after]) =>
          fc
            .integer({ min: Math.max(1, extent - before - after), max: Math.max(maxSize, extent) })
            .map((input) => windowAxis({ input, kernel, stride, dilation, padding: [before, after] })),
        );
    });
}

/** Whether every window has a tap inside the input. */
function seesInput(a: WindowAxis): boolean {
  for (let p = 0; p < a.output; p++) {
    let seen = false;
    for (let k = 0; k < a.kernel && !seen; k++) {
      const at = p * a.stride - a.padBefore + k * a.dilation;
      seen = at >= 0 && at < a.input;
    }
    if (!seen) return false;
  }
  return true;
}

function optionsOf([h, w]: Pair<WindowAxis>): WindowOptionSet {
  return {
    stride: [h.stride, w.stride],
    padding: [
      [h.padBefore, h.padAfter],
      [w.padBefore, w.padAfter],
    ],
    dilation: [h.dilation, w.dilation],
  };
}

/** Convolutions of every geometry. */
export function convCases(constraints: WindowConstraints = {}): fc.Arbitrary<ConvCase> {
  const { maxBatch = 3, maxChannels = 3, maxGroups = 3 } = constraints;
  const axis = windowAxes(constraints, false);
  return fc
    .record({
      batch: fc.integer({ min: 1, max: maxBatch }),
      groups: fc.integer({ min: 1, max: maxGroups }),
      channels: fc.integer({ min: 1, max: maxChannels }),
      filters: fc.integer({ min: 1, max: maxChannels }),
      axes: fc.tuple(axis, axis),
    })
    .map((geometry): ConvCase => {
      const { batch, groups, channels, filters, axes } = geometry;
      const [h, w] = axes;
      return {
        input: [batch, groups * channels, h.input, w.input],
        weight: [groups * filters, channels, h.kernel, w.kernel],
        output: [batch, groups * filters, h.output, w.output],
        options: { ...optionsOf(axes), groups },
        geometry,
      };
    });
}

/** Poolings of every geometry; each window sees at least one element. */
export function poolCases(constraints: WindowConstraints = {}): fc.Arbitrary<PoolCase> {
  const { maxBatch = 3, maxChannels = 3 } = constraints;
  const axisOf = (ceilMode: boolean): fc.Arbitrary<WindowAxis> =>
    windowAxes(constraints, true)
      .map((a) => windowAxis({ ...a, padding: [a.padBefore, a.padAfter], ceilMode }))
      .filter(seesInput);
  return fc.boolean().chain((ceilMode) =>
    fc
      .record({
        batch: fc.integer({ min: 1, max: maxBatch }),
        channels: fc.integer({ min: 1, max: maxChannels }),
        axes: fc.tuple(axisOf(ceilMode), axisOf(ceilMode)),
        countIncludePad: fc.boolean(),
      })
      .map(({ batch, channels, axes, countIncludePad }): PoolCase => {
        const [h, w] = axes;
        return {
          input: [batch, channels, h.input, w.input],
          output: [batch, channels, h.output, w.output],
          options: { ...optionsOf(axes), kernel: [h.kernel, w.kernel], ceilMode },
          countIncludePad,
          geometry: { batch, channels, axes },
        };
      }),
  );
}

/**
 * Convolution kernels under test: plain float64 loops as the reference, random geometry, and one kernel run by itself,
 * its tasks cut and shuffled at will.
 */
import fc from "fast-check";
import { expect } from "vitest";
import { detectFeatures } from "../src/assembler/index.ts";
import { joiningCompiler } from "../src/executor/wide-vectors.ts";
import { type ConvSpec, convKernel } from "../src/kernels/conv.ts";
import type { ConvDirection } from "../src/kernels/conv-choice.ts";
import type { ConvAxis, ConvShape } from "../src/kernels/conv-shape.ts";
import type { Extents, Kernel } from "../src/kernels/kernel.ts";
import { type Alone, runAlone, type TaskRange } from "../src/kernels/run-alone.ts";

export const { relaxedSimd: relaxed } = detectFeatures();

export function convAxis(options: Partial<ConvAxis> & { input: number; kernel: number }): ConvAxis {
  const { input, kernel, stride = 1, padBefore = 0, padAfter = 0, dilation = 1 } = options;
  const room = input + padBefore + padAfter - dilation * (kernel - 1) - 1;
  return { input, kernel, stride, padBefore, padAfter, dilation, output: room < 0 ? 0 : Math.floor(room / stride) + 1 };
}

/** Square input, square kernel, padding that keeps the extent at stride 1. */
export function same(channels: number, filters: number, extent: number, kernel = 3, stride = 1, groups = 1): ConvShape {
  const pad = (kernel - 1) / 2;
  const axis = convAxis({ input: extent, kernel, stride, padBefore: pad, padAfter: pad });
  return { groups, channels, filters, axes: [axis, axis] };
}

export interface Sizes {
  readonly x: number;
  readonly w: number;
  readonly y: number;
}

export function sizes({ groups, channels, filters, axes: [y, x] }: ConvShape, batch: number): Sizes {
  return {
    x: batch * y.input * x.input * groups * channels,
    w: groups * filters * channels * y.kernel * x.kernel,
    y: batch * y.output * x.output * groups * filters,
  };
}

/** Visits every product of the convolution: positions in x (N, H, W, C), in the weights (O, I, kh, kw), in y (N, H, W, C). */
function products(
  { groups, channels, filters, axes: [ay, ax] }: ConvShape,
  batch: number,
  visit: (x: number, w: number, y: number) => void,
): void {
  for (let n = 0; n < batch; n++) {
    for (let p = 0; p < ay.output * ax.output; p++) {
      const [py, px] = [Math.floor(p / ax.output), p % ax.output];
      for (let k = 0; k < ay.kernel * ax.kernel; k++) {
        const iy = py * ay.stride - ay.padBefore + Math.floor(k / ax.kernel) * ay.dilation;
        const ix = px * ax.stride - ax.padBefore + (k % ax.kernel) * ax.dilation;
        if (iy < 0 || ix < 0 || iy >= ay.input || ix >= ax.input) continue;
        const pixelX = ((n * ay.input + iy) * ax.input + ix) * groups * channels;
        const pixelY = (n * ay.output * ax.output + p) * groups * filters;
        for (let o = 0; o < groups * filters; o++) {
          const first = Math.floor(o / filters) * channels;
          for (let c = 0; c < channels; c++)
            visit(pixelX + first + c, (o * channels + c) * ay.kernel * ax.kernel + k, pixelY + o);
        }
      }
    }
  }
}

/** What the kernel should give, and for each element the sum of absolute products, which bounds rounding. */
export function reference(
  direction: ConvDirection,
  shape: ConvShape,
  batch: number,
  first: Float32Array,
  second: Float32Array,
): { values: Float64Array; scale: Float64Array } {
  const size = sizes(shape, batch);
  const length = direction === "forward" ? size.y : direction === "inputGradient" ? size.x : size.w;
  const values = new Float64Array(length);
  const scale = new Float64Array(length);
  products(shape, batch, (x, w, y) => {
    const [out, a, b] = direction === "forward" ? [y, x, w] : direction === "inputGradient" ? [x, y, w] : [w, x, y];
    const product = first[a]! * second[b]!;
    values[out]! += product;
    scale[out]! += Math.abs(product);
  });
  return { values, scale };
}

export type Order = (tasks: number, stage: number) => readonly TaskRange[];

type CaseSpec = Omit<ConvSpec, "relaxed"> & { readonly relaxed?: boolean };

interface RunOptions {
  readonly order?: Order;
  readonly operands?: Readonly<Record<string, Float32Array>>;
  readonly batch?: number;
}

/**
 * Runs a convolution from unpacked weights. `first` and `second` are x and w, dy and w, or x and dy. Unless the
 * specification says which vectors there are, it runs with those of 128 and of 256 bits, and their bits must agree.
 */
export function runConv(
  spec: CaseSpec,
  first: Float32Array,
  second: Float32Array,
  options: RunOptions = {},
): Float32Array {
  const result = runOnce(spec, first, second, options);
  if (spec.wide === undefined) expectEqualBits(runOnce({ ...spec, wide: true }, first, second, options), result);
  return result;
}

/** Wide kernels as the executor compiles them: with joined vectors, where the engine can. */
const join = joiningCompiler();

function runOnce(spec: CaseSpec, first: Float32Array, second: Float32Array, options: RunOptions): Float32Array {
  const kernel = convKernel({ relaxed, ...spec });
  const run = (kernel: Kernel, operands: Readonly<Record<string, Float32Array>>, extents: Extents): Alone => {
    const alone = runAlone(kernel, operands, extents, {}, spec.wide === true ? join : undefined);
    alone.run(options.order);
    return alone;
  };
  const batch = options.batch ?? spec.batch;
  const size = sizes(spec.shape, batch);
  if (spec.direction === "weightGradient") {
    const dw = new Float32Array(size.w).fill(Number.NaN);
    return run(kernel, { x: first, dy: second, dw }, { batch }).read("dw").slice();
  }
  const { packing } = kernel;
  if (packing === undefined) return new Float32Array(0);
  const packed = new Float32Array(packing.bytes / 4).fill(Number.NaN);
  const pack = run(packing.kernel, { w: second, packed }, {});
  const y = new Float32Array(spec.direction === "forward" ? size.y : size.x).fill(Number.NaN);
  const operands = { x: first, packed: pack.read("packed"), y, ...options.operands };
  return run(kernel, operands, { batch }).read("y").slice();
}

/** Element by element; NaNs may differ from one another, signs of zeros may not. */
export function expectEqualBits(actual: Float32Array, expected: Float32Array): void {
  expect(actual.length).toBe(expected.length);
  const at = actual.findIndex((value, i) => !Object.is(value, expected[i]));
  if (at >= 0) throw new Error(`element ${at}: ${actual[at]} instead of ${expected[at]}`);
}

/** Data that repeats with the seed: values in [−1, 1). */
export function data(length: number, seed: number): Float32Array {
  let state = seed | 1;
  return Float32Array.from({ length }, () => {
    state = Math.imul(state, 1664525) + 1013904223;
    return state / 2 ** 31;
  });
}

/** Operands of a direction in the order of `runConv`. */
export function operands(
  direction: ConvDirection,
  shape: ConvShape,
  batch: number,
  seed: number,
): [Float32Array, Float32Array] {
  const size = sizes(shape, batch);
  const x = data(size.x, seed);
  const w = data(size.w, seed + 1);
  const y = data(size.y, seed + 2);
  return direction === "forward" ? [x, w] : direction === "inputGradient" ? [y, w] : [x, y];
}

/**
 * Compares with the reference. An element that sums products of absolute total s may be off by `tolerance · s`: rounding
 * grows with what was added, not with what is left.
 */
export function expectClose(
  actual: Float32Array,
  { values, scale }: ReturnType<typeof reference>,
  tolerance: number,
): void {
  expect(actual.length).toBe(values.length);
  for (let i = 0; i < values.length; i++) {
    const error = Math.abs(actual[i]! - values[i]!);
    if (!(error <= tolerance * scale[i]! + 1e-30)) {
      throw new Error(
        `element ${i}: ${actual[i]} instead of ${values[i]}, off by ${error / scale[i]!} of its terms' sum ${scale[i]}`,
      );
    }
  }
}

export const directions: fc.Arbitrary<ConvDirection> = fc.constantFrom("forward", "inputGradient", "weightGradient");

const anyAxis = (largest: number): fc.Arbitrary<ConvAxis> =>
  fc
    .record({
      input: fc.integer({ min: 1, max: largest }),
      kernel: fc.integer({ min: 1, max: 4 }),
      stride: fc.integer({ min: 1, max: 3 }),
      padBefore: fc.integer({ min: 0, max: 3 }),
      padAfter: fc.integer({ min: 0, max: 3 }),
      dilation: fc.integer({ min: 1, max: 3 }),
    })
    .map(convAxis)
    .filter((axis) => axis.output > 0);

/** Any stride, asymmetric padding, dilation and groups; kernels may be larger than the input. */
export const anyShape: fc.Arbitrary<ConvShape> = fc.record({
  groups: fc.integer({ min: 1, max: 3 }),
  channels: fc.integer({ min: 1, max: 19 }),
  filters: fc.integer({ min: 1, max: 37 }),
  axes: fc.tuple(anyAxis(11), anyAxis(11)),
});

export const depthwiseShape: fc.Arbitrary<ConvShape> = fc.record({
  groups: fc.integer({ min: 1, max: 13 }),
  channels: fc.constant(1),
  filters: fc.constant(1),
  axes: fc.tuple(anyAxis(14), anyAxis(14)),
});

const winogradAxis = fc
  .record({
    input: fc.integer({ min: 1, max: 15 }),
    padBefore: fc.integer({ min: 0, max: 2 }),
    padAfter: fc.integer({ min: 0, max: 2 }),
  })
  .map((options) => convAxis({ ...options, kernel: 3 }))
  .filter((axis) => axis.output > 0);

/** 3×3, stride 1, dilation 1, channels and filters in fours. */
export const winogradShape: fc.Arbitrary<ConvShape> = fc.record({
  groups: fc.constant(1),
  channels: fc.integer({ min: 1, max: 6 }).map((n) => 4 * n),
  filters: fc.integer({ min: 1, max: 6 }).map((n) => 4 * n),
  axes: fc.tuple(winogradAxis, winogradAxis),
});

/** Tasks one by one, last first: any order and any cut must give the same bits. */
export const backwards: Order = (tasks) =>
  Array.from({ length: tasks }, (_, i): TaskRange => [tasks - 1 - i, tasks - i]);

/** Tasks in runs of `size`, odd runs before even ones. */
export const interleaved =
  (size: number): Order =>
  (tasks) => {
    const runs = Array.from(
      { length: Math.ceil(tasks / size) },
      (_, i): TaskRange => [i * size, Math.min(tasks, (i + 1) * size)],
    );
    return [...runs.filter((_, i) => i % 2 === 1), ...runs.filter((_, i) => i % 2 === 0)];
  };

const part = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });

/** Drops undefined members, which exact optional properties do not take. */
export function defined<T extends object>(record: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

const upTo = (max: number, min = 1): fc.Arbitrary<number | undefined> => part(fc.integer({ min, max }));

export const directVariant = fc
  .record({
    rows: upTo(6),
    vectors: part(fc.constantFrom(1, 2, 3, 4, 8)),
    unroll: upTo(4),
    blockRows: upTo(4),
    images: upTo(3),
    panels: upTo(3),
    copy: part(fc.boolean()),
    inner: part(fc.boolean()),
  })
  .map(defined);

export const weightGradientVariant = fc
  .record({
    rows: upTo(6),
    unroll: upTo(4),
    blockRows: upTo(4),
    images: upTo(3),
    chunks: upTo(5),
    blockChannels: part(fc.constantFrom(8, 16)),
  })
  .map(defined);

export const winogradVariant = fc
  .record({
    arrangement: fc.constantFrom("fused", "staged"),
    blockRows: upTo(5),
    tileRows: upTo(6),
    groupFilters: part(fc.constantFrom(8, 16)),
    unroll: upTo(4),
  })
  .map(defined);

export const winogradGradientVariant = fc
  .record({
    arrangement: fc.constantFrom("chunked", "staged"),
    blockRows: upTo(5),
    chunks: upTo(5),
    blockFilters: part(fc.constantFrom(8, 16)),
    blockChannels: part(fc.constantFrom(8, 16)),
    unroll: upTo(4),
  })
  .map(defined);

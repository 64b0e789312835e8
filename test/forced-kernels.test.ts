// Every kind of kernel through the executor, over random geometry with remainders: at 1, 2 and 3 threads, with the tuner
// off and each of its alternatives forced, with vectors of 128 and 256 bits, the same bits; and the reference's values within the bound of the kind.

import { checkingExecutor, grad, type Tensor, type TypedArray, tensor } from "@prewitt/core";
import { avgPool2d, conv2d, maxPool2d, relu } from "@prewitt/ops";
import { expectSameBits, runOn } from "@prewitt/testing";
import { type Tuning, type WasmExecutor, wasmExecutor } from "@prewitt/wasm";
import fc from "fast-check";
import { afterAll, expect, test, vi } from "vitest";

interface Way {
  readonly name: string;
  readonly executor: WasmExecutor;
}

/** Tasks of the jobs that threads shared. */
const taskCounts = new Set<number>();

function way(threads: number, tuning: Tuning, simd: { relaxedSimd?: boolean; wideSimd?: boolean } = {}): Way {
  const executor = wasmExecutor({ threads, tuning, parallelWork: 0, hotRuns: 0, ...simd });
  const run = executor.pool.run.bind(executor.pool);
  vi.spyOn(executor.pool, "run").mockImplementation((job) => {
    taskCounts.add(job.tasks);
    run(job);
  });
  return { name: `${threads} threads, tuning ${tuning}, ${JSON.stringify(simd)}`, executor };
}

const threads = [1, 2, 3] as const;
const alternatives = [1, 2, 3, 4, 5, 6] as const;
/** Without relaxed SIMD products round twice: other bits, and kernels without alternatives. */
const plain = threads.map((n) => way(n, "off", { relaxedSimd: false }));
/** The bits do not depend on the width of vectors either. */
const relaxed = [
  ...(["off", ...alternatives] as const).flatMap((tuning) => threads.map((n) => way(n, tuning))),
  way(2, "off", { wideSimd: false }),
];

afterAll(() => {
  for (const { executor } of [...plain, ...relaxed]) executor.dispose();
});

/** Numbers that repeat with the seed; sums of them round. */
function numbers(shape: readonly number[], dtype: "float32" | "float64" = "float32"): Tensor {
  const values = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin((i + 1) * 12.9898));
  return tensor(dtype === "float32" ? Float32Array.from(values) : Float64Array.from(values), { shape: [...shape] });
}

/** Runs the outputs in every way; what kernels called themselves is added to `seen`. */
function compare(outputs: readonly Tensor[], seen: Set<string>): void {
  for (const ways of [plain, relaxed]) {
    const { executor } = ways[0] as Way;
    const expected = runOn(checkingExecutor(executor), outputs);
    for (const { name, executor } of ways) {
      const { values, variants } = runOn(executor, outputs);
      for (const variant of variants) seen.add(variant);
      for (const [i, value] of values.entries())
        expectSameBits(value, expected.values[i] as TypedArray, `output ${i}, ${name}`);
    }
  }
}

function holds<T>(
  arbitrary: fc.Arbitrary<T>,
  numRuns: number,
  outputs: (value: T) => readonly Tensor[],
  variants: RegExp[],
) {
  const seen = new Set<string>();
  taskCounts.clear();
  fc.assert(
    fc.property(arbitrary, (value) => compare(outputs(value), seen)),
    { numRuns, seed: 3, endOnFailure: true },
  );
  const all = [...seen].join("\n");
  for (const variant of variants) expect(all).toMatch(variant);
  expect([...taskCounts].some((tasks) => tasks > 1 && tasks % 2 === 1)).toBe(true);
}

const size = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });

interface Convolution {
  readonly batch: number;
  readonly channels: number;
  readonly filters: number;
  readonly extent: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly stride?: number;
  readonly padding?: number;
  readonly dilation?: number;
  readonly groups?: number;
  readonly dtype?: "float32" | "float64";
}

/** A convolution and both its gradients; with relu and bias, which become epilogues. */
function convolution({ batch, channels, filters, extent, kernel, dtype, ...options }: Convolution): Tensor[] {
  const x = numbers([batch, channels, ...extent], dtype);
  const w = numbers([filters, channels / (options.groups ?? 1), ...kernel], dtype);
  const y = relu(conv2d(x, w, options).add(numbers([1, filters, 1, 1], dtype)));
  return [y, ...grad(y.square().sum(), [x, w])];
}

const fours = (min: number, max: number): fc.Arbitrary<number> => size(min, max).map((n) => 4 * n);

test("direct convolutions: any geometry, groups and channels", { timeout: 120_000 }, () => {
  const arbitrary = fc
    .record({
      batch: size(1, 5),
      groups: fc.constantFrom(1, 1, 2, 3),
      channels: size(2, 13),
      filters: size(1, 21),
      extent: fc.tuple(size(5, 17), size(5, 19)),
      kernel: fc.tuple(size(1, 4), size(2, 5)),
      stride: size(1, 3),
      padding: size(0, 2),
    })
    .map((c) => ({ ...c, channels: c.channels * c.groups, filters: c.filters * c.groups }));
  holds(arbitrary, 6, convolution, [/^direct .*×/m, /padded copy/, /direct weight gradient/, /rows 5/, /unroll 8/]);
});

test.each([
  ["fused", 17],
  ["staged", 1],
] as const)("Winograd, %s, and its weight gradient in chunks", { timeout: 120_000 }, (arrangement, batch) => {
  const arbitrary = fc.record({
    batch: fc.constant(batch),
    channels: fours(4, 6),
    filters: fours(4, 6),
    extent: fc.tuple(size(10, 18), size(11, 19)),
    kernel: fc.constant([3, 3] as const),
    padding: size(0, 1),
  });
  const variants = [new RegExp(`winograd ${arrangement}`), /winograd weight gradient, .*chunks/];
  holds(arbitrary, 3, convolution, [...variants, /groupFilters 32/, /tileRows 4/]);
});

test("Winograd's weight gradient in stages, for many channels", { timeout: 120_000 }, () => {
  const arbitrary = fc.record({
    batch: size(1, 3),
    channels: fours(32, 36),
    filters: fours(35, 39),
    extent: fc.tuple(size(4, 7), size(4, 9)),
    kernel: fc.constant([3, 3] as const),
    padding: fc.constant(1),
  });
  holds(arbitrary, 2, convolution, [/winograd weight gradient, staged/, /winograd staged/]);
});

test("depthwise convolutions, and plain ones of float64", { timeout: 120_000 }, () => {
  const depthwise = fc
    .record({
      batch: size(1, 4),
      groups: size(5, 23),
      extent: fc.tuple(size(5, 19), size(5, 21)),
      kernel: fc.constantFrom([3, 3] as const, [5, 2] as const),
      stride: size(1, 2),
      padding: size(0, 2),
    })
    .map((c): Convolution => ({ ...c, channels: c.groups, filters: c.groups }));
  const double = fc.record({
    batch: size(1, 3),
    channels: size(1, 5),
    filters: size(1, 7),
    extent: fc.tuple(size(4, 9), size(4, 9)),
    kernel: fc.constant([3, 2] as const),
    dilation: size(1, 2),
    dtype: fc.constant("float64" as const),
  });
  const variants = [/^depthwise, \d+×\d+/m, /depthwise weight gradient/, /plain float64/];
  holds(fc.oneof(depthwise, double), 8, convolution, variants);
});

test("matrix products: packed and not, every transposition, batches, 1×1 convolutions", { timeout: 120_000 }, () => {
  const products = fc
    .record({
      m: fc.oneof(size(1, 40), size(60, 150)),
      k: fc.oneof(size(1, 40), size(200, 300)),
      n: fc.oneof(size(1, 40), size(60, 90)),
      batch: fc.constantFrom([], [3]),
    })
    .map(({ m, k, n, batch }) => {
      const last = batch.length === 0 ? [1, 0] : [0, 2, 1];
      const [a, b] = [numbers([...batch, m, k]), numbers([...batch, k, n])];
      const [at, bt] = [numbers([...batch, k, m]), numbers([...batch, n, k])];
      const y = a.matmul(b);
      return [relu(y), ...grad(y.square().sum(), [a, b]), at.transpose(last).matmul(bt.transpose(last))];
    });
  const pointwise = fc
    .record({
      batch: size(1, 3),
      channels: size(3, 30),
      filters: size(3, 30),
      extent: fc.tuple(size(3, 9), size(3, 9)),
    })
    .map((c) => convolution({ ...c, kernel: [1, 1] }));
  const variants = [/contract packed/, /contract direct/, /contract gathered/, /tileRows 4/, /packA/, /no packA/];
  holds(fc.oneof({ arbitrary: products, weight: 3 }, { arbitrary: pointwise, weight: 1 }), 8, (y) => y, variants);
});

test("reductions along rows, columns and both, in chunks", { timeout: 120_000 }, () => {
  const arbitrary = fc
    .record({
      shape: fc.tuple(size(1, 130), size(1, 70), size(1, 30)),
      axis: fc.constantFrom([0], [1], [2], [0, 1], [1, 2], [0, 2]),
    })
    .map(({ shape, axis }) => {
      const x = numbers(shape);
      return [x.mul(3).sum({ axis }), x.max({ axis }), x.square().mean({ axis }), x.sum()];
    });
  holds(arbitrary, 10, (y) => y, [/reduce along inner/, /reduce along columns/, /reduce along inner, [2-9] chunks/]);
});

test("pools and their gradients", { timeout: 120_000 }, () => {
  const arbitrary = fc
    .record({
      batch: size(1, 9),
      channels: size(1, 19),
      extent: fc.tuple(size(5, 23), size(5, 21)),
      kernel: size(2, 4),
      stride: size(1, 3),
      padding: size(0, 1),
    })
    .map(({ batch, channels, extent, kernel, stride, padding }) => {
      const x = numbers([batch, channels, ...extent]);
      const largest = maxPool2d(x, { kernel, stride, padding });
      const mean = avgPool2d(x, { kernel, stride, padding });
      return [largest, mean, ...grad(largest.square().sum(), [x]), ...grad(mean.square().sum(), [x])];
    });
  holds(arbitrary, 8, (y) => y, [/pool max windows/, /pool maxGradient/, /pool average/]);
});

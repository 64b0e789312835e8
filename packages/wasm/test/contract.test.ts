/**
 * Matrix products against plain loops in float64: any strides, batches that repeat, remainders in every direction, every
 * variant forced, epilogues, and the same bits for any cut into tasks.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { f32x4, i32, type Local, v128 } from "../src/assembler/index.ts";
import { joiningCompiler } from "../src/executor/wide-vectors.ts";
import { type BRead, type ContractSpec, type ContractVariant, contractKernel } from "../src/kernels/contract.ts";
import type { Epilogue } from "../src/kernels/epilogue.ts";
import { runAlone, type TaskRange } from "../src/kernels/run-alone.ts";

interface Problem {
  readonly spec: ContractSpec;
  readonly a: Float64Array;
  readonly b: Float64Array;
}

/** Index of an element: starts at `offset`, for strides that run backwards. */
const offsetOf = (strides: readonly number[], extents: readonly number[]): number =>
  strides.reduce((sum, stride, i) => sum + (stride < 0 ? -stride * Math.max(0, extents[i]! - 1) : 0), 0);

const spanOf = (strides: readonly number[], extents: readonly number[]): number =>
  extents.some((extent) => extent === 0)
    ? 0
    : strides.reduce((sum, stride, i) => sum + Math.abs(stride) * (extents[i]! - 1), 1);

const extentsOf = (spec: ContractSpec, operand: "a" | "b" | "c"): number[] => {
  const [first, second] = { a: ["m", "k"], b: ["k", "n"], c: ["m", "n"] }[operand] as ("m" | "k" | "n")[];
  return [...(spec.batch ?? []), spec[first!], spec[second!]];
};

function indices(extents: readonly number[]): number[][] {
  return extents.reduce<number[][]>(
    (all, n) => all.flatMap((head) => Array.from({ length: n }, (_, i) => [...head, i])),
    [[]],
  );
}

const dot = (x: readonly number[], y: readonly number[]): number => x.reduce((sum, v, i) => sum + v * y[i]!, 0);

/** The product and the sum of magnitudes, by element of C. */
function expected({ spec, a, b }: Problem): { at: number; value: number; magnitude: number }[] {
  const { aStrides, bStrides, cStrides, k } = spec;
  const aStart = offsetOf(aStrides, extentsOf(spec, "a"));
  const bStart = offsetOf(bStrides, extentsOf(spec, "b"));
  return indices(extentsOf(spec, "c")).map((index) => {
    const batch = index.slice(0, -2);
    const [i, j] = index.slice(-2) as [number, number];
    let value = 0;
    let magnitude = 0;
    for (let step = 0; step < k; step++) {
      const x = a[aStart + dot([...batch, i, step], aStrides)]!;
      const y = b[bStart + dot([...batch, step, j], bStrides)]!;
      value += x * y;
      magnitude += Math.abs(x * y);
    }
    return { at: dot(index, cStrides), value, magnitude };
  });
}

const MARK = 12345.5;
/** Wide kernels as the executor compiles them: with joined vectors, where the engine can. */
const join = joiningCompiler();

/** Runs the kernel; C is full of marks before. Float64 operands travel as pairs of words. */
function run(
  { spec, a, b }: Problem,
  more: Readonly<Record<string, Float32Array>> = {},
  order?: (tasks: number) => readonly TaskRange[],
): Float64Array {
  const kernel = contractKernel(spec);
  const double = spec.dtype === "float64";
  const pack = (values: Float64Array): Float32Array =>
    double ? new Float32Array(values.slice().buffer) : Float32Array.from(values);
  const c = new Float64Array(spanOf(spec.cStrides, extentsOf(spec, "c"))).fill(MARK);
  const starts = { a: offsetOf(spec.aStrides, extentsOf(spec, "a")), b: offsetOf(spec.bStrides, extentsOf(spec, "b")) };
  const shifted = shiftPointers(kernel, starts, double ? 8 : 4);
  const operands = { a: pack(a), b: pack(b), c: pack(c), ...more };
  const alone = runAlone(shifted, operands, kernel.extents, {}, spec.wide ? join : undefined);
  alone.run(order);
  const result = alone.read("c");
  return double ? new Float64Array(result.slice().buffer) : Float64Array.from(result);
}

/** The kernel with pointers of `a` and `b` that start inside the memory of their operands. */
function shiftPointers(kernel: ReturnType<typeof contractKernel>, starts: { a: number; b: number }, bytes: number) {
  if (starts.a === 0 && starts.b === 0) return kernel;
  return {
    ...kernel,
    stages: kernel.stages.map((stage) => ({
      ...stage,
      key: `shifted ${stage.key}`,
      define: (module: Parameters<typeof stage.define>[0]) => {
        const inner = stage.define(module);
        const names = [...stage.parameters.map(({ name }) => name), "t0", "t1"];
        const parameters = Object.fromEntries(names.map((name, i) => [name, inner.parameters[i]!]));
        return module.function({ name: `shifted ${stage.key}`, parameters }, (f, p) => {
          const values = names.map((name) => {
            const value = p[name] as Local<"i32">;
            return name === "a" || name === "b" ? i32.add(value, starts[name] * bytes) : value;
          });
          f.do(f.call(inner, values) as never);
        });
      },
    })),
  };
}

function check(problem: Problem, result: Float64Array): void {
  const epsilon = problem.spec.dtype === "float64" ? 2 ** -52 : 2 ** -23;
  const wanted = expected(problem);
  const touched = new Set(wanted.map(({ at }) => at));
  for (const { at, value, magnitude } of wanted) {
    const error = Math.abs(result[at]! - value);
    // Rounding k products one after another: at most k/2 units in the last place of the sum of magnitudes.
    if (!(error <= epsilon * magnitude * (problem.spec.k + 2)))
      throw new Error(`at ${at}: ${result[at]}, not ${value}`);
  }
  result.forEach((value, at) => {
    if (!touched.has(at) && value !== MARK) throw new Error(`wrote at ${at}, outside the result`);
  });
}

function numbers(seed: number, length: number): Float64Array {
  let state = seed >>> 0 || 1;
  return Float64Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.fround(state / 2 ** 31 - 1);
  });
}

function problem(spec: ContractSpec, seed: number): Problem {
  return {
    spec,
    a: numbers(seed, spanOf(spec.aStrides, extentsOf(spec, "a"))),
    b: numbers(seed + 1, spanOf(spec.bStrides, extentsOf(spec, "b"))),
  };
}

type Layout = "rows" | "columns" | "spread" | "backwards" | "repeat";

/** Strides of a matrix of `rows` × `columns`, batches outside, some of them repeating. */
function strides(layout: Layout, batch: readonly number[], repeats: readonly boolean[], rows: number, columns: number) {
  const inner = {
    rows: [columns + 0, 1],
    columns: [1, rows],
    spread: [columns * 3 + 1, 3],
    backwards: [-columns, -1],
    repeat: [0, 1],
  }[layout];
  let step = layout === "spread" ? rows * (columns * 3 + 1) : rows * columns;
  const outer = batch.map(() => 0);
  for (let i = batch.length - 1; i >= 0; i--) {
    if (repeats[i]) continue;
    outer[i] = step;
    step *= batch[i]!;
  }
  return [...outer, ...inner];
}

const layout = fc.constantFrom<Layout>("rows", "columns", "spread", "backwards", "repeat");
const variant: fc.Arbitrary<ContractVariant> = fc.record(
  {
    tileRows: fc.constantFrom<4 | 6>(4, 6),
    unroll: fc.integer({ min: 1, max: 8 }),
    packA: fc.boolean(),
    b: fc.constantFrom<BRead>("direct", "gather", "packed", "local"),
    blockK: fc.integer({ min: 1, max: 20 }),
    chunk: fc.integer({ min: 1, max: 20 }),
    rows: fc.integer({ min: 1, max: 40 }),
    vectors: fc.constantFrom<2 | 4>(2, 4),
    columns: fc.constantFrom(8, 16, 24, 48),
    constantK: fc.boolean(),
  },
  { requiredKeys: [] },
);

const anyProblem: fc.Arbitrary<Problem> = fc
  .record({
    dtype: fc.constantFrom<"float32" | "float64">("float32", "float32", "float64"),
    relaxed: fc.boolean(),
    wide: fc.boolean(),
    m: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 13, max: 40 })),
    n: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 13, max: 50 })),
    k: fc.integer({ min: 0, max: 40 }),
    batch: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
    repeats: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
    a: layout,
    b: layout,
    gap: fc.integer({ min: 0, max: 3 }),
    variant,
    seed: fc.integer(),
  })
  .map(({ dtype, relaxed, wide, m, n, k, batch, repeats, a, b, gap, variant, seed }) => {
    const aStrides = strides(a, batch, repeats, m, k);
    const bStrides = strides(b, batch, repeats.slice(3), k, n);
    const cStrides = strides("rows", batch, [], m, n + gap).map((s, i) => (i === batch.length + 1 ? 1 : s));
    return problem({ dtype, relaxed, wide, m, n, k, batch, aStrides, bStrides, cStrides, variant }, seed);
  });

const engines = [{ relaxed: true, wide: true }, { relaxed: true }, { relaxed: false }];

describe("matrix products", () => {
  test("any strides, batches, remainders and forced variants agree with plain loops", () => {
    fc.assert(
      fc.property(anyProblem, (p) => check(p, run(p))),
      { numRuns: 300 },
    );
  });

  test("any cut into tasks, in any order, gives the same bits", () => {
    fc.assert(
      fc.property(anyProblem, fc.integer({ min: 1, max: 5 }), fc.boolean(), (p, size, backwards) => {
        const cut = (tasks: number): TaskRange[] => {
          const ranges: TaskRange[] = [];
          for (let t = 0; t < tasks; t += size) ranges.push([t, Math.min(tasks, t + size)]);
          return backwards ? ranges.reverse() : ranges;
        };
        expect(run(p, {}, cut)).toEqual(run(p));
      }),
      { numRuns: 100 },
    );
  });

  test("tiles, blocks and copies keep every bit", () => {
    fc.assert(
      fc.property(anyProblem, variant, (p, other) => {
        const variants = [p.spec.variant!, other].map((v) => ({ ...v, chunk: undefined }) as ContractVariant);
        const [x, y] = variants.map((v) => run({ ...p, spec: { ...p.spec, variant: v } }));
        expect(x).toEqual(y);
      }),
      { numRuns: 100 },
    );
  });
});

const row = (_m: number, n: number): number[] => [n, 1];
const column = (m: number, _n: number): number[] => [1, m];

/** Products as layers make them: forward (weights [n, k]), gradient of the input, gradient of the weights. */
const layers: [string, number, number, number, number[], number[]][] = [
  ["forward 33×70·70×50", 33, 50, 70, row(33, 70), column(70, 50)],
  ["input gradient 64×20·20×300", 64, 300, 20, row(64, 20), row(20, 300)],
  ["weight gradient 40×1200·1200×24", 40, 24, 1200, column(40, 1200), row(1200, 24)],
  ["square 130", 130, 130, 130, row(130, 130), row(130, 130)],
  ["long 7×600·600×300", 7, 300, 600, row(7, 600), row(600, 300)],
  ["vector 1×33·33×17", 1, 17, 33, row(1, 33), column(33, 17)],
  ["matrix times vector", 45, 1, 33, row(45, 33), column(33, 1)],
  ["single element", 1, 1, 1, row(1, 1), row(1, 1)],
];

describe("the shapes of layers", () => {
  for (const engine of engines) {
    for (const dtype of ["float32", "float64"] as const) {
      test.each(layers)(`%s, ${dtype}, ${JSON.stringify(engine)}`, (_, m, n, k, aStrides, bStrides) => {
        const p = problem({ dtype, ...engine, m, n, k, aStrides, bStrides, cStrides: [n, 1] }, m + n + k);
        check(p, run(p));
      });
    }
  }

  test("k = 0 gives zeros", () => {
    for (const chunk of [undefined, 4]) {
      for (const constantK of [true, false]) {
        const spec = { relaxed: true, m: 7, n: 11, k: 0, aStrides: [0, 1], bStrides: [11, 1], cStrides: [11, 1] };
        const p = problem({ ...spec, variant: chunk === undefined ? { constantK } : { chunk, constantK } }, 1);
        expect([...run(p)]).toEqual(new Array(77).fill(0));
      }
    }
  });

  test("empty results have no work", () => {
    const spec = { relaxed: true, k: 3, aStrides: [3, 1], bStrides: [5, 1], cStrides: [5, 1] };
    expect(contractKernel({ ...spec, m: 0, n: 5 }).stages).toEqual([]);
    expect(contractKernel({ ...spec, m: 5, n: 0 }).stages).toEqual([]);
  });

  test("columns of the result must be neighbours", () => {
    const spec = { relaxed: true, m: 2, n: 5, k: 3, aStrides: [3, 1], bStrides: [5, 1], cStrides: [1, 2] };
    expect(() => contractKernel(spec)).toThrow("columns of the result must be neighbours, got stride 2");
  });
});

describe("special values", () => {
  test("NaN and infinity reach the elements that they belong to, and no others", () => {
    fc.assert(
      fc.property(anyProblem, fc.nat(), fc.constantFrom(Number.NaN, Infinity, -Infinity), (p, where, value) => {
        if (p.a.length === 0) return;
        p.a[where % p.a.length] = value;
        const result = run(p);
        for (const { at, value: wanted } of expected(p)) {
          if (Number.isFinite(wanted)) expect(Number.isFinite(result[at]!)).toBe(true);
          else expect(result[at]!).toBe(wanted);
        }
      }),
      { numRuns: 100 },
    );
  });
});

/** relu(value + bias[column]) + residual at the same place, times a scalar. */
const biasRelu: Epilogue = {
  key: "test bias relu residual",
  parameters: { bias: "i32", residual: "i32" },
  emit: (f, parameters, vectors) => {
    const { bias, residual } = parameters as Record<string, Local<"i32">>;
    for (const { value, offset, channel } of vectors) {
      const sum = f32x4.add(value, v128.load(i32.add(bias!, channel)));
      f.set(value, f32x4.add(f32x4.max(sum, f32x4.splat(0)), v128.load(i32.add(residual!, offset))));
    }
  },
};

describe("epilogues", () => {
  test("see every element of the result once, with its column", () => {
    const plain = anyProblem.filter(({ spec }) => spec.dtype === "float32");
    fc.assert(
      fc.property(plain, (p) => {
        const size = spanOf(p.spec.cStrides, extentsOf(p.spec, "c"));
        const bias = Float32Array.from(numbers(7, p.spec.n));
        const residual = Float32Array.from(numbers(8, size));
        const before = run(p);
        const after = run({ ...p, spec: { ...p.spec, epilogue: biasRelu } }, { bias, residual });
        const rank = p.spec.batch!.length;
        for (const index of indices(extentsOf(p.spec, "c"))) {
          const at = dot(index, p.spec.cStrides);
          const relu = Math.max(0, Math.fround(before[at]! + bias[index[rank + 1]!]!));
          expect(after[at]).toBe(Math.fround(relu + residual[at]!));
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("code is shared", () => {
  const keys = (spec: ContractSpec): string[] => contractKernel(spec).stages.map(({ key }) => key);
  test("by any number of rows, and by gradients of weights for any batch", () => {
    const forward = (m: number): ContractSpec => ({
      relaxed: true,
      m,
      n: 128,
      k: 3136,
      aStrides: [3136, 1],
      bStrides: [1, 3136],
      cStrides: [128, 1],
    }); // prettier-ignore
    const weights = (k: number): ContractSpec => ({
      relaxed: true,
      m: 128,
      n: 3136,
      k,
      aStrides: [1, 128],
      bStrides: [3136, 1],
      cStrides: [3136, 1],
    }); // prettier-ignore
    for (const rows of [32, 500]) {
      expect(keys(forward(rows))).toEqual(keys(forward(64)));
      expect(keys(weights(rows))).toEqual(keys(weights(64)));
    }
  });
});

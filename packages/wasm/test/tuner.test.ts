// The autotuner: contests find the fastest candidate and end; candidates never change a bit.

import { compile, grad, type Tensor, tensor, useExecutor, Variable } from "@prewitt/core";
import { conv2d, relu } from "@prewitt/ops";
import { Profile, type Tuning, wasmExecutor } from "@prewitt/wasm";
import { describe, expect, test } from "vitest";
import { Contest } from "../src/executor/tuner.ts";

/** Runs a contest between candidates that take so long at their nth run; returns the winner and the runs of each. */
function race(
  times: readonly ((run: number) => number)[],
  step = 20,
  dropped: readonly number[] = [],
): { winner: number; runs: number[] } {
  let decided = 0;
  const contest = new Contest(times.length, () => decided++);
  const runs = times.map(() => 0);
  let now = 0;
  for (let i = 0; contest.winner === undefined; i++) {
    expect(i).toBeLessThan(10_000);
    const pick = contest.pick();
    if (dropped.includes(pick)) {
      contest.drop(pick);
      continue;
    }
    now += step;
    const run = runs[pick] as number;
    runs[pick] = run + 1;
    contest.record(pick, (times[pick] as (run: number) => number)(run), now);
  }
  expect(decided).toBe(1);
  expect(contest.pick()).toBe(contest.winner);
  return { winner: contest.winner, runs };
}

describe("contests", () => {
  const steady = (ms: number) => () => ms;

  test("the fastest wins, and serves from then on", () => {
    expect(race([steady(1), steady(0.9), steady(0.5), steady(0.8)]).winner).toBe(2);
  });

  test("a candidate that is hardly faster does not replace the default", () => {
    expect(race([steady(1), steady(0.99)]).winner).toBe(0);
    expect(race([steady(1), steady(0.97)]).winner).toBe(1);
  });

  test("what code takes before it is optimised counts for nothing", () => {
    const late = (ms: number) => (run: number) => (run < 12 ? 4 * ms : ms);
    expect(race([steady(1), late(0.5)]).winner).toBe(1);
    // Code that is fast at first only is not taken.
    expect(race([steady(1), (run: number) => (run < 5 ? 0.1 : 2)]).winner).toBe(0);
  });

  test("fast runs wait until the engine has had time to compile", () => {
    const { runs } = race([steady(0.01), steady(0.02)], 0.1);
    expect(Math.min(...runs)).toBeGreaterThan(100);
  });

  test("long kernels are decided in few runs", () => {
    const { runs } = race([steady(20), steady(10), steady(30)], 100);
    expect(Math.max(...runs)).toBeLessThanOrEqual(12);
  });

  test("a disturbance of some runs does not decide", () => {
    const disturbed = (ms: number) => (run: number) => (run % 3 === 0 ? 10 * ms : ms);
    expect(race([steady(1), disturbed(0.8)]).winner).toBe(1);
  });

  test("candidates that are taken out neither run nor win", () => {
    expect(race([steady(1), steady(0.1), steady(0.8)], 20, [1])).toMatchObject({
      winner: 2,
      runs: [expect.any(Number), 0, expect.any(Number)],
    });
    expect(race([steady(1), steady(0.1)], 20, [1]).winner).toBe(0);
  });
});

function numbers(shape: readonly number[], seed: number): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length: size }, (_, i) => Math.sin((i + seed) * 12.9898) * 1.7);
  return tensor(data, { shape: [...shape] });
}

interface Work {
  readonly name: string;
  run(): Tensor[];
}

/** Products in every direction and the convolutions of every algorithm, with remainders in all extents. */
function works(): Work[] {
  const product = (m: number, k: number, n: number): Work => {
    const f = compile((x: Tensor, w: Tensor) => {
      const y = relu(x.matmul(w));
      return [y, ...grad(y.square().sum(), [x, w])];
    });
    const [x, w] = [numbers([m, k], 1), numbers([k, n], 2)];
    return { name: `${m}×${k}·${k}×${n}`, run: () => f(x, w) as Tensor[] };
  };
  const convolution = (c: number, o: number, size: number, kernel: number, stride: number): Work => {
    const f = compile((x: Tensor, w: Tensor) => {
      const y = relu(conv2d(x, w, { stride, padding: kernel >> 1 }));
      return [y, ...grad(y.square().sum(), [x, w])];
    });
    const [x, w] = [numbers([3, c, size, size + 2], 3), numbers([o, c, kernel, kernel], 4)];
    return { name: `conv ${c}→${o} ${size} ${kernel}/${stride}`, run: () => f(x, w) as Tensor[] };
  };
  return [
    product(37, 29, 43),
    product(70, 300, 66),
    product(64, 520, 33),
    convolution(3, 9, 15, 3, 1),
    convolution(20, 28, 13, 3, 1),
    convolution(13, 18, 14, 3, 2),
  ];
}

interface Outcome {
  readonly values: readonly Float32Array[];
  readonly variants: string;
}

function outcomes(tuning: Tuning, threads: number, runs = 1): Outcome[] {
  const executor = wasmExecutor({ threads, tuning });
  using _ = useExecutor(executor);
  try {
    return works().map(({ run }) => {
      for (let i = 1; i < runs; i++) run();
      executor.profile = new Profile();
      const values = run().map((t) => t.dataSync() as Float32Array);
      const variants = executor.profile
        .rows()
        .map((r) => r.variant)
        .join("; ");
      executor.profile = undefined;
      return { values, variants };
    });
  } finally {
    executor.dispose();
  }
}

/** Where two outcomes differ in a bit, as `value 1, element 7`. */
function difference(a: Outcome, b: Outcome): string | undefined {
  for (const [i, value] of a.values.entries()) {
    const [x, y] = [value, b.values[i] as Float32Array].map((v) => new Int32Array(v.slice().buffer));
    const at = (x as Int32Array).findIndex((word, j) => word !== (y as Int32Array)[j]);
    if (at >= 0 || x?.length !== y?.length) return `value ${i}, element ${at}`;
  }
  return undefined;
}

describe("alternatives", () => {
  const usual = outcomes("off", 1);

  test("every alternative of every kernel has the bits of the default", () => {
    const seen = new Set<string>();
    for (let alternative = 1; alternative <= 6; alternative++) {
      outcomes(alternative, alternative === 1 ? 3 : 1).forEach((outcome, i) => {
        expect(difference(outcome, usual[i] as Outcome)).toBeUndefined();
        for (const [, label] of outcome.variants.matchAll(/tuned: ([^;]*)/g)) seen.add(label as string);
      });
    }
    expect(usual.every(({ variants }) => !variants.includes("tuned"))).toBe(true);
    // Tiles, unrolling, copies and blocks have all been through.
    for (const label of [
      "tileRows 4",
      "unroll 8",
      "packA",
      "no packA",
      "rows 5",
      "groupFilters 32",
      "rows 6",
      "tileRows 6",
    ])
      expect([...seen]).toContain(label);
  });
});

describe("tuning live", () => {
  test("ends, changes no bit on the way, and makes no code afterwards", () => {
    const data = { x: numbers([8, 32, 20, 20], 5), w: numbers([32, 32, 3, 3], 6), a: numbers([120, 400], 7) };
    const train = (tuning: Tuning, steps: number | undefined) => {
      const executor = wasmExecutor({ threads: 2, tuning });
      using _ = useExecutor(executor);
      const [w, a] = [new Variable(data.w), new Variable(data.a)];
      const step = compile((x: Tensor) => {
        const y = relu(conv2d(x, w.read(), { padding: 1 })).mean();
        const z = a
          .read()
          .matmul(a.read().transpose([1, 0]))
          .mean();
        const g = grad(y.add(z), { w: w.read(), a: a.read() });
        w.assign(w.read().sub(g.w.mul(0.01)));
        a.assign(a.read().sub(g.a.mul(0.01)));
        return y;
      });
      const losses: number[] = [];
      while (steps === undefined ? !executor.tuner.finished || losses.length < 10 : losses.length < steps) {
        expect(losses.length).toBeLessThan(5000);
        losses.push(step(data.x).itemSync());
      }
      const { modules } = executor.functions;
      for (let i = 0; i < 5; i++) losses.push(step(data.x).itemSync());
      expect(executor.functions.modules).toBe(modules);
      executor.dispose();
      return { losses, parameters: [w, a].map((v) => [...v.read().dataSync()]) };
    };
    const live = train("live", undefined);
    expect(live.losses.length).toBeGreaterThan(20);
    expect(train("off", live.losses.length - 5)).toEqual(live);
  });
});

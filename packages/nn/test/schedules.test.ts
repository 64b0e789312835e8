// Schedules against PyTorch's values; composed; as hyper-parameters of optimisers, compiled and not, saved and resumed.

import { compile, type Tensor, tensor, Variable } from "@prewitt/core";
import {
  Adam,
  constantSchedule,
  cosineRestarts,
  cosineSchedule,
  exponentialSchedule,
  linearSchedule,
  oneCycleSchedule,
  plateauSchedule,
  polynomialSchedule,
  type Schedule,
  SGD,
  sequence,
  stepSchedule,
  warmup,
} from "@prewitt/nn";
import { describe, expect, test } from "vitest";
import { goldenCases } from "../../../test/goldens/load.ts";

const schedules: Record<string, (options: never) => Schedule> = {
  cosineRestarts,
  cosineSchedule,
  exponentialSchedule,
  linearSchedule,
  oneCycleSchedule,
  polynomialSchedule,
  stepSchedule,
};

test.each(goldenCases("schedules"))("$name", ({ op, options, inputs, outputs }) => {
  const wanted = Array.from(outputs.y?.data ?? []);
  const found: number[] = [];
  if (op === "plateauSchedule") {
    const schedule = plateauSchedule(options as never);
    for (const metric of inputs.metric?.data ?? []) {
      const before = schedule(0);
      expect(schedule.update(metric)).toBe(schedule(0) < before);
      found.push(schedule(0));
    }
  } else {
    const schedule = (schedules[op] as (options: never) => Schedule)(options as never);
    for (const step of inputs.step?.data ?? []) found.push(schedule(step));
  }
  wanted.forEach((w, i) => {
    expect(found[i], `step ${i}`).toBeCloseTo(w, 12);
  });
});

test("composed: a rise, a plain, a descent", () => {
  const schedule = sequence([
    { schedule: linearSchedule({ start: 0, end: 1, steps: 4 }), steps: 4 },
    { schedule: constantSchedule(1), steps: 3 },
    { schedule: cosineSchedule({ start: 1, steps: 2 }) },
  ]);
  expect(Array.from({ length: 11 }, (_, i) => Number(schedule(i).toFixed(12)))).toEqual([
    0, 0.25, 0.5, 0.75, 1, 1, 1, 1, 0.5, 0, 0,
  ]);
  expect(() => sequence([{ schedule: constantSchedule(1) }, { schedule: constantSchedule(1) }])).toThrow(
    /steps of part 0 must be a positive integer, got undefined/,
  );
});

const gradient = (): Record<string, Tensor> => ({ p: tensor([1]) });

describe("as hyper-parameters", () => {
  const options = {
    learningRate: cosineSchedule({ start: 0.5, steps: 6 }),
    momentum: linearSchedule({ start: 0.9, end: 0.5, steps: 5 }),
    weightDecay: stepSchedule({ start: 0.25, every: 2 }),
  };

  /** SGD by hand, in float64. */
  function byHand(steps: number): number[] {
    let [p, sum] = [2, 0];
    return Array.from({ length: steps }, (_, i) => {
      sum = sum * options.momentum(i) + 1 + options.weightDecay(i) * p;
      p -= options.learningRate(i) * sum;
      return p;
    });
  }
  const start = (): Variable => new Variable(tensor([2], { dtype: "float64" }));
  const one = (): Record<string, Tensor> => ({ p: tensor([1], { dtype: "float64" }) });

  test("outside compile", () => {
    const p = start();
    const optimizer = new SGD({ p }, options);
    for (const wanted of byHand(8)) {
      optimizer.step(one());
      expect(p.read().itemSync()).toBeCloseTo(wanted, 12);
    }
  });

  test("inside compile, traced once, resumed from the state dict", () => {
    const run = (p: Variable, optimizer: SGD, steps: number): number[] => {
      const step = compile(() => {
        optimizer.step(one());
        return p.read().mul(1);
      });
      const values = Array.from({ length: steps }, () => step().itemSync());
      expect(step.traces).toBe(1);
      return values;
    };
    const [p, q] = [start(), start()];
    const first = new SGD({ p }, options);
    const values = run(p, first, 5);
    const second = new SGD({ p: q }, options);
    second.loadStateDict(first.stateDict());
    q.assign(p.read());
    const all = [...values, ...run(q, second, 3)];
    byHand(8).forEach((wanted, i) => {
      expect(all[i]).toBeCloseTo(wanted, 12);
    });
  });

  test("a step that fails does not advance the schedule", () => {
    const p = new Variable(tensor([2]));
    const seen: number[] = [];
    const learningRate = (step: number): number => {
      seen.push(step);
      return 0.1;
    };
    const optimizer = new SGD({ p }, { learningRate });
    const step = compile((g: Tensor) => {
      optimizer.step({ p: g });
      return g.sum();
    });
    step(tensor([1]));
    expect(() => step(tensor([Number.NaN]))).toThrow(/not finite|NaN/);
    step(tensor([1]));
    expect(seen).toEqual([0, 0, 1, 1]);
    expect(optimizer.steps.read().itemSync()).toBe(2);
  });

  test("a plateau is part of the optimiser's state", () => {
    const make = () => {
      const rate = warmup(plateauSchedule({ start: 1, factor: 0.5, patience: 0 }), { steps: 1, from: 1 });
      return new Adam({ p: new Variable(tensor([2])) }, { learningRate: rate });
    };
    const plateau = plateauSchedule({ start: 1, factor: 0.5, patience: 0 });
    const optimizer = new SGD({ p: new Variable(tensor([2])) }, { learningRate: plateau });
    plateau.update(3);
    plateau.update(4);
    optimizer.step(gradient());
    expect(optimizer.learningRate.read().itemSync()).toBe(0.5);
    const other = plateauSchedule({ start: 1, factor: 0.5, patience: 0 });
    const loaded = new SGD({ p: new Variable(tensor([2])) }, { learningRate: other });
    loaded.loadStateDict(optimizer.stateDict());
    expect(other(0)).toBe(0.5);
    expect(other.state.best.read().itemSync()).toBe(3);
    expect(Object.keys(make().stateDict())).toContain("learningRate.schedule.best");
  });

  test("values out of range are named with their step", () => {
    const p = new Variable(tensor([2]));
    const optimizer = new SGD({ p }, { learningRate: 0.1, momentum: (step) => 0.5 + step });
    optimizer.step(gradient());
    expect(() => optimizer.step(gradient())).toThrow(
      /\[SGD\] momentum must be a number from 0 to below 1, got 1\.5 from its schedule at step 1/,
    );
    expect(() => new SGD({ p }, { learningRate: () => -1 })).toThrow(/got -1 from its schedule at step 0/);
  });
});

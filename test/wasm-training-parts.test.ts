// Schedules, groups, clipping, accumulation and averages in one compiled step on the wasm executor: as on the reference, traced
// once.

import { compile, type Executor, grad, referenceExecutor, seed, type Tensor, tensor, useExecutor } from "@prewitt/core";
import {
  AdamW,
  clipByGlobalNorm,
  cosineSchedule,
  Ema,
  Flatten,
  GradientAccumulator,
  init,
  Linear,
  linearSchedule,
  ReLU,
  Sequential,
  warmup,
} from "@prewitt/nn";
import { focalLoss } from "@prewitt/ops";
import { wasmExecutor } from "@prewitt/wasm";
import { expect, test } from "vitest";

const images = tensor(
  Float32Array.from({ length: 512 }, (_, i) => Math.sin(i * i)),
  { shape: [8, 1, 8, 8] },
);
const truth = tensor(
  Float32Array.from({ length: 24 }, (_, i) => (i % 3 === 0 ? 1 : 0)),
  { shape: [8, 3] },
);

function train(executor: Executor): { losses: number[]; norms: number[]; average: number[]; rate: number } {
  using _ = useExecutor(executor);
  seed(5);
  const model = init(
    new Sequential(new Flatten(), new Linear({ out: 6 }), new ReLU(), new Linear({ out: 3 })),
    [1, 8, 8],
  );
  const optimizer = new AdamW(model.parameters(), {
    learningRate: warmup(cosineSchedule({ start: 0.05, steps: 10 }), { steps: 3 }),
    weightDecay: linearSchedule({ start: 0.1, steps: 12 }),
    groups: [{ params: "**.bias", weightDecay: 0 }],
  });
  const ema = new Ema(model, { decay: 0.8, warmup: true });
  const sum = new GradientAccumulator(model.parameters());
  const add = compile((x: Tensor, y: Tensor) => {
    const loss = focalLoss(model.forward(x), y);
    sum.add(grad(loss, model.parameters()));
    return loss;
  });
  const apply = compile(() => {
    const { gradients, norm } = clipByGlobalNorm(sum.take(), 0.05);
    optimizer.step(gradients);
    ema.update();
    return norm;
  });
  const [losses, norms] = [[] as number[], [] as number[]];
  for (let i = 0; i < 12; i++) {
    for (const half of [0, 4]) {
      losses.push(add(images.slice([half, half + 4]), truth.slice([half, half + 4])).itemSync());
    }
    norms.push(apply().itemSync());
  }
  expect([add.traces, apply.traces]).toEqual([1, 1]);
  return {
    losses,
    norms,
    average: Object.values(ema.averages).flatMap((v) => [...v.read().dataSync()]),
    rate: optimizer.learningRate.read().itemSync(),
  };
}

test("a step with all of them", () => {
  const [wanted, found] = [train(referenceExecutor()), train(wasmExecutor({ threads: 2 }))];
  for (const key of ["losses", "norms", "average"] as const) {
    expect(found[key]).toHaveLength(wanted[key].length);
    found[key].forEach((v, i) => {
      expect(v, `${key} ${i}`).toBeCloseTo(wanted[key][i] as number, 4);
    });
  }
  expect(found.rate).toBeCloseTo(cosineSchedule({ start: 0.05, steps: 10 })(8), 12);
  expect(found.losses.at(-1)).toBeLessThan(0.7 * (found.losses[0] as number));
});

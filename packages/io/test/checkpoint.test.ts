/** Checkpoints: what they hold, resuming bit for bit, what is kept, what is refused. */

import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compile, DataError, grad, PrewittError, seed, session, type Tensor } from "@prewitt/core";
import { dataset, loader, ndArray } from "@prewitt/data";
import { checkpoint, checkpoints, loadPart, loadSafetensors, type Parts, readCheckpoint } from "@prewitt/io";
import {
  Adam,
  BatchNorm2d,
  Conv2d,
  Dropout,
  Ema,
  Flatten,
  fit,
  GradientAccumulator,
  init,
  Linear,
  plateauSchedule,
  ReLU,
  Sequential,
  SGD,
} from "@prewitt/nn";
import { crossEntropy } from "@prewitt/ops";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "prewitt-checkpoint-"));
  seed(7);
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
  seed(0);
});

const network = () =>
  init(
    new Sequential(
      new Conv2d({ out: 2, kernel: 3 }),
      new BatchNorm2d(),
      new ReLU(),
      new Dropout(0.3),
      new Flatten(),
      new Linear({ out: 2 }),
    ),
    [1, 4, 4],
  );

/** 10 noisy pictures of two classes, in batches of 3, with random shifts of their values. */
const pictures = () =>
  loader(
    dataset({
      length: 10,
      get: (i: number) => ({
        image: ndArray(
          Float32Array.from({ length: 16 }, (_, k) => Math.sin(i * 16 + k) + (i % 2)),
          [1, 4, 4],
        ),
        label: i % 2,
      }),
    }),
    {
      batch: 3,
      shuffle: true,
      transform: (sample, random) => {
        const by = random.uniform();
        return {
          ...sample,
          image: ndArray(
            sample.image.data.map((v) => v + by),
            [1, 4, 4],
          ),
        };
      },
    },
  );

function start() {
  const model = network();
  const optimizer = new Adam(model.parameters(), { learningRate: 0.01, amsgrad: true });
  const data = pictures();
  const step = compile((image: Tensor, label: Tensor) => {
    const loss = crossEntropy(model.forward(image), label);
    optimizer.step(grad(loss, model.parameters()));
    return loss;
  });
  return { model, optimizer, data, step };
}

/** Losses of the steps from the loader's position to `stop`. */
async function train({ data, step, optimizer }: ReturnType<typeof start>, stop: number): Promise<number[]> {
  const losses: number[] = [];
  for (;;) {
    for await (const { image, label } of data) {
      losses.push(await step(image, label).item());
      if ((await optimizer.steps.read().item()) === stop) return losses;
    }
  }
}

describe("a run in one file", () => {
  it("goes on with the losses of the uninterrupted run, bit for bit, from any step", async () => {
    const whole = await train(start(), 12);
    for (const stop of [1, 3, 4, 5, 11]) {
      seed(7);
      const first = start();
      const file = join(folder, `run${stop}.safetensors`);
      const before = await train(first, stop);
      await checkpoint({ model: first.model, optimizer: first.optimizer, data: first.data }, file).save(stop);
      // Another seed, other weights, another order: all of it is restored.
      seed(1234);
      const second = start();
      const run = checkpoint({ model: second.model, optimizer: second.optimizer, data: second.data }, file);
      expect(await run.resume()).toEqual({ file, progress: { step: stop }, config: {} });
      expect(session.seed).toBe(7);
      expect([...before, ...(await train(second, 12))]).toEqual(whole);
    }
  });

  it("is a safetensors file that says what is in it", async () => {
    const { model, optimizer, data } = start();
    const file = join(folder, "a", "run.safetensors");
    const run = checkpoint({ model, optimizer, data }, file, { config: { width: 2, rate: Number.POSITIVE_INFINITY } });
    expect(await run.resume()).toBeUndefined();
    expect(await run.save({ step: 3, loss: Number.NaN, zero: -0 })).toBe(file);
    const content = await readCheckpoint(file);
    expect(content).toMatchObject({ progress: { step: 3, loss: Number.NaN, zero: -0 }, seed: 7 });
    expect(content.config).toEqual({ width: 2, rate: Number.POSITIVE_INFINITY });
    expect(content.parts.data).toEqual(data.stateDict());
    expect(Object.keys(content.parts.model ?? {})).toEqual(
      expect.arrayContaining(["0.weight", "1.running_mean", "1.num_batches_tracked", "3.counter"]),
    );
    expect(Object.keys(await loadSafetensors(file))).toContain("optimizer/maxExpAvgSq/0.weight");
    expect(Object.keys(await loadPart(file, "model")).sort()).toEqual(
      Object.keys(model.stateDict({ counters: true })).sort(),
    );
    await expect(loadPart(file, "ema")).rejects.toThrow('it has no part "ema"\n  - its parts: model, optimizer, data');
    expect(await readdir(join(folder, "a"))).toEqual(["run.safetensors"]);
  });

  it("is the state at the time of the call, even when training goes on before it is written", async () => {
    const run = start();
    const file = join(folder, "run.safetensors");
    const store = checkpoint({ model: run.model, optimizer: run.optimizer, data: run.data }, file);
    await train(run, 2);
    const expected = await run.model.stateDict()["0.weight"]?.data();
    const saves = [store.save(2)];
    await train(run, 4);
    saves.push(store.save(4));
    await train(run, 5);
    await saves[0];
    await Promise.all(saves);
    expect((await readCheckpoint(file)).progress).toEqual({ step: 4 });
    seed(7);
    const again = start();
    await train(again, 2);
    expect(await again.model.stateDict()["0.weight"]?.data()).toEqual(expected);
    const other = start();
    await checkpoint({ model: other.model, optimizer: other.optimizer, data: other.data }, file).resume();
    expect(await other.optimizer.steps.read().item()).toBe(4);
  });

  it("holds parameter groups, a schedule with a memory, half an accumulation and a moving average", async () => {
    const begin = () => {
      const model = network();
      const rate = plateauSchedule({ start: 0.02, patience: 1, factor: 0.5 });
      const optimizer = new Adam(model.parameters(), {
        learningRate: rate,
        groups: [{ params: "5", learningRate: 0.1, weightDecay: 0.01 }],
      });
      const ema = new Ema(model, { decay: 0.9, warmup: true });
      const sum = new GradientAccumulator(model.parameters());
      const data = pictures();
      const add = compile((image: Tensor, label: Tensor) => {
        const loss = crossEntropy(model.forward(image), label);
        sum.add(grad(loss, model.parameters()));
        return loss;
      });
      const apply = compile(() => {
        optimizer.step(sum.take());
        ema.update();
      });
      // Two batches a step, and after each step the plateau is told.
      const go = async (from: number, to: number): Promise<unknown[]> => {
        const seen: unknown[] = [];
        for (let at = from; ; ) {
          for await (const { image, label } of data) {
            const loss = await add(image, label).item();
            seen.push(loss);
            if (at % 2 === 1) {
              apply();
              seen.push(rate.update(0.5 + (at % 3)), await ema.averages["0.weight"]?.read().data());
            }
            if (++at === to) return seen;
          }
        }
      };
      return { parts: { model, optimizer, ema, sum, data }, go };
    };
    const whole = await begin().go(0, 20);
    expect(whole).toContain(true);
    for (const stop of [5, 12]) {
      seed(7);
      const first = begin();
      const before = await first.go(0, stop);
      const file = join(folder, "all.safetensors");
      await checkpoint(first.parts, file).save(stop);
      seed(99);
      const second = begin();
      await checkpoint(second.parts, file).resume();
      expect([...before, ...(await second.go(stop, 20))]).toEqual(whole);
    }
  });

  it("works with fit", async () => {
    const options = ({ optimizer, data }: ReturnType<typeof start>) => ({
      data,
      optimizer,
      loss: crossEntropy,
      epochs: 3,
    });
    const one = start();
    const whole = await fit(one.model, options(one));
    for (const stop of [2, 4, 7]) {
      const file = join(folder, `fit${stop}.safetensors`);
      const part = (end?: number) => {
        seed(7);
        const run = start();
        const { model, optimizer, data } = run;
        const onStep = ({ step }: { step: number }) => end === undefined || step + 1 < end;
        return fit(model, { ...options(run), onStep, checkpoint: checkpoint({ model, optimizer, data }, file) });
      };
      await part(stop);
      expect(await part()).toEqual(whole);
    }
  });
});

describe("what does not fit is refused, and nothing changes", () => {
  const message = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => "nothing was thrown",
      (error) => (error instanceof PrewittError ? error.message : Promise.reject(error)),
    );

  it("other parts", async () => {
    const { model, optimizer } = start();
    const file = join(folder, "run.safetensors");
    await checkpoint({ model, optimizer }, file).save();
    expect(await message(checkpoint({ model, data: pictures() }, file).resume())).toMatch(
      /holds other parts than this run, nothing was restored\n {2}- data is not in the file\n {2}- optimizer is in the file, and not among the parts[\s\S]*at .*checkpoint\.test\.ts/,
    );
  });

  it("another model or optimiser: those restored before it get their state back", async () => {
    const first = start();
    const file = join(folder, "run.safetensors");
    await train(first, 2);
    await checkpoint({ model: first.model, optimizer: first.optimizer }, file).save();
    seed(8);
    const model = network();
    const before = await model.stateDict()["0.weight"]?.data();
    const optimizer = new SGD(model.parameters(), { learningRate: 1, momentum: 0.9 });
    expect(await message(checkpoint({ model, optimizer }, file).resume())).toContain("extra: beta1");
    expect(await model.stateDict()["0.weight"]?.data()).toEqual(before);
    expect(session.seed).toBe(8);
    const plain = init(new Sequential(new Flatten(), new Linear({ out: 2 })), [1, 4, 4]);
    expect(await message(checkpoint({ model: plain }, file).resume())).toContain("holds other parts");
  });

  it("parts without a state, names with a slash, what is no plain data", async () => {
    const { model } = start();
    const wrong = { "a/b": model, "": model, config: { width: 3 } } as unknown as Parts;
    expect(() => checkpoint(wrong, "f")).toThrow(
      /these parts cannot be saved\n {2}- "a\/b" is no name[^\n]*\n {2}- "" is no name[^\n]*\n {2}- config has no stateDict/,
    );
    expect(() => checkpoint({}, "f")).toThrow("there is nothing to save");
    const run = checkpoint({ model }, join(folder, "run.safetensors"));
    expect(await message(run.save({ when: new Date(0) } as never))).toContain(
      "progress.when is a Date, which a checkpoint",
    );
    expect(await message(run.save({ list: [1, () => 0] } as never))).toContain("progress.list[1] is a function");
    const loop: { self?: unknown } = {};
    loop.self = loop;
    expect(await message(run.save(loop as never))).toContain("nested deeper than 64 levels");
    expect(await readdir(folder)).toEqual([]);
  });

  it("files that are no checkpoint, and any damage to one, with DataError", async () => {
    const { model, optimizer, data } = start();
    const file = join(folder, "run.safetensors");
    await writeFile(file, "something else entirely");
    expect(await message(checkpoint({ model }, file).resume())).toContain("not a safetensors file");
    const run = checkpoint({ model, optimizer, data }, file);
    await run.save({ step: 1 });
    const valid = await readFile(file);
    const change = fc.record({ at: fc.nat(600), to: fc.integer({ min: 0, max: 255 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const bytes = Uint8Array.from(valid);
        for (const { at, to } of changes) bytes[at] = to;
        await writeFile(file, bytes);
        await readCheckpoint(file).catch((error) => {
          if (!(error instanceof DataError)) throw error;
        });
      }),
      { numRuns: 200 },
    );
  });
});

describe("a folder with the last, the best and some older states", () => {
  const parts = () => ({ model: init(new Linear({ out: 1 }), [1]) });

  it("keeps what it should", async () => {
    const run = checkpoints(parts(), folder, { best: { lowest: "validation.loss" }, keep: 2 });
    const losses = [3, 1, Number.NaN, 2, undefined];
    for (const [step, loss] of losses.entries())
      await run.save({ step, ...(loss !== undefined && { validation: { loss } }) });
    expect((await readdir(folder)).sort()).toEqual([
      "best.safetensors",
      "last.safetensors",
      "step-000000003.safetensors",
      "step-000000004.safetensors",
    ]);
    expect((await readCheckpoint(run.best)).progress.step).toBe(1);
    // The record outlives the process.
    const later = checkpoints(parts(), folder, { best: { lowest: "validation.loss" } });
    expect((await later.resume())?.progress).toEqual({ step: 4 });
    await later.save({ step: 5, validation: { loss: 1.5 } });
    expect((await readCheckpoint(run.best)).progress.step).toBe(1);
    await later.save({ step: 6, validation: { loss: 0.5 } });
    expect((await readCheckpoint(run.best)).progress.step).toBe(6);
    expect((await readCheckpoint(run.last)).progress.step).toBe(6);
  });

  it("the highest, too; and a best state that a kill kept from being written is made good", async () => {
    const by = { best: { highest: "accuracy" } };
    const run = checkpoints(parts(), folder, by);
    for (const [step, accuracy] of [0.5, 0.9, 0.7].entries()) await run.save({ step, accuracy });
    expect((await readCheckpoint(run.best)).progress.step).toBe(1);
    await checkpoint(run.parts, run.last).save({ step: 3, accuracy: 0.95 });
    await checkpoints(parts(), folder, by).resume();
    expect((await readCheckpoint(run.best)).progress.step).toBe(3);
  });

  it("wrong options", async () => {
    expect(() => checkpoints(parts(), folder, { best: { lower: "x" } as never, keep: -1 })).toThrow(
      /keep is -1, and must be an integer of 0 or more\n {2}- best must be \{ lowest: path \}/,
    );
    await expect(checkpoints(parts(), folder, { keep: 1 }).save({ epoch: 1 })).rejects.toThrow("the progress lacks");
  });
});

describe("left-overs of killed saves", () => {
  it("are removed when the run goes on, files of others are not", async () => {
    const file = join(folder, "run.safetensors");
    const dead = 2 ** 22 + 1;
    const names = [`run.safetensors.${dead}.0123abcd.part`, `other.${dead}.0123abcd.part`, "run.safetensors.part"];
    for (const name of names) await writeFile(join(folder, name), "half");
    const running = `run.safetensors.${process.ppid}.0123abcd.part`;
    await writeFile(join(folder, running), "under way");
    expect(await checkpoint({ model: init(new Linear({ out: 1 }), [1]) }, file).resume()).toBeUndefined();
    expect((await readdir(folder)).sort()).toEqual([...names.slice(1), running].sort());
  });
});
